"""How objects are shown: as they are, their metadata only, or as rows of a table."""

from collections.abc import Sequence
from enum import StrEnum

from infra.local.apiserver import table
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.trees import Tree

_META = "meta.k8s.io/v1"


class Form(StrEnum):
    """What a client wants to see."""

    WHOLE = "whole"
    METADATA = "metadata"
    TABLE = "table"


def form(accept: str) -> Form:
    """The first form of an Accept header that is served."""
    for part in accept.split(","):
        words = (word.strip().partition("=") for word in part.split(";")[1:])
        asked = {name: value for name, _, value in words}
        if "as" not in asked:
            return Form.WHOLE
        if asked.get("v") == "v1" and asked.get("g") == "meta.k8s.io":
            if asked["as"] == "Table":
                return Form.TABLE
            if asked["as"].startswith("PartialObjectMetadata"):
                return Form.METADATA
    return Form.WHOLE


def one(resource: Resource, obj: Tree, wanted: Form) -> Tree:
    """An object, as a client wants to see it."""
    match wanted:
        case Form.WHOLE:
            return whole(resource, obj)
        case Form.METADATA:
            return _metadata(obj)
        case Form.TABLE:
            return {**_table(resource, [obj]), "metadata": _version(obj)}


def many(resource: Resource, items: Sequence[Tree], metadata: Tree, wanted: Form) -> Tree:
    """A list of objects, as a client wants to see it."""
    match wanted:
        case Form.WHOLE:
            return {
                "apiVersion": resource.api_version,
                "kind": f"{resource.kind}List",
                "metadata": metadata,
                "items": [_item(resource, obj) for obj in items],
            }
        case Form.METADATA:
            return {
                "apiVersion": _META,
                "kind": "PartialObjectMetadataList",
                "metadata": metadata,
                "items": [_metadata(obj) for obj in items],
            }
        case Form.TABLE:
            return {**_table(resource, items), "metadata": metadata}


def whole(resource: Resource, obj: Tree) -> Tree:
    """An object under the version that was asked for, type first."""
    return {**obj, "apiVersion": resource.api_version, "kind": resource.kind}


def _item(resource: Resource, obj: Tree) -> Tree:
    # As on a real server: the items of builtin lists do not repeat their type.
    if resource.custom:
        return whole(resource, obj)
    return {key: value for key, value in obj.items() if key not in ("apiVersion", "kind")}


def _metadata(obj: Tree) -> Tree:
    return {"apiVersion": _META, "kind": "PartialObjectMetadata", "metadata": obj["metadata"]}


def _table(resource: Resource, items: Sequence[Tree]) -> Tree:
    columns = table.columns(resource)
    return {
        "apiVersion": _META,
        "kind": "Table",
        "columnDefinitions": [table.definition(column) for column in columns],
        "rows": [{"cells": table.cells(columns, obj), "object": _metadata(obj)} for obj in items],
    }


def _version(obj: Tree) -> Tree:
    return {"resourceVersion": obj["metadata"].get("resourceVersion", "")}
