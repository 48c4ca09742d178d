"""The owners of an object's fields, as managedFields name them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from infra.local.apiserver.ownership import fields
from infra.local.apiserver.ownership.fields import Fields
from infra.local.apiserver.trees import Tree, Value


class How(StrEnum):
    """How an owner came to its fields: it said what it wants, or just wrote it."""

    APPLY = "Apply"
    UPDATE = "Update"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns fields. One that applies is the same whatever version it applies in."""

    manager: str
    how: How
    version: str
    part: str  # the subresource that it writes; empty: the object

    def __str__(self) -> str:
        part = f' with subresource "{self.part}"' if self.part else ""
        using = f" using {self.version}" if self.how is How.UPDATE else ""
        return f'"{self.manager}"{part}{using}'


@dataclass(frozen=True, slots=True)
class Holding:
    """What an owner owns, in which version it wrote it, and when."""

    fields: Fields
    version: str
    time: str


Holdings = Mapping[Owner, Holding]


def owner(manager: str, how: How, version: str, part: str) -> Owner:
    """An owner; the version tells only those apart that do not apply."""
    return Owner(manager, how, version if how is How.UPDATE else "", part)


def decoded(entries: Value) -> dict[Owner, Holding]:
    """The holdings that managedFields tell; none where they tell nothing that makes sense."""
    found = {}
    try:
        for entry in entries or ():
            how, version = How(entry["operation"]), entry["apiVersion"]
            who = owner(entry.get("manager", ""), how, version, entry.get("subresource", ""))
            owned = fields.decoded(entry.get("fieldsV1") or {})
            found[who] = Holding(owned, version, entry.get("time", ""))
    except (KeyError, ValueError, TypeError, AttributeError):
        return {}
    return found


def encoded(holdings: Holdings) -> list[Tree]:
    """Holdings as managedFields: those who apply first, then by time and name."""
    return [_entry(who, holding) for who, holding in sorted(holdings.items(), key=_rank)]


def less(holdings: Holdings, lost: Fields, kept: Owner | None = None) -> dict[Owner, Holding]:
    """Holdings without some fields; one that has nothing left is gone, but for the one kept."""
    left = {
        who: replace(holding, fields=holding.fields - lost)
        if holding.fields & lost and who != kept
        else holding
        for who, holding in holdings.items()
    }
    return {who: holding for who, holding in left.items() if holding.fields}


def _entry(who: Owner, holding: Holding) -> Tree:
    entry: Tree = {
        "manager": who.manager,
        "operation": who.how.value,
        "apiVersion": holding.version,
        **({"time": holding.time} if holding.time else {}),
        "fieldsType": "FieldsV1",
        "fieldsV1": fields.encoded(holding.fields),
    }
    return {**entry, "subresource": who.part} if who.part else entry


def _rank(entry: tuple[Owner, Holding]) -> tuple[str, str, str, str, str]:
    who, holding = entry
    return who.how.value, holding.time, who.manager, holding.version, who.part
