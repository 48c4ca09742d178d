"""How the parts of a value are owned: one by one, as items of a list, or all at once."""

from dataclasses import dataclass
from typing import Protocol

from infra.local.apiserver.ownership.builtin_lists import ATOMIC_MAPS, DEFAULTS, KEYED, SETS
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.trees import Tree, Value

Keys = tuple[str, ...]


class Shape(Protocol):
    """What is known about the value at some place."""

    @property
    def is_atomic(self) -> bool:
        """Whether an object here has one owner for all of it."""

    @property
    def is_set(self) -> bool:
        """Whether each value of a list here has owners of its own."""

    @property
    def keys(self) -> Keys:
        """The fields that identify the items of a list here; none: the list has one owner."""

    def default(self, key: str) -> Value:
        """What a key of an item is where the item leaves it out; None: nothing."""

    def declares(self, name: str) -> bool:
        """Whether a field has its place in the type, and is no key of a map."""

    def field(self, name: str) -> "Shape":
        """The shape of a field."""

    def item(self) -> "Shape":
        """The shape of an item."""


def of(resource: Resource) -> Shape:
    """The shape of the objects of a kind."""
    if resource.custom:
        return Described(resource.schema.tree if resource.schema else {}, root=True)
    return Builtin((resource.kind,))


@dataclass(frozen=True, slots=True)
class Builtin:
    """A place in a builtin kind, known by the last words of its path; the first one is the kind."""

    path: Keys

    @property
    def is_atomic(self) -> bool:
        return self.path[-1:] in ATOMIC_MAPS or self.path[-2:] in ATOMIC_MAPS

    @property
    def is_set(self) -> bool:
        return self.path[-2:] in SETS

    @property
    def keys(self) -> Keys:
        return KEYED.get(self.path[-2:], KEYED.get(self.path[-1:], ()))

    def default(self, key: str) -> Value:
        return DEFAULTS.get(key, "")

    def declares(self, name: str) -> bool:  # noqa: ARG002  maps have plain values here
        return True

    def field(self, name: str) -> "Shape":
        return Builtin((*self.path, name))

    def item(self) -> "Shape":
        return Builtin((*self.path, ""))


@dataclass(frozen=True, slots=True)
class Described:
    """A place in a custom kind, which its schema describes; where none does, lists are whole."""

    schema: Tree
    root: bool = False

    @property
    def is_atomic(self) -> bool:
        return self.schema.get("x-kubernetes-map-type") == "atomic"

    @property
    def is_set(self) -> bool:
        return self.schema.get("x-kubernetes-list-type") == "set"

    @property
    def keys(self) -> Keys:
        if self.schema.get("x-kubernetes-list-type") != "map":
            return ()
        return tuple(self.schema.get("x-kubernetes-list-map-keys") or ())

    def default(self, key: str) -> Value:
        items: Tree = self.schema.get("items") or {}
        found: Tree = (items.get("properties") or {}).get(key) or {}
        return found.get("default")

    def declares(self, name: str) -> bool:
        return self.root or name in (self.schema.get("properties") or ())

    def field(self, name: str) -> "Shape":
        if name == "metadata" and (self.root or self.schema.get("x-kubernetes-embedded-resource")):
            return Builtin(("metadata",))
        found = (self.schema.get("properties") or {}).get(name)
        found = self.schema.get("additionalProperties") if found is None else found
        return Described(found if isinstance(found, dict) else {})

    def item(self) -> "Shape":
        found = self.schema.get("items")
        return Described(found if isinstance(found, dict) else {})
