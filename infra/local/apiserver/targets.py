"""What the path of a request points at."""

from dataclasses import dataclass

from infra.local.apiserver import errors
from infra.local.apiserver.catalogue import Catalogue
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.trees import Key

_OWN_PARTS = ("status", "finalize")  # what follows a namespace's name without being a kind


@dataclass(frozen=True, slots=True)
class Target:
    """What a path points at: a collection, an object, or a part of one."""

    resource: Resource
    namespace: str
    name: str
    part: str

    @property
    def key(self) -> Key:
        """Where the object is stored."""
        return self.namespace, self.name


def target(catalogue: Catalogue, group: str, version: str, plural: str, rest: list[str]) -> Target:
    """What is at a path below a version; 404 where that is nothing."""
    namespace = ""
    if plural == "namespaces" and len(rest) > 1 and rest[1] not in _OWN_PARTS:
        namespace, plural, *rest = rest
    resource = catalogue.find(group, version, plural)
    if len(rest) > 2 or (namespace and not resource.namespaced):
        raise errors.no_such_path()
    name, part = [*rest, "", ""][:2]
    if name and resource.namespaced and not namespace:
        raise errors.no_such_path()
    return Target(resource, namespace, name, part)


def is_nowhere(
    catalogue: Catalogue, group: str, version: str, plural: str, rest: list[str]
) -> bool:
    """Whether nobody answers for a path: of custom groups, only the kinds that are served."""
    if plural == "namespaces" and len(rest) > 1:
        plural = rest[1]
    return not catalogue.answers(group, version, plural)
