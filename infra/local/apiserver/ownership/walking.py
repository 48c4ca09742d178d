"""The fields that a value has, and the value without some of its fields."""

from collections.abc import Iterable, Iterator

from infra.local.apiserver.ownership.fields import Fields, Path, keyed, named, told, valued
from infra.local.apiserver.ownership.shapes import Shape
from infra.local.apiserver.trees import Tree, Value


class AmbiguousError(Exception):
    """A list whose items cannot be told from each other: the path, and why."""


def is_granular(shape: Shape, value: Value) -> bool:
    """Whether the fields of a value have owners of their own."""
    return isinstance(value, dict) and not shape.is_atomic


def has_items(shape: Shape, value: Value) -> bool:
    """Whether the items of a value have owners of their own."""
    return isinstance(value, list) and bool(shape.keys or shape.is_set)


def element(shape: Shape, item: Value) -> str:
    """The element of a path that leads to an item of a list."""
    if shape.is_set or not isinstance(item, dict):
        return valued(item)
    keys: Tree = {}
    for key in shape.keys:
        found = item.get(key, shape.default(key))
        if found is not None:
            keys[key] = found
    return keyed(keys)


def indexed(shape: Shape, items: list[Value]) -> dict[str, Value]:
    """The items of a list by their elements, in their order."""
    return {element(shape, item): item for item in items}


def parts(shape: Shape, value: Value) -> Iterator[tuple[str, Shape, Value]]:
    """What a value consists of: element, shape and value of each part; nothing of a leaf."""
    if is_granular(shape, value):
        for name, below in value.items():
            yield named(name), shape.field(name), below
    elif has_items(shape, value):
        below_shape = shape.item()
        for key, item in indexed(shape, value).items():
            yield key, below_shape, item


def is_leaf(shape: Shape, value: Value) -> bool:
    """Whether a value has its owners as a whole."""
    return not is_granular(shape, value) and not has_items(shape, value)


def fields_of(shape: Shape, value: Value) -> Fields:
    """The fields of a configuration, as its applier owns them.

    Objects of a type belong to nobody by themselves, unless they are empty; items of lists and
    entries of maps do.
    """
    return frozenset(_fields(shape, value, ()))


def _fields(shape: Shape, value: Value, path: Path) -> Iterator[Path]:
    if has_items(shape, value):
        _check_items(shape, value, path)
    for part, below_shape, below in parts(shape, value):
        place = (*path, part)
        if is_leaf(below_shape, below) or _stands_alone(shape, part, below):
            yield place
        yield from _fields(below_shape, below, place)


def _check_items(shape: Shape, items: list[Value], path: Path) -> None:
    seen = set()
    for item in items:
        key = element(shape, item)
        if key in seen:
            raise AmbiguousError(f"{told(path)}: duplicate entries for key {told((key,))}")
        seen.add(key)


def _stands_alone(shape: Shape, part: str, value: Value) -> bool:
    if not part.startswith("f:"):
        return True
    return value == {} or not shape.declares(part.removeprefix("f:"))


def with_parents(paths: Iterable[Path]) -> Fields:
    """A set of fields with the objects that they stand in."""
    return frozenset(
        path[:depth]
        for path in paths
        for depth in range(1, len(path) + 1)
        if depth == len(path) or path[depth - 1].startswith("f:")
    )


def without(shape: Shape, value: Value, removed: Fields) -> Value:
    """A value without some of its fields; what is left is shared with it, not copied."""
    on_the_way = {path[:depth] for path in removed for depth in range(len(path))}
    return _without(shape, value, removed, on_the_way, ())


def _without(
    shape: Shape, value: Value, removed: Fields, on_the_way: set[Path], path: Path
) -> Value:
    if path not in on_the_way or is_leaf(shape, value):
        return value
    left = [
        (part, _without(below_shape, below, removed, on_the_way, (*path, part)))
        for part, below_shape, below in parts(shape, value)
        if (*path, part) not in removed
    ]
    if isinstance(value, dict):
        return {part.removeprefix("f:"): below for part, below in left}
    return [below for _, below in left]
