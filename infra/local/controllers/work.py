"""A queue of names to look at, and what finds them: many changes of one object are one look.

A key names an object, never a change: whoever takes it reads what is true now.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from infra.local.kube import Informed, Key, Kube, KubeError, Tree

_RETRY_SECONDS = 0.5  # until an object is looked at again whose look failed
_log = logging.getLogger(__name__)


class Work(NamedTuple):
    """An object to look at."""

    kind: str
    namespace: str
    name: str


Sync = Callable[[Kube, str, str], float | None]  # namespace and name; seconds until the next look


class WorkQueue:
    """Work that is due now or later; the same work is in it once, at its earliest time."""

    def __init__(self) -> None:
        self._due: dict[Work, float] = {}
        self._changed = threading.Condition()

    def add(self, work: Work, delay: float = 0.0) -> None:
        """Puts work in, due after a delay in seconds."""
        with self._changed:
            due = time.monotonic() + delay
            self._due[work] = min(due, self._due.get(work, due))
            self._changed.notify()

    def get(self, timeout: float) -> Work | None:
        """The work that is due first, taken out; None when none gets due within the timeout."""
        end = time.monotonic() + timeout
        with self._changed:
            while True:
                now = time.monotonic()
                first = min(self._due, key=self._due.__getitem__, default=None)
                if first is not None and self._due[first] <= now:
                    del self._due[first]
                    return first
                if now >= end:
                    return None
                self._changed.wait(min(end, self._due[first]) - now if first else end - now)


class Changes:
    """Which objects of a store are new, different or gone since it was last seen."""

    def __init__(self) -> None:
        self._seen: dict[Key, Tree] = {}

    def since(self, store: Informed) -> list[Tree]:
        """The changed objects; of those that are gone, what was last seen."""
        seen, self._seen = self._seen, dict(store)
        gone = [obj for key, obj in seen.items() if key not in store]
        return gone + [
            obj for key, obj in store.items() if _version(obj) != _version(seen.get(key))
        ]


def work_off(
    queue: WorkQueue, kube: Kube, syncs: Mapping[str, Sync], stop: threading.Event
) -> None:
    """Looks at one object after the other until stopped. A refused call is tried again later."""
    while not stop.is_set():
        work = queue.get(timeout=0.2)
        if work is None:
            continue
        try:
            again = syncs[work.kind](kube, work.namespace, work.name)
        except KubeError as error:
            _log.warning("%s %s/%s: %s", *work, error)
            again = _RETRY_SECONDS
        if again is not None:
            queue.add(work, again)


def _version(obj: Tree | None) -> str:
    return "" if obj is None else str(obj["metadata"]["resourceVersion"])
