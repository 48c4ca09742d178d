"""Sets of fields, and their form in managedFields (FieldsV1).

A field is a path of elements: `f:<name>` of an object, `k:<keys>` of an item that is known by
some of its fields, `v:<value>` of a value in a set.
"""

import json
from collections.abc import Iterable

from infra.local.apiserver.trees import Tree, Value, shown

Path = tuple[str, ...]
Fields = frozenset[Path]

_ITSELF = "."
NO_FIELDS: Fields = frozenset()


def named(name: str) -> str:
    """The element of a field."""
    return f"f:{name}"


def keyed(keys: Tree) -> str:
    """The element of an item that some of its fields identify."""
    return f"k:{shown(dict(sorted(keys.items())))}"


def valued(value: Value) -> str:
    """The element of a value in a set."""
    return f"v:{shown(value)}"


def encoded(fields: Iterable[Path]) -> Tree:
    """A set as managedFields tell it: a tree, with a dot where an inner node belongs to the set."""
    paths = frozenset(fields)
    tree: Tree = {}
    for path in sorted(paths):
        node = tree
        for depth, element in enumerate(path):
            if path[:depth] in paths and depth:
                node[_ITSELF] = {}
            node = node.setdefault(element, {})
    return tree


def decoded(tree: Tree) -> Fields:
    """The set that such a tree tells."""
    return frozenset(_paths(tree, ()))


def _paths(tree: Tree, path: Path) -> Iterable[Path]:
    for element, below in tree.items():
        if element == _ITSELF:
            yield path
        elif below:
            yield from _paths(below, (*path, element))
        else:
            yield (*path, element)


def told(path: Path) -> str:
    """A path as conflicts write it: `.spec.ports[port=80,protocol="TCP"].name`."""
    return "".join(_told(element) for element in path)


def _told(element: str) -> str:
    kind, rest = element[0], element[2:]
    match kind:
        case "f":
            return f".{rest}"
        case "k":
            keys: Tree = json.loads(rest)
            return f"[{','.join(f'{name}={shown(value)}' for name, value in keys.items())}]"
        case _:
            return f"[={rest}]"
