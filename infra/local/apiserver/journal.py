"""What the store writes down, so that a later server begins where this one ended.

A file with a line of JSON for each write. It begins with the version that was reached; now and
then, and at every start, it is written anew with what is there, and takes the place of the old one
in one step. A line that a killed server left half written, which can only be the last, is no write.
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.local.apiserver.resources import Kind
from infra.local.apiserver.trees import Key, Tree, key_of

_SPARE = 8_000_000  # bytes that a file may grow, beyond twice its size, before it is written anew


@dataclass(frozen=True, slots=True)
class Memory:
    """What a file remembers: the version that was reached, and the objects."""

    version: int
    objects: tuple[tuple[Kind, Tree], ...]


NOTHING = Memory(0, ())


class Journal:
    """The file, open for what is to come."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = 0
        self._limit = 0
        self._file = -1

    def put(self, kind: Kind, obj: Tree) -> None:
        """Writes down an object that was stored."""
        self._append({"kind": kind, "object": obj})

    def removed(self, kind: Kind, key: Key, version: int) -> None:
        """Writes down that an object was taken away at a version."""
        self._append({"kind": kind, "gone": key, "version": version})

    def is_long(self) -> bool:
        """Whether it is time to write it anew."""
        return self._size > self._limit

    def rewrite(self, version: int, objects: Iterable[tuple[Kind, Tree]]) -> None:
        """Begins a new file with what is there."""
        draft = self._path.with_suffix(".draft")
        with draft.open("wb") as file:
            file.write(_line({"version": version}))
            file.writelines(_line({"kind": kind, "object": obj}) for kind, obj in objects)
        self.close()
        draft.replace(self._path)
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        self._size = self._path.stat().st_size
        self._limit = 2 * self._size + _SPARE

    def close(self) -> None:
        """Ends the writing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _append(self, entry: Tree) -> None:
        self._size += os.write(self._file, _line(entry))  # one call: all of the line, or nothing


def read(path: Path) -> Memory:
    """What a file remembers; nothing where there is none."""
    if not path.exists():
        return NOTHING
    version = 0
    objects: dict[tuple[Kind, Key], Tree] = {}
    for entry in _entries(path.read_bytes()):
        if "object" in entry:
            obj: Tree = entry["object"]
            objects[_kind(entry), key_of(obj)] = obj
            version = max(version, int(obj["metadata"]["resourceVersion"]))
        elif "gone" in entry:
            objects.pop((_kind(entry), (entry["gone"][0], entry["gone"][1])), None)
        version = max(version, entry.get("version", 0))
    return Memory(version, tuple((kind, obj) for (kind, _), obj in objects.items()))


def _entries(data: bytes) -> Iterator[Tree]:
    *lines, _ = data.split(b"\n")  # behind the last line there is nothing, or half a line
    for line in lines:
        yield json.loads(line)


def _kind(entry: Tree) -> Kind:
    group, plural = entry["kind"]
    return group, plural


def _line(entry: Tree) -> bytes:
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"
