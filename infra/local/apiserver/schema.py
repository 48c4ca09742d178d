"""Structural schemas of custom kinds: pruning, defaults, and validation in the server's words."""

import re
from collections.abc import Iterable

from jsonschema import Draft4Validator, FormatChecker

from infra.local.apiserver import list_rules, schema_errors
from infra.local.apiserver.errors import Cause
from infra.local.apiserver.trees import Tree, Value, copied

_KEEP = "x-kubernetes-preserve-unknown-fields"
_EMBEDDED = "x-kubernetes-embedded-resource"
_EITHER = "x-kubernetes-int-or-string"
_OBJECT_FIELDS = ("apiVersion", "kind", "metadata")  # every object has them, in every schema
_ANYTHING: Tree = {_KEEP: True}  # the schema of what no schema describes
_KEYWORDS = (
    *("type", "enum", "pattern", "format", "required", "minimum", "maximum"),
    *("exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"),
    *("minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"),
)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def _is_time(value: Value) -> bool:
    return not isinstance(value, str) or _TIME.fullmatch(value) is not None


_FORMATS = FormatChecker(formats=())  # date-time alone: the format that our kinds use
_FORMATS.checks("date-time")(_is_time)


class Schema:
    """One schema, compiled once: writes are many."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        # OpenAPI's dialect is that of JSON schema's draft 4: exclusive bounds are booleans
        self._validator = Draft4Validator(_plain(tree, root=True), format_checker=_FORMATS)

    def prune(self, obj: Tree) -> list[str]:
        """Drops what the schema does not know; the paths of what was dropped."""
        dropped: list[str] = []
        _prune(self.tree, obj, "", dropped, _OBJECT_FIELDS)
        return dropped

    def fill(self, obj: Tree) -> None:
        """Sets the defaults, and drops the nulls that may not be."""
        _fill(self.tree, obj)

    def check(self, obj: Tree) -> list[Cause]:
        """What is wrong with an object, by path."""
        found = [
            cause
            for error in self._validator.iter_errors(obj)
            for cause in schema_errors.causes(error)
        ]
        found += list_rules.broken(self.tree, obj)
        return sorted(dict.fromkeys(found), key=lambda cause: cause.field)


def _prune(
    schema: Tree, value: Value, path: str, dropped: list[str], known: Iterable[str] = ()
) -> None:
    if isinstance(value, list):
        for index, item in enumerate(value):
            _prune(_below(schema, "items"), item, f"{path}[{index}]", dropped)
    if not isinstance(value, dict):
        return
    known = _OBJECT_FIELDS if schema.get(_EMBEDDED) else known
    for key in tuple(value):
        place = f"{path}.{key}" if path else key
        below = _property(schema, key, known)
        if below is None:
            del value[key]
            dropped.append(place)
        else:
            _prune(below, value[key], place, dropped)


def _property(schema: Tree, key: str, known: Iterable[str]) -> Tree | None:
    """The schema of a key; None where there may be no such key."""
    properties: dict[str, Tree] = schema.get("properties") or {}
    if key in known:
        return _ANYTHING
    if key in properties:
        return properties[key]
    if schema.get("additionalProperties"):
        return _below(schema, "additionalProperties")
    return _ANYTHING if schema.get(_KEEP) else None


def _below(schema: Tree, word: str) -> Tree:
    found = schema.get(word)
    return found if isinstance(found, dict) else _ANYTHING


def _fill(schema: Tree, value: Value) -> None:
    if isinstance(value, list):
        for item in value:
            _fill(_below(schema, "items"), item)
    if not isinstance(value, dict):
        return
    properties: dict[str, Tree] = schema.get("properties") or {}
    for key, below in properties.items():
        if key in value and value[key] is None and not below.get("nullable"):
            del value[key]
        if "default" in below and _is_unset(below, value, key):
            value[key] = copied(below["default"])
    for key, item in value.items():
        _fill(properties.get(key) or _below(schema, "additionalProperties"), item)


def _is_unset(schema: Tree, value: Tree, key: str) -> bool:
    """Whether a default has its place: a null that may not be one counts as absent."""
    return key not in value or (value[key] is None and not schema.get("nullable"))


def _plain(schema: Tree, *, root: bool = False) -> Tree:
    """A structural schema as plain JSON schema: what only Kubernetes knows is said otherwise."""
    result: Tree = {word: schema[word] for word in _KEYWORDS if word in schema}
    if schema.get(_EITHER):
        result["type"] = ["integer", "string"]
    if schema.get("nullable") and "type" in result:
        types = result["type"] if isinstance(result["type"], list) else [result["type"]]
        result["type"] = [*types, "null"]
    properties = schema.get("properties") or {}
    result["properties"] = {
        key: _plain(below)
        for key, below in properties.items()
        if not (root and key == "metadata")  # checked for every kind alike, not by its schema
    }
    for word in ("items", "additionalProperties", "not"):
        if isinstance(schema.get(word), dict):
            result[word] = _plain(schema[word])
    for word in ("allOf", "anyOf", "oneOf"):
        if word in schema:
            result[word] = [_plain(below) for below in schema[word]]
    return result
