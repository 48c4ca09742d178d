"""Two servers' answers to the same probe, leaf by leaf."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.cluster.conformance.rules import Steps

_ABSENT = "(absent)"


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the answers differ, and what each server says there."""

    place: str  # `<number of the request> <path>`
    request: str
    embedded: Any
    real: Any

    def __str__(self) -> str:
        heading = f"{self.place}  [{self.request}]"
        return f"{heading}\n  embedded: {self.embedded!r}\n  real:     {self.real!r}"


def compared(embedded: Steps, real: Steps) -> list[Difference]:
    """Every difference between what two servers answered."""
    found = []
    for number, (ours, theirs) in enumerate(zip(embedded, real, strict=False), 1):
        if ours[0] != theirs[0]:
            found.append(Difference(f"{number}", theirs[0], ours[0], theirs[0]))
        found += [
            Difference(f"{number} {path}", theirs[0], here, there)
            for path, here, there in _differences(*_what_is_comparable(ours[1], theirs[1]), "")
        ]
    if len(embedded) != len(real):
        found.append(Difference("requests", "", len(embedded), len(real)))
    return found


def _what_is_comparable(ours: dict[str, Any], theirs: dict[str, Any]) -> tuple[Any, Any]:
    """Two answers; where one is a refusal and the other is not, only what they say at all."""
    if ours.get("code") == theirs.get("code"):
        return ours, theirs
    return {"code": _told(ours)}, {"code": _told(theirs)}


def _told(answer: dict[str, Any]) -> tuple[Any, Any]:
    body = answer.get("body")
    return answer.get("code"), body.get("message") if isinstance(body, dict) else None


def _differences(ours: Any, theirs: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            place = f"{path}.{key}" if path else key
            yield from _differences(ours.get(key, _ABSENT), theirs.get(key, _ABSENT), place)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from _differences(one, other, f"{path}[{index}]")
    elif ours != theirs or type(ours) is not type(theirs):
        yield path, ours, theirs
