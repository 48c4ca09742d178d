"""The Terraform of infra/cloudrun as data: what it declares, and what it says of a function."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import hcl2
from hcl2.utils import SerializationOptions

from infra.local.kube import Tree
from tests.infra.rendering import INFRA

FOLDER = INFRA / "cloudrun"
_PLAIN = SerializationOptions(with_comments=False, explicit_blocks=False, strip_string_quotes=True)
_REFERENCE = re.compile(r"\b(var|local|google_\w+|data\.google_\w+)\.(\w+)")


@cache
def parsed() -> tuple[Tree, ...]:
    """Each file."""
    files = sorted(FOLDER.glob("*.tf"))
    return tuple(hcl2.loads(file.read_text(), serialization_options=_PLAIN) for file in files)


def blocks(kind: str) -> list[Tree]:
    """All blocks of a kind, such as `variable`."""
    return [block for file in parsed() for block in file.get(kind, [])]


def named(kind: str) -> dict[str, Tree]:
    """Those blocks of a kind that have a name each."""
    return {name: body for block in blocks(kind) for name, body in block.items()}


def resources(type_: str) -> dict[str, Tree]:
    """The resources of a type, by name."""
    return {
        name: body for block in blocks("resource") for name, body in block.get(type_, {}).items()
    }


def all_resources() -> dict[str, Tree]:
    """Every resource, by type and name."""
    return {
        f"{type_}.{name}": body
        for block in blocks("resource")
        for type_, bodies in block.items()
        for name, body in bodies.items()
    }


def local_values() -> Tree:
    """The locals of all files."""
    return {name: value for block in blocks("locals") for name, value in block.items()}


def one(body: Tree, *path: str) -> Tree:
    """The only block at a path of blocks."""
    for key in path:
        (body,) = body[key]
    return body


def references() -> set[str]:
    """Everything that is named somewhere: variables, locals, resources, data."""
    return {".".join(found) for text in _texts(parsed()) for found in _REFERENCE.findall(text)}


def declared() -> set[str]:
    """Everything that there is."""
    data = {
        f"data.{type_}.{name}"
        for block in blocks("data")
        for type_, bodies in block.items()
        for name in bodies
    }
    variables = {f"var.{name}" for name in named("variable")}
    return variables | {f"local.{name}" for name in local_values()} | set(all_resources()) | data


def _texts(value: Any) -> Iterator[str]:
    """Every string within a value."""
    match value:
        case str():
            yield value
        case Mapping():
            for inner in value.values():
                yield from _texts(inner)
        case list() | tuple():
            for inner in value:
                yield from _texts(inner)
        case _:
            return
