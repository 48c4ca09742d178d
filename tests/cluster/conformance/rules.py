"""What must differ between two servers, made equal: each rule has a name and does what it says."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

Steps = list[tuple[str, dict[str, Any]]]
Rule = Callable[[Steps], Steps]

_UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_AGE = re.compile(r"\d+[smh](\d+[smh])?")
_SEVERAL = re.compile(r"is invalid: \[.*\]$", re.DOTALL)
_ADDRESS = re.compile(r"\b10\.\d+\.\d+\.\d+\b")


def uids(steps: Steps) -> Steps:
    """A uid is the first, the second, … that the probe saw: the same ones stay the same."""
    seen: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        return seen.setdefault(found[0], f"uid-{len(seen) + 1}")

    for metadata, _ in _metadata(steps):  # their own first: in messages they come in any order
        _UID.sub(number, str(metadata.get("uid", "")))
    told: Steps = _texts(steps, lambda text: _UID.sub(number, text))
    return told


def versions(steps: Steps) -> Steps:
    """The resourceVersion of an object is its rank among all that the probe saw, so that what rose
    must rise and what stayed must stay. That of a list or a bookmark only has to be there: others
    write meanwhile.
    """
    found = {
        int(metadata["resourceVersion"])
        for metadata, whose in _metadata(steps)
        if whose == "object" and str(metadata.get("resourceVersion") or "").isdigit()
    }
    ranks = {str(version): f"version-{rank}" for rank, version in enumerate(sorted(found), 1)}
    for metadata, whose in _metadata(steps):
        version = metadata.get("resourceVersion")
        if version and whose == "object":
            metadata["resourceVersion"] = ranks.get(version, version)
        elif version:
            metadata["resourceVersion"] = f"of a {whose}"
    return steps


def times(steps: Steps) -> Steps:
    """A moment is a moment, to the second or to the microsecond."""
    told: Steps = _texts(
        steps, lambda text: _TIME.sub(lambda found: "<moment>" if found[1] else "<second>", text)
    )
    return told


def generated_names(steps: Steps) -> Steps:
    """Of a generated name the five letters at its end."""
    for metadata, _ in _metadata(steps):
        prefix = metadata.get("generateName")
        if prefix and len(metadata.get("name", "")) == len(prefix) + 5:
            metadata["name"] = f"{prefix}<5>"
    return steps


def tokens(steps: Steps) -> Steps:
    """The text by which the next page is asked for, in answers and in requests."""
    for metadata, _ in _metadata(steps):
        if metadata.get("continue"):
            metadata["continue"] = "<token>"
    return [
        (re.sub(r"continue=[\w%=.-]+", "continue=<token>", request), kept)
        for request, kept in steps
    ]


def ages(steps: Steps) -> Steps:
    """The cells of a table that say how old something is."""
    for _, kept in steps:
        for obj in _objects(kept):
            for row in obj.get("rows") or () if obj.get("kind") == "Table" else ():
                row["cells"] = [
                    "<age>" if isinstance(cell, str) and _AGE.fullmatch(cell) else cell
                    for cell in row["cells"]
                ]
    return steps


def owners_in_order(steps: Steps) -> Steps:
    """managedFields are sorted by time, which is told in seconds: here by name."""
    for metadata, _ in _metadata(steps):
        entries = metadata.get("managedFields")
        if isinstance(entries, list):
            entries.sort(
                key=lambda one: json.dumps(
                    [one.get(k) for k in ("operation", "manager", "subresource")]
                )
            )
    return steps


def causes_in_order(steps: Steps) -> Steps:
    """The causes of a refusal come in the order of a Go map: here sorted, in messages left out."""
    for _, kept in steps:
        for body in _objects(kept):
            causes = (body.get("details") or {}).get("causes") if body.get("reason") else None
            if isinstance(causes, list) and len(causes) > 1:
                causes.sort(key=lambda cause: json.dumps(cause, sort_keys=True))
                body["message"] = _SEVERAL.sub("is invalid: <causes>", body["message"])
    return steps


def addresses(steps: Steps) -> Steps:
    """The addresses that Services get."""
    told: Steps = _texts(steps, lambda text: _ADDRESS.sub("<address>", text))
    return told


RULES: tuple[Rule, ...] = (
    versions, generated_names, tokens, ages, owners_in_order, causes_in_order, uids, times,
    addresses,
)  # fmt: skip


def normalised(steps: Steps) -> Steps:
    """What a probe saw, with every rule applied."""
    for rule in RULES:
        steps = rule(steps)
    return steps


def _texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(key): _texts(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_texts(item, change) for item in value)
    return value


def _metadata(steps: Steps) -> Iterator[tuple[dict[str, Any], str]]:
    """The metadata of everything that was seen, and whether it is an object's, a list's, …"""
    for _, kept in steps:
        bookmark = kept.get("event", {}).get("type") == "BOOKMARK" if "event" in kept else False
        for obj in _objects(kept):
            if isinstance(obj.get("metadata"), dict):
                is_list = "items" in obj or "rows" in obj
                yield obj["metadata"], "bookmark" if bookmark else "list" if is_list else "object"


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from _objects(item)
    elif isinstance(value, list):
        for item in value:
            yield from _objects(item)
