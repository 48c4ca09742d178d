"""The latest objects of some collections: informers write, one thread reads."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from infra.local.kube import Informed, Kube, Tree, informer


class Collected:
    """What the API server holds, by the paths of the collections."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.changed = threading.Event()
        self._paths = paths
        self._lock = threading.Lock()
        self._found: dict[str, list[Tree]] = {}
        self._informers: list[Future[None]] = []

    @contextmanager
    def following(self, kube: Kube, stop: threading.Event) -> Iterator[None]:
        """Keeps up with the server for as long as the block lasts; then `stop` is set."""
        with ThreadPoolExecutor(len(self._paths)) as pool:
            self._informers = [
                pool.submit(informer, kube, path, self._told(path), stop) for path in self._paths
            ]
            try:
                yield
            finally:
                stop.set()

    def is_complete(self) -> bool:
        """Whether each collection has been listed."""
        with self._lock:
            return len(self._found) == len(self._paths)

    def found(self) -> Mapping[str, Sequence[Tree]]:
        """The objects of each collection now."""
        with self._lock:
            return dict(self._found)

    def check(self) -> None:
        """Raises what ended an informer."""
        for informing in self._informers:
            if informing.done():
                informing.result()

    def _told(self, path: str) -> Callable[[Informed], None]:
        """What an informer of a collection calls after each change."""

        def told(store: Informed) -> None:
            with self._lock:
                self._found[path] = list(store.values())
            self.changed.set()

        return told
