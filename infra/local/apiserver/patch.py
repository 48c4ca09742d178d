"""Patches: merge, JSON and strategic, chosen by content type."""

import jsonpatch

from infra.local.apiserver import errors, strategic
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.trees import Tree, Value, copied

MERGE = "application/merge-patch+json"
JSON = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"


def apply(resource: Resource, content_type: str, obj: Tree, body: Value) -> Tree:
    """An object with a patch applied; neither is changed."""
    match content_type:
        case _ if content_type == MERGE:
            return _tree(merged(obj, body))
        case _ if content_type == JSON:
            return _tree(_json_patched(obj, body))
        case _ if content_type == STRATEGIC and not resource.custom:
            return _tree(strategic.merged(obj, body))
        case _:
            raise errors.unsupported_media(content_type, supported(resource))


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
        raise errors.bad_request("a JSON patch is a list of operations")
    try:
        patch = jsonpatch.JsonPatch(body)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, TypeError) as error:
        raise errors.bad_request(f"not a JSON patch: {error}") from error
    try:
        return patch.apply(obj)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        raise errors.unprocessable(str(error)) from error


def _tree(value: Value) -> Tree:
    if not isinstance(value, dict):
        raise errors.bad_request("a patched object is no object any more")
    return value
