"""How objects are shown: as they are, their metadata only, or as rows of a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from infra.local.apiserver import errors, table
from infra.local.apiserver.messages import Request
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.trees import Tree

_GROUP = "meta.k8s.io"
_META = f"{_GROUP}/v1"
_APPS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ControllerRevision")


class Form(StrEnum):
    """What a client wants to see."""

    WHOLE = "whole"
    METADATA = "metadata"
    TABLE = "table"


class Objects(StrEnum):
    """What the rows of a table say of the objects that they are about."""

    NONE = "None"
    METADATA = "Metadata"
    WHOLE = "Object"


@dataclass(frozen=True, slots=True)
class Look:
    """The form in which a client wants to see objects."""

    form: Form = Form.WHOLE
    objects: Objects = Objects.METADATA


_ANY = ("", "*/*", "application/json", "application/yaml")  # yaml is answered in JSON, which it is


def looked_for(request: Request, resource: Resource, *, many: bool) -> Look:
    """How a client wants to see one object or a list; 406 where it is not served so."""
    found = form(request.accept)
    if found is None:
        served = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
        why = f"406: Not Acceptable\n\nAvailable representations: {served}"
        raise errors.not_acceptable(why, {})
    if found is Form.METADATA and many and "PartialObjectMetadataList" not in request.accept:
        package = "core" if resource.kind not in _APPS else "apps"
        list_type = f"{package}.{resource.kind}List"
        list_type = "unstructured.UnstructuredList" if resource.custom else list_type
        why = "you requested PartialObjectMetadata, but the requested object is a list"
        raise errors.not_acceptable(f"{why} (*{list_type})")
    asked = request.query.get("includeObject", "")
    objects = Objects(asked) if asked in set(Objects) else Objects.METADATA
    return Look(found, objects)


def form(accept: str) -> Form | None:
    """The first form of an Accept header that is served; None where none is."""
    for part in accept.split(","):
        media, *rest = (word.strip() for word in part.split(";"))
        words = (word.partition("=") for word in rest)
        asked = {name: value for name, _, value in words}
        if "as" not in asked:
            if media in _ANY:
                return Form.WHOLE
            continue
        if asked.get("v") == "v1" and asked.get("g") == _GROUP:
            if asked["as"] == "Table":
                return Form.TABLE
            if asked["as"].startswith("PartialObjectMetadata"):
                return Form.METADATA
    return None


PLAIN = Look()


def one(resource: Resource, obj: Tree, look: Look = PLAIN) -> Tree:
    """An object, as a client wants to see it."""
    match look.form:
        case Form.WHOLE:
            return whole(resource, obj)
        case Form.METADATA:
            return _metadata(obj)
        case Form.TABLE:
            return {**_table(resource, [obj], look.objects), "metadata": _version(obj)}


def many(resource: Resource, items: Sequence[Tree], metadata: Tree, look: Look = PLAIN) -> Tree:
    """A list of objects, as a client wants to see it."""
    match look.form:
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
            return {**_table(resource, items, look.objects), "metadata": metadata}


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


def _table(resource: Resource, items: Sequence[Tree], objects: Objects) -> Tree:
    columns = table.columns(resource)
    return {
        "apiVersion": _META,
        "kind": "Table",
        "columnDefinitions": [table.definition(column) for column in columns],
        "rows": [
            {"cells": table.cells(columns, obj), "object": _row_object(resource, obj, objects)}
            for obj in items
        ],
    }


def _row_object(resource: Resource, obj: Tree, objects: Objects) -> Tree | None:
    match objects:
        case Objects.NONE:
            return None
        case Objects.METADATA:
            return _metadata(obj)
        case Objects.WHOLE:
            return whole(resource, obj)


def _version(obj: Tree) -> Tree:
    return {"resourceVersion": obj["metadata"].get("resourceVersion", "")}
