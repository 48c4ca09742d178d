"""What the store keeps of a kind, and what it tells of it."""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue

from infra.local.apiserver.trees import Key, Tree

Match = Callable[[Tree], bool]


@dataclass(frozen=True, slots=True)
class Change:
    """One write: what stands there now (or stood there last) and what stood there before."""

    version: int
    type: str
    object: Tree
    before: Tree | None


Feed = SimpleQueue[Change | None]  # None: the server stops


@dataclass(slots=True)
class Shelf:
    """The objects of one kind, and its latest changes for those who watch."""

    log: deque[Change]
    objects: dict[Key, Tree] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)
    feeds: list[Feed] = field(default_factory=list)
    forgotten: int = 0  # the version of the latest change that fell out of the log


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a collection, where the next one starts, and how many keys are left."""

    items: tuple[Tree, ...]
    version: int
    next: Key | None
    left: int


_AFTER_ALL_NAMES = "\U0010ffff"


def bounds(keys: list[Key], namespace: str, start: Key | None) -> tuple[int, int]:
    """From where to where the sorted keys of a namespace reach, from a key on."""
    first, end = 0, len(keys)
    if namespace:
        first = bisect_left(keys, (namespace, ""))
        end = bisect_right(keys, (namespace, _AFTER_ALL_NAMES))
    if start is not None:
        first = max(first, bisect_left(keys, start))
    return first, end
