"""A kubelet without processes: every pod is on its node and Ready at once, and gone when deleted.

The real controllers of Deployments and endpoints ask no more: of a pod without a node the latter
would write what is refused, over and over. An image whose tag says `never` is never ready.
"""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from infra.local.apply import bring
from infra.local.informed import informed
from infra.local.kube import Informed, Kube, KubeError, Tree
from infra.local.kubelet.pod import binding

_PODS = "/api/v1/pods"
_AT_ONCE = 8
_NODE: Tree = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "here"}}


class Kubelet:
    """What was seen of each pod, so that nothing is told twice."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self._told: set[tuple[str, bool]] = set()  # uid, and whether its end was told
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        self._numbers = itertools.cycle(range(1, 255))

    def look(self, store: Informed) -> None:
        """Tells of each pod what is new about it."""
        for pod in store.values():
            metadata = pod["metadata"]
            key = (metadata["uid"], "deletionTimestamp" in metadata)
            if key not in self._told:
                self._told.add(key)
                self._pool.submit(self._end if key[1] else self._begin, pod)

    def stop(self) -> None:
        """Returns when all was told."""
        self._pool.shutdown()

    def _begin(self, pod: Tree) -> None:
        with suppress(KubeError):  # it may be gone already
            self._kube.create(f"{_path(pod)}/binding", binding(pod, _NODE["metadata"]["name"]))
            if "never" in pod["spec"]["containers"][0]["image"]:
                return
            self._kube.patch(f"{_path(pod)}/status", _ready(f"192.0.2.{next(self._numbers)}"))

    def _end(self, pod: Tree) -> None:
        with suppress(KubeError):
            self._kube.delete(_path(pod), grace_seconds=0)


@contextmanager
def a_kubelet(kube: Kube) -> Iterator[None]:
    """One that works for as long as the block lasts."""
    bring(kube, _NODE)
    kubelet = Kubelet(kube)
    try:
        with informed(kube, {_PODS: kubelet.look}):
            yield
    finally:
        kubelet.stop()


def _path(pod: Tree) -> str:
    metadata = pod["metadata"]
    return f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"


def _ready(ip: str) -> Tree:
    since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    conditions = [
        {"type": name, "status": "True", "lastTransitionTime": since}
        for name in ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    ]
    return {
        "status": {
            "phase": "Running",
            "podIP": ip,
            "podIPs": [{"ip": ip}],
            "startTime": since,
            "conditions": conditions,
        }
    }
