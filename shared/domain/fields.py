"""Typed values out of JSON of unknown shape; what does not fit is refused by path and value."""

import json
import sys
from collections.abc import Mapping, Sequence

from shared.domain.errors import Refused

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
Object = Mapping[str, Json]

_QUOTED = 200  # characters of a foreign value that an error may repeat


def at(value: Json, *path: str) -> Json:
    """What stands at a path of keys; None where it is absent."""
    for key in path:
        # what JSON became is a dict, and to ask for the class first is ten times as fast
        if value.__class__ is not dict and not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def mapping(value: Json, *path: str) -> Object:
    """The object at a path; empty where it is absent."""
    found = at(value, *path)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise wrong(path, found, "an object")
    return found


def sequence(value: Json, *path: str) -> Sequence[Json]:
    """The list at a path; empty where it is absent."""
    found = at(value, *path)
    if found is None:
        return ()
    if isinstance(found, str) or not isinstance(found, Sequence):
        raise wrong(path, found, "a list")
    return found


def objects(value: Json, *path: str) -> tuple[Object, ...]:
    """The list of objects at a path; empty where it is absent."""
    found = sequence(value, *path)
    for index, item in enumerate(found):
        if not isinstance(item, Mapping):
            raise wrong((*path, str(index)), item, "an object")
    return tuple(item for item in found if isinstance(item, Mapping))


def text(value: Json, *path: str, default: str = "") -> str:
    """The string at a path."""
    found = at(value, *path)
    if found is None:
        return default
    if not isinstance(found, str):
        raise wrong(path, found, "a string")
    return found


def texts(value: Json, *path: str) -> tuple[str, ...]:
    """The list of strings at a path; empty where it is absent."""
    found = sequence(value, *path)
    for index, item in enumerate(found):
        if not isinstance(item, str):
            raise wrong((*path, str(index)), item, "a string")
    return tuple(item for item in found if isinstance(item, str))


def pairs(value: Json, *path: str) -> dict[str, str]:
    """The map of strings at a path, as labels and annotations are; empty where it is absent."""
    found = mapping(value, *path)
    for key, item in found.items():
        if not isinstance(item, str):
            raise wrong((*path, key), item, "a string")
    return {key: item for key, item in found.items() if isinstance(item, str)}


def whole(value: Json, *path: str, default: int = 0) -> int:
    """The whole number at a path."""
    found = at(value, *path)
    if found is None:
        return default
    if isinstance(found, float) and found.is_integer():
        return int(found)
    if isinstance(found, bool) or not isinstance(found, int):
        raise wrong(path, found, "a whole number")
    return found


def number(value: Json, *path: str) -> float | None:
    """The finite number at a path; None where it is absent."""
    found = at(value, *path)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise wrong(path, found, "a number")
    if not -sys.float_info.max <= found <= sys.float_info.max:
        raise wrong(path, found, "a finite number")
    return float(found)


def truth(value: Json, *path: str) -> bool:
    """The boolean at a path; False where it is absent."""
    found = at(value, *path)
    if found is None:
        return False
    if not isinstance(found, bool):
        raise wrong(path, found, "true or false")
    return found


def quoted(value: Json) -> str:
    """A foreign value as an error may show it: short, on one line."""
    shown = " ".join(str(value).split())
    return shown if len(shown) <= _QUOTED else shown[:_QUOTED] + "…"


def short(text: str, most: int = _QUOTED) -> str:
    """Foreign text as a status may keep it: on one line, in at most so many bytes of JSON."""
    line = " ".join(text.split())
    shown = "".join(c if c.isprintable() else "\ufffd" for c in line[: most + 1])
    if _size(shown) <= most:
        return shown
    while _size(shown) > most - _size("…"):
        shown = shown[:-1]
    return f"{shown}…"


def _size(text: str) -> int:
    """Bytes between the quotes."""
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2


def wrong(path: Sequence[str], value: Json, wanted: str) -> Refused:
    """The error for a value that does not fit: its path, what was wanted, what was found."""
    return Refused(f"{quoted('.'.join(path))}: wanted {wanted}, found {quoted(value)!r}")
