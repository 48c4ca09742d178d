"""Tables as `kubectl get` prints them."""

from infra.local.apiserver.resources import Column, Resource
from infra.local.apiserver.trees import Tree, Value

_NAME = Column("Name", ".metadata.name")


def columns(resource: Resource) -> tuple[Column, ...]:
    """The columns of a kind."""
    return (_NAME, *resource.columns)


def definition(column: Column) -> Tree:
    """A column as a table describes it."""
    return {
        "name": column.name,
        "type": column.type,
        "format": "name" if column.name == "Name" else "",
        "description": column.description,
        "priority": column.priority,
    }


def cells(columns: tuple[Column, ...], obj: Tree) -> list[Value]:
    """The row of an object."""
    return [obj["metadata"]["name"] for _ in columns]
