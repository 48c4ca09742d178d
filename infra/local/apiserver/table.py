"""Tables as `kubectl get` prints them: the columns of a kind, and the row of an object."""

from datetime import UTC, datetime

from infra.local.apiserver import jsonpath
from infra.local.apiserver.ages import age
from infra.local.apiserver.printed import NAME, PRINTED
from infra.local.apiserver.printers import Printed
from infra.local.apiserver.resources import Column, Resource
from infra.local.apiserver.trees import Tree, Value, shown

_NAME = Printed(Column("Name", ".metadata.name", description=NAME))
_AGE = Column("Age", ".metadata.creationTimestamp", "date")


def columns(resource: Resource) -> tuple[Printed, ...]:
    """The columns of a kind. That of an event's name comes last: nobody looks for it."""
    if resource.custom or resource.kind not in PRINTED:
        return (_NAME, *(Printed(column) for column in resource.columns or (_AGE,)))
    own = PRINTED[resource.kind]
    return own if resource.kind == "Event" else (_NAME, *own)


def definition(printed: Printed) -> Tree:
    """A column as a table describes it."""
    column = printed.column
    return {
        "name": column.name,
        "type": column.type,
        "format": "name" if column.name == "Name" else "",
        "description": column.description,
        "priority": column.priority,
    }


def cells(printed: tuple[Printed, ...], obj: Tree) -> list[Value]:
    """The row of an object."""
    now = datetime.now(UTC)
    return [_cell(one, obj, now) for one in printed]


def _cell(printed: Printed, obj: Tree, now: datetime) -> Value:
    if printed.show is not None:
        return printed.show(obj)
    found = next(iter(jsonpath.find(obj, printed.column.path)), None)
    match printed.column.type:
        case "date":
            return None if found is None else age(found, now)
        case _ if printed.column.name == "Age":
            return age(found, now)
        case "string" if found is not None:
            return found if isinstance(found, str) else shown(found)
        case _:
            return found
