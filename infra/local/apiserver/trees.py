"""API objects as they travel: JSON trees of any kind, whose shape is a schema's business."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

Value = Any  # whatever JSON holds
Tree = dict[str, Value]
Key = tuple[str, str]  # namespace (empty for what has none) and name


def copied(value: Value) -> Value:
    """A deep copy of a JSON value."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value


def at(value: Value, *path: str) -> Value:
    """What stands at a path of keys; None where it is absent."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def objects_at(value: Value, *path: str) -> Iterator[Tree]:
    """The objects of the list at a path; none where there is no list."""
    found = at(value, *path)
    if isinstance(found, list):
        yield from (item for item in found if isinstance(item, dict))


def key_of(obj: Tree) -> Key:
    """Namespace and name of an object."""
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def timestamp(ahead_seconds: int = 0) -> str:
    """Now, or some seconds from now, as API objects write it."""
    return (datetime.now(UTC) + timedelta(seconds=ahead_seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def shown(value: Value) -> str:
    """A value as errors quote it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
