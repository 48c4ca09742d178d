"""Brings manifests to the lab's API server: objects that are not there yet are created."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from infra.local.kube import Kube, KubeError, Tree

MANIFESTS = Path(__file__).parent / "manifests"
_PLURALS = {"Canary": "canaries"}  # all others just take an s


def read(name: str) -> Iterator[Tree]:
    """The objects of a file of the lab's manifests."""
    yield from yaml.safe_load_all((MANIFESTS / name).read_text())


def create(kube: Kube, obj: Tree) -> Tree:
    """Creates an object of any kind."""
    return kube.create(collection(obj), obj)


def bring(kube: Kube, obj: Tree) -> None:
    """Creates an object where there is none of its name."""
    try:
        create(kube, obj)
    except KubeError as error:
        if error.status != 409:
            raise


def renew(kube: Kube, obj: Tree) -> None:
    """Creates an object, or gives the one of its name the spec that it should have."""
    try:
        create(kube, obj)
    except KubeError as error:
        if error.status != 409:
            raise
        if "spec" in obj:
            path = f"{collection(obj)}/{obj['metadata']['name']}"
            kube.patch(path, {"spec": obj["spec"]})


def collection(obj: Tree) -> str:
    """The API path under which an object is created."""
    version, kind = obj["apiVersion"], obj["kind"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    namespace = obj["metadata"].get("namespace")
    within = f"/namespaces/{namespace}" if namespace else ""
    return f"{root}{within}/{_PLURALS.get(kind, kind.lower() + 's')}"


def merged(value: Any, patch: Any) -> Any:
    """A value with a merge patch applied (RFC 7396)."""
    if not isinstance(patch, Mapping):
        return patch
    left = dict(value) if isinstance(value, Mapping) else {}
    for key, change in patch.items():
        left[key] = merged(left.get(key), change)
    return {key: item for key, item in left.items() if item is not None}
