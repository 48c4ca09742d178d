"""The kinds that are served: the builtin ones, and those that CRDs add."""

from collections.abc import Iterator, Sequence

from infra.local.apiserver import errors
from infra.local.apiserver.builtin_kinds import BUILTIN
from infra.local.apiserver.resources import Resource


class Catalogue:
    """All kinds served at present, by group, version and plural."""

    def __init__(self) -> None:
        self._resources = {
            (resource.group, resource.version, resource.plural): resource for resource in BUILTIN
        }

    def find(self, group: str, version: str, plural: str) -> Resource:
        """The resource of a path; 404 when nothing is served there."""
        found = self._resources.get((group, version, plural))
        if found is None:
            raise errors.no_such_path()
        return found

    def knows(self, group: str, version: str) -> bool:
        """Whether something is said about a version of a group, if only that it is not served."""
        return any(group == one.group for one in BUILTIN) or any(
            (group, version) == (one.group, one.version) for one in self.all()
        )

    def answers(self, group: str, version: str, plural: str) -> bool:
        """Whether there is an answer for a kind, if only that it is not there."""
        is_builtin = any(group == one.group for one in BUILTIN)
        return is_builtin or (group, version, plural) in self._resources

    def all(self) -> Iterator[Resource]:
        """Every kind in every served version."""
        return iter(self._resources.values())

    def replace(self, group: str, plural: str, versions: Sequence[Resource]) -> None:
        """Serves a kind in these versions from now on, and in no others."""
        others = {
            key: resource
            for key, resource in self._resources.items()
            if resource.key != (group, plural)
        }
        # one assignment, for readers hold no lock
        self._resources = others | {(group, one.version, plural): one for one in versions}
