"""In the place of a Deployment controller and of pods: what is asked for is there, at once.

A thousand rollouts of real pods would take the two processors that are measured.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from infra.local.bench.trial import ready
from infra.local.informed import informed
from infra.local.kube import Informed, Kube, KubeError, Tree

_DEPLOYMENTS = "/apis/apps/v1/deployments"
_AT_ONCE = 4


@contextmanager
def at_once(kube: Kube) -> Iterator[None]:
    """Every Deployment is as it was asked to be, until the block is left."""
    told = dict[str, int]()
    with ThreadPoolExecutor(_AT_ONCE) as pool:

        def look(store: Informed) -> None:
            for found in list(store.values()):
                uid, generation = found["metadata"]["uid"], found["metadata"]["generation"]
                if told.get(uid) != generation:
                    told[uid] = generation
                    pool.submit(_tell, kube, found)

        with informed(kube, {_DEPLOYMENTS: look}):
            yield


def _tell(kube: Kube, found: Tree) -> None:
    """Of the generation that was seen: a later one is told of when it is."""
    metadata = found["metadata"]
    path = f"/apis/apps/v1/namespaces/{metadata['namespace']}/deployments/{metadata['name']}"
    counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    status = {**dict.fromkeys(counts, None), **ready(found)}
    with suppress(KubeError):  # it is gone
        kube.patch(f"{path}/status", {"status": status})
