"""Patches: merge, JSON and strategic, chosen by content type."""

import jsonpatch
import jsonpointer

from infra.local.apiserver import errors, strategic
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.trees import Tree, Value, at, copied, shown

MERGE = "application/merge-patch+json"
JSON = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"


def apply(resource: Resource, content_type: str, obj: Tree, body: Value) -> Tree:
    """An object with a patch applied; neither is changed."""
    changed = _applied(resource, content_type, obj, body)
    uid, wanted = obj["metadata"].get("uid"), at(changed, "metadata", "uid")
    if uid and wanted not in (None, "", uid):
        cause = errors.invalid_value("metadata.uid", shown(wanted), "field is immutable")
        raise errors.invalid(resource.group, resource.kind, obj["metadata"]["name"], [cause])
    return changed


def _applied(resource: Resource, content_type: str, obj: Tree, body: Value) -> Tree:
    match content_type:
        case _ if content_type == MERGE:
            return _tree(merged(obj, _object(body)))
        case _ if content_type == JSON:
            return _tree(_json_patched(obj, body))
        case _ if content_type == STRATEGIC and not resource.custom:
            return _tree(strategic.merged(obj, _object(body)))
        case _ if content_type == STRATEGIC or resource.custom:
            raise errors.unsupported_media(supported(resource))
        case _:
            raise errors.unsupported_patch()


def supported(resource: Resource) -> tuple[str, ...]:
    """The content types of the patches that a kind takes."""
    return (JSON, MERGE, APPLY) if resource.custom else (JSON, MERGE, STRATEGIC, APPLY)


def merged(value: Value, change: Value) -> Value:
    """RFC 7386: objects merge, null removes, everything else replaces."""
    if not isinstance(change, dict):
        return copied(change)
    kept = value if isinstance(value, dict) else {}
    result = {key: copied(item) for key, item in kept.items() if key not in change}
    for key, item in change.items():
        if item is not None:
            result[key] = merged(kept.get(key), item)
    return result


def _json_patched(obj: Tree, body: Value) -> Value:
    if not isinstance(body, list):
        found = "object" if isinstance(body, dict) else "string"
        raise errors.bad_request(
            f"error decoding patch: json: cannot unmarshal {found} into Go value of type "
            "[]handlers.jsonPatchOp"
        )
    try:
        for operation in body:
            obj = jsonpatch.JsonPatch([_lenient(operation, obj)]).apply(obj)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, TypeError) as error:
        raise errors.unprocessable() from error
    return obj


def _lenient(operation: Value, obj: Tree) -> Value:
    """A replacement of what an object does not have is an addition, as on a real server."""
    if not isinstance(operation, dict) or operation.get("op") != "replace":
        return operation
    *way, last = str(operation.get("path", "")).split("/")
    parent = jsonpointer.resolve_pointer(obj, "/".join(way), None)
    missing = isinstance(parent, dict) and jsonpointer.unescape(last) not in parent
    return {**operation, "op": "add"} if missing else operation


def _object(body: Value) -> Tree:
    if not isinstance(body, dict):
        found = "array" if isinstance(body, list) else "string"
        raise errors.bad_request(
            f"error decoding patch: json: cannot unmarshal {found} into Go value of type "
            "map[string]interface {}"
        )
    return body


def _tree(value: Value) -> Tree:
    if not isinstance(value, dict):
        raise errors.bad_request("a patched object is no object any more")
    return value
