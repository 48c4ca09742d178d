"""CustomResourceDefinitions, installed in a real API server."""

import time
from collections.abc import Iterable

from infra.local.kube import Kube, KubeError, Tree
from infra.local.processes import Failed

PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_SERVED_SECONDS = 10.0
_POLL = 0.05


def install(kube: Kube, definitions: Iterable[Tree]) -> None:
    """Returns when the server serves all of them; Failed where it does not."""
    made = [kube.create(PATH, definition) for definition in definitions]
    for definition in made:
        for version in definition["spec"]["versions"]:
            if version["served"]:
                _wait_until_served(kube, definition["spec"], version["name"])


def _wait_until_served(kube: Kube, spec: Tree, version: str) -> None:
    """Established is said a moment before the first list is answered."""
    path, ends = f"/apis/{spec['group']}/{version}/{spec['names']['plural']}", _SERVED_SECONDS
    ends += time.monotonic()
    while not _is_served(kube, path):
        if time.monotonic() > ends:
            raise Failed(f"{path} is not served")
        time.sleep(_POLL)


def _is_served(kube: Kube, path: str) -> bool:
    try:
        return kube.get(path) is not None
    except KubeError:
        return False
