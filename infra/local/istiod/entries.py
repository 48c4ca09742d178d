"""A WorkloadEntry for each ready pod: where its process really listens.

A Service takes entries by its selector, as it takes pods. Of an entry's ports it takes the one
that has the name of its targetPort, or its own name where that is a number; a port without a name
would be looked for at the number itself, where no process of the lab listens.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence

from infra.local.controllers import objects
from infra.local.istiod.discovery import NETWORK
from infra.local.kube import Key, Kube, KubeError, Tree, key_of
from infra.local.mesh.backends import ADDRESS
from shared.domain import fields


def entries(pods: Sequence[Tree], services: Sequence[Tree]) -> Mapping[Key, Tree]:
    """The entries, each by its pod's name, as they have to be now."""
    return {key_of(pod): _entry(pod, services) for pod in pods if _takes_requests(pod)}


class Entries:
    """Those that the API server has of us."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self._written: dict[Key, Tree] = {}

    def bring(self, wanted: Mapping[Key, Tree]) -> bool:
        """Writes what has changed; false where the server did not take all of it."""
        changed = [key for key, entry in wanted.items() if self._written.get(key) != entry]
        left = [key for key in self._written if key not in wanted]
        failed = [key for key in (*changed, *left) if not self._try(key, wanted.get(key))]
        return not failed

    def _try(self, key: Key, entry: Tree | None) -> bool:
        try:
            self._remove(key) if entry is None else self._write(key, entry)
        except KubeError as error:
            print(f"{'/'.join(key)}: {error}", file=sys.stderr, flush=True)
            return False
        return True

    def _write(self, key: Key, entry: Tree) -> None:
        try:
            self._kube.create(_collection(key), entry)
        except KubeError as error:
            if error.status != 409:
                raise
            spec = {"op": "replace", "path": "/spec", "value": entry["spec"]}
            self._kube.patch(f"{_collection(key)}/{key[1]}", [spec], "json")
        self._written[key] = entry

    def _remove(self, key: Key) -> None:
        self._kube.delete(f"{_collection(key)}/{key[1]}")
        del self._written[key]


def _collection(key: Key) -> str:
    return f"/apis/networking.istio.io/v1/namespaces/{key[0]}/workloadentries"


def _takes_requests(pod: Tree) -> bool:
    listens = fields.text(pod, "metadata", "annotations", ADDRESS)
    return bool(listens) and objects.is_ready(pod) and not objects.is_going(pod)


def _entry(pod: Tree, services: Sequence[Tree]) -> Tree:
    metadata = pod["metadata"]
    host, _, port = metadata["annotations"][ADDRESS].rpartition(":")
    names = {name for service in services if _selects(service, pod) for name in _names(service)}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "WorkloadEntry",
        "metadata": {
            "namespace": metadata["namespace"],
            "name": metadata["name"],
            "ownerReferences": [objects.owner_reference("v1", "Pod", pod)],
        },
        "spec": {
            "address": host,
            "network": NETWORK,
            "labels": metadata.get("labels", {}),
            "ports": {name: int(port) for name in sorted(names)},
        },
    }


def _selects(service: Tree, pod: Tree) -> bool:
    selector = fields.pairs(service, "spec", "selector").items()
    same = service["metadata"]["namespace"] == pod["metadata"]["namespace"]
    return bool(selector) and same and selector <= fields.pairs(pod, "metadata", "labels").items()


def _names(service: Tree) -> Iterator[str]:
    """By which names a Service looks for the ports of an entry."""
    for port in service["spec"].get("ports", ()):
        target = port.get("targetPort")
        name = target if isinstance(target, str) else port.get("name")
        if name:
            yield name
