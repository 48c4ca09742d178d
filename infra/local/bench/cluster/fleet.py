"""Canaries by the hundred on a real API server: made, released, and watched until they rest."""

import copy
import itertools
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from infra.local.bench import trial
from infra.local.bench.cluster.copies import copied
from infra.local.bench.cluster.stand import Stand
from infra.local.informed import informed
from infra.local.kube import Informed, Key, Kube, Tree
from infra.local.message import Message
from infra.local.processes import Failed
from shared.adapters import paths
from shared.domain.events import PING

_POLL_SECONDS = 0.1
_AT_ONCE = 8
_PATIENCE = 60.0  # seconds, until what was made is seen
_CANARIES = "/apis/flagger.app/v1beta1/canaries"


@dataclass(slots=True)
class Watched:
    """All objects of one kind, as they stand, and when each was seen to change."""

    store: Informed = field(default_factory=dict)
    on_change: Callable[[Informed], None] | None = None

    def look(self, store: Informed) -> None:
        """Takes what an informer says."""
        self.store = store
        if self.on_change:
            self.on_change(store)


@dataclass(frozen=True, slots=True)
class Fleet:
    """Some canaries: where they are, and how they stand."""

    stand: Stand
    keys: tuple[Key, ...]
    canaries: Watched

    def statuses(self) -> list[Tree]:
        """As they were last seen."""
        store = dict(self.canaries.store)
        return [store.get(key, {}).get("status", {}) for key in self.keys]

    def release(self, image: str, keys: Sequence[Key] = ()) -> None:
        """Changes the image of targets, and has it seen: all is looked at once."""
        containers = [{"name": "app", "image": image}]
        body = {"spec": {"template": {"spec": {"containers": containers}}}}
        each(keys or self.keys, lambda key: self.stand.kube.patch(_target(key), body, "strategic"))
        self.sweep()

    def sweep(self) -> None:
        """A tick over everything that there is."""
        about = {"specversion": "1.0", "id": str(uuid.uuid4()), "source": "/bench", "type": PING}
        self.stand.publish(Message({**about, "time": datetime.now(UTC).isoformat()}))

    def wait(self, phases: Sequence[str], seconds: float) -> None:
        """Until every canary rests in one of these phases, and nothing is under way any more."""
        ends = time.monotonic() + seconds
        while not all(rests(status, phases) for status in self.statuses()):
            if time.monotonic() > ends:
                raise Failed(f"not all at rest within {seconds:g} s: {self._seen()}")
            self.stand.processes.check()
            time.sleep(_POLL_SECONDS)

    def _seen(self) -> str:
        found = [f"{s.get('phase')}/{s.get('canaryWeight')}" for s in self.statuses()]
        return ", ".join(f"{found.count(one)} {one}" for one in sorted(set(found)))


def rests(status: Tree, phases: Sequence[str]) -> bool:
    """Whether a canary has ended in one of these phases, and waits for nothing."""
    block = status.get("spillway", {})
    settled = bool(block.get("settledAt")) and not block.get("nextTickTime")
    return status.get("phase") in phases and settled


@contextmanager
def made(
    stand: Stand, size: int, *, namespaces: int = 1, analysis: Mapping[str, object] | None = None
) -> Iterator[Fleet]:
    """So many canaries, that no pass has seen yet, shared out among namespaces."""
    keys = _dealt(stand, size, namespaces)
    each(keys, lambda key: _make(stand.kube, key, analysis or {}))
    with watching(stand.kube, _CANARIES) as canaries:
        yield Fleet(stand, keys, canaries)


@contextmanager
def multiplied(
    stand: Stand, size: int, *, namespaces: int, analysis: Mapping[str, object]
) -> Iterator[Fleet]:
    """So many canaries, all initialised: one by Spillway, the others as copies of it."""
    first, *others = _dealt(stand, size, namespaces)
    _make(stand.kube, first, analysis)
    with watching(stand.kube, _CANARIES) as canaries:
        one = Fleet(stand, (first,), canaries)
        one.sweep()
        one.wait(["Initialized"], _PATIENCE)
        copied(stand.kube, first, others)
        fleet = Fleet(stand, (first, *others), canaries)
        fleet.wait(["Initialized"], _PATIENCE)
        yield fleet


@contextmanager
def watching(kube: Kube, path: str) -> Iterator[Watched]:
    """All objects of a kind, until the block is left."""
    watched = Watched()
    with informed(kube, {path: watched.look}):
        yield watched


def _dealt(stand: Stand, size: int, namespaces: int) -> tuple[Key, ...]:
    """Names, shared out among new namespaces; what is called so has metrics."""
    names = [f"shop{uuid.uuid4().hex[:6]}-{number}" for number in range(namespaces)]
    for name in names:
        stand.kube.create("/api/v1/namespaces", {"metadata": {"name": name}})
    numbered = zip(range(size), itertools.cycle(names), strict=False)
    keys = tuple((namespace, f"cart-{number:04}") for number, namespace in numbered)
    stand.source.namespaces |= {name: namespace for namespace, name in keys}
    return keys


def _make(kube: Kube, key: Key, analysis: Mapping[str, object]) -> None:
    namespace, name = key
    target = trial.deployment(namespace, name)
    target["spec"]["replicas"] = 1
    kube.create(paths.deployments(namespace), target)
    canary = copy.deepcopy(trial.canary())
    canary["metadata"] = {"name": name, "namespace": namespace}
    canary["spec"]["targetRef"]["name"] = name
    canary["spec"]["analysis"] |= analysis
    kube.create(paths.canaries(namespace), canary)


def _target(key: Key) -> str:
    return f"{paths.deployments(key[0])}/{key[1]}"


def each(keys: Sequence[Key], do: Callable[[Key], object]) -> None:
    """Does this for all of them, some side by side."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(do, keys):
            pass
