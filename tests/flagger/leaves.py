"""Objects as a flat list of what they say, without what only a server or its controllers fill in.

What is drawn by chance or by the clock is written as its place in the order of appearance: equal
hashes, ids and times stay equal, different ones different.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.flagger.recording import Tree

Leaves = dict[str, str]  # `Kind/name path.to.field` and its value, as JSON

# The one place that says what is left out.
_SERVERS = frozenset({"uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"})
_ADDRESSES = frozenset({"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"})
_CONTROLLERS = "deployment.kubernetes.io/revision"
_WITH_A_STATUS_OF_OURS = "Canary"  # that of every other kind is a controller's

_HASHED = ("lastAppliedSpec", "lastPromotedSpec")
_DRAWN = {"flagger-id": "id", **dict.fromkeys(_HASHED, "revision")}
_TIMES = frozenset({"lastTransitionTime", "lastUpdateTime"})
_OURS = re.compile(r"s1:[0-9a-f]{40}")
_FLAGGERS = re.compile(r"[4-9bcdf]{6,10}")


def leaves_of(plays: Mapping[str, tuple[Tree, ...]]) -> dict[str, Leaves]:
    """The leaves of the objects after each play of a scenario."""
    order: dict[str, list[str]] = {row: [] for row in _DRAWN.values()}
    return {after: _leaves(plays[after], order) for after in sorted(plays)}


def _leaves(objects: tuple[Tree, ...], order: dict[str, list[str]]) -> Leaves:
    canary = next(obj for obj in objects if obj["kind"] == "Canary")
    uid = canary["metadata"]["uid"]
    found: Leaves = {}
    for obj in objects:
        times = sorted({value for path, value in _flat("", obj) if _field(path) in _TIMES})
        subject = f"{obj['kind']}/{obj['metadata']['name']} "
        for path, value in _flat("", _trimmed(obj)):
            field = _field(path)
            if field in _TIMES:
                value = f"time {times.index(value) + 1}"
            elif field in _HASHED:
                found[f"{subject}{path} hash"] = _scheme(value)
            if field in _DRAWN:
                value = _numbered(value, order[_DRAWN[field]])
            found[subject + path] = json.dumps("the Canary's" if value == uid else value)
    return found


def _trimmed(obj: Tree) -> Tree:
    metadata = {key: value for key, value in obj["metadata"].items() if key not in _SERVERS}
    noted = {k: v for k, v in metadata.pop("annotations", {}).items() if k != _CONTROLLERS}
    if noted:
        metadata["annotations"] = noted
    kept = {key: value for key, value in obj.items() if key != "status"}
    if obj["kind"] == "Service":
        kept["spec"] = {k: v for k, v in obj["spec"].items() if k not in _ADDRESSES}
    if obj["kind"] == _WITH_A_STATUS_OF_OURS:
        kept["status"] = obj["status"]
    return kept | {"metadata": metadata}


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Every scalar with its path; what is empty counts as a scalar."""
    if isinstance(value, dict) and value:
        for key in sorted(value):
            yield from _flat(f"{path}.{key}" if path else key, value[key])
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _flat(f"{path}.{index}", item)
    else:
        yield path, value


def _field(path: str) -> str:
    return path.rpartition(".")[2]


def _numbered(value: str, row: list[str]) -> str:
    """What only has to be the same or another, as its number in the order of appearance."""
    if value not in row:
        row.append(value)
    return f"number {row.index(value) + 1}"


def _scheme(value: str) -> str:
    """How a revision was hashed."""
    if _OURS.fullmatch(value):
        return "s1: and 40 digits"
    return "Flagger's" if _FLAGGERS.fullmatch(value) else value
