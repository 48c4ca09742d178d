"""Rules of custom kinds that no JSON schema says: items that are unique, numbers that are small."""

from collections.abc import Iterator

from infra.local.apiserver import errors
from infra.local.apiserver.errors import Cause
from infra.local.apiserver.trees import Tree, Value, shown

_LARGEST = 2**31 - 1


def broken(schema: Tree, value: Value) -> list[Cause]:
    """What is wrong with a value in this respect."""
    return list(_broken(schema, value, ""))


def _broken(schema: Tree, value: Value, path: str) -> Iterator[Cause]:
    if isinstance(value, dict):
        properties = schema.get("properties") or {}
        for key, item in value.items():
            below = properties.get(key) or schema.get("additionalProperties")
            if isinstance(below, dict):
                yield from _broken(below, item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        yield from _twice(schema, value, path)
        for index, item in enumerate(value):
            yield from _broken(schema.get("items") or {}, item, f"{path}[{index}]")
    elif schema.get("format") == "int32" and isinstance(value, int) and value > _LARGEST:
        why = f"Checked value must be of type integer with format int32 in {path}"
        yield errors.invalid_value("<nil>", '""', why)
        why = f"should be less than or equal to {_LARGEST}"
        yield errors.invalid_value(f".{path}", shown(value), why)


def _twice(schema: Tree, items: list[Value], path: str) -> Iterator[Cause]:
    kind = schema.get("x-kubernetes-list-type")
    keys = schema.get("x-kubernetes-list-map-keys") or ()
    seen: list[Value] = []
    for index, item in enumerate(items):
        place = f"{path}[{index}]"
        if kind == "map" and not isinstance(item, dict):
            why = "must be an object for an array of list-type map"
            yield errors.invalid_value(place, shown(item), why)
            continue
        found = {key: item[key] for key in keys if key in item} if kind == "map" else item
        if kind in ("map", "set") and found in seen:
            yield errors.duplicate(place, shown(found))
        seen.append(found)
