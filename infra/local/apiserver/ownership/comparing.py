"""What differs between two states of an object, field by field."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from infra.local.apiserver.ownership.fields import Fields, Path
from infra.local.apiserver.ownership.shapes import Shape
from infra.local.apiserver.ownership.walking import has_items, is_granular, parts
from infra.local.apiserver.trees import Value


class _Fate(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Difference:
    """The fields that are new, that have another value, and that are gone."""

    added: Fields
    changed: Fields
    removed: Fields

    @property
    def written(self) -> Fields:
        """The fields that whoever made the difference has written."""
        return self.added | self.changed


_ABSENT = object()
Found = tuple[_Fate, Path]


def compared(shape: Shape, old: Value, new: Value) -> Difference:
    """What differs in an object between two states."""
    found: dict[_Fate, set[Path]] = {fate: set() for fate in _Fate}
    for fate, path in _differences(shape, old, new, ()):
        found[fate].add(path)
    return Difference(*(frozenset(found[fate]) for fate in _Fate))


def _differences(shape: Shape, old: Value, new: Value, path: Path) -> Iterator[Found]:
    if old is new:
        return
    if not (_has_parts(shape, old) or _has_parts(shape, new)):
        yield from _leaf(old, new, path)
        return
    before, after = _parts(shape, old), _parts(shape, new)
    for part in {**before, **after}:
        below, was = before.get(part, (None, _ABSENT))
        same, becomes = after.get(part, (below, _ABSENT))
        yield from _differences(below or same or shape, was, becomes, (*path, part))
    if old is _ABSENT:
        yield _Fate.ADDED, path
    elif new is _ABSENT:
        yield _Fate.REMOVED, path


def _leaf(old: Value, new: Value, path: Path) -> Iterator[Found]:
    if old is _ABSENT:
        yield _Fate.ADDED, path
    elif new is _ABSENT:
        yield _Fate.REMOVED, path
    elif old != new:
        yield _Fate.CHANGED, path


def _has_parts(shape: Shape, value: Value) -> bool:
    """Whether there are parts to compare; what is empty is compared as a whole."""
    if value is _ABSENT or not value:
        return False
    return is_granular(shape, value) or has_items(shape, value)


def _parts(shape: Shape, value: Value) -> dict[str, tuple[Shape, Value]]:
    if value is _ABSENT:
        return {}
    return {part: (below_shape, below) for part, below_shape, below in parts(shape, value)}
