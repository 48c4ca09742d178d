"""Where the objects live: in memory, by kind and sorted key, with a version for every write."""

import threading
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from queue import SimpleQueue

from infra.local.apiserver import errors
from infra.local.apiserver.resources import Kind
from infra.local.apiserver.trees import Key, Tree, key_of

Match = Callable[[Tree], bool]
_AFTER_ALL_NAMES = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Change:
    """One write: what stands there now (or stood there last) and what stood there before."""

    version: int
    type: str
    object: Tree
    before: Tree | None


Feed = SimpleQueue[Change | None]  # None: the server stops


@dataclass(slots=True)
class _Shelf:
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


class Store:
    """All objects. What it holds is never changed in place, only replaced.

    Readers and writers hold `lock` for as long as what they saw must stay true.
    """

    def __init__(self, history: int = 5000) -> None:
        self.lock = threading.RLock()
        self._history = history
        self._shelves: dict[Kind, _Shelf] = {}
        self._version = 0
        self._dependents: dict[str, set[tuple[Kind, Key]]] = {}
        self._places: dict[str, tuple[Kind, Key]] = {}  # by uid

    @property
    def version(self) -> int:
        """The version of the latest write."""
        return self._version

    def get(self, kind: Kind, key: Key) -> Tree | None:
        """The object at a key."""
        return self._shelf(kind).objects.get(key)

    def put(self, kind: Kind, obj: Tree) -> Tree:
        """Stores an object under the next version."""
        with self.lock:
            shelf, key = self._shelf(kind), key_of(obj)
            before = shelf.objects.get(key)
            obj["metadata"]["resourceVersion"] = str(self._version + 1)
            if before is None:
                insort(shelf.keys, key)
            else:
                self._unlink(kind, before)
            shelf.objects[key] = obj
            self._link(kind, obj)
            self._tell(shelf, "ADDED" if before is None else "MODIFIED", obj, before)
            return obj

    def remove(self, kind: Kind, key: Key) -> Tree:
        """Takes an object away; its last state is told under the next version."""
        with self.lock:
            shelf = self._shelf(kind)
            before = shelf.objects.pop(key)
            del shelf.keys[bisect_left(shelf.keys, key)]
            self._unlink(kind, before)
            self._places.pop(before["metadata"]["uid"], None)
            metadata = {**before["metadata"], "resourceVersion": str(self._version + 1)}
            last = {**before, "metadata": metadata}
            self._tell(shelf, "DELETED", last, before)
            return last

    def each(self, kind: Kind, namespace: str = "") -> Iterator[Tree]:
        """All objects of a kind, in the order of their keys."""
        with self.lock:
            shelf = self._shelf(kind)
            keys = shelf.keys[slice(*_bounds(shelf.keys, namespace, None))]
            return iter([shelf.objects[key] for key in keys])

    def page(
        self, kind: Kind, namespace: str, match: Match, *, start: Key | None, limit: int
    ) -> Page:
        """Up to limit matching objects (0: all of them) from a key on."""
        with self.lock:
            shelf = self._shelf(kind)
            at, end = _bounds(shelf.keys, namespace, start)
            items: list[Tree] = []
            while at < end and (not limit or len(items) < limit):
                obj = shelf.objects[shelf.keys[at]]
                if match(obj):
                    items.append(obj)
                at += 1
            following = shelf.keys[at] if at < end else None
            return Page(tuple(items), self._version, following, end - at)

    def follow(self, kind: Kind, since: int) -> tuple[list[Change], Feed]:
        """The changes of a kind after a version, and the feed of those to come; or 410."""
        with self.lock:
            shelf = self._shelf(kind)
            if since < shelf.forgotten:
                raise errors.gone(f"too old resource version: {since} ({shelf.forgotten})")
            feed: Feed = SimpleQueue()
            shelf.feeds.append(feed)
            return [change for change in shelf.log if change.version > since], feed

    def unfollow(self, kind: Kind, feed: Feed) -> None:
        """Ends a feed."""
        with self.lock:
            self._shelf(kind).feeds.remove(feed)

    def watchers(self, kind: Kind) -> int:
        """How many feeds of a kind are open."""
        return len(self._shelf(kind).feeds)

    def close(self) -> None:
        """Tells every feed that the server stops."""
        with self.lock:
            for shelf in self._shelves.values():
                for feed in shelf.feeds:
                    feed.put(None)

    def dependents(self, uid: str) -> list[tuple[Kind, Key]]:
        """Where the objects are that name an owner."""
        return sorted(self._dependents.get(uid, ()))

    def lives(self, uid: str) -> bool:
        """Whether an object of this uid is stored."""
        return uid in self._places

    def found(self, uid: str) -> tuple[Kind, Tree] | None:
        """The object of a uid, and its kind."""
        place = self._places.get(uid)
        obj = self.get(*place) if place else None
        return (place[0], obj) if place and obj else None

    def _shelf(self, kind: Kind) -> _Shelf:
        shelf = self._shelves.get(kind)
        if shelf is None:
            with self.lock:
                shelf = self._shelves.setdefault(kind, _Shelf(deque(maxlen=self._history)))
        return shelf

    def _tell(self, shelf: _Shelf, type_: str, obj: Tree, before: Tree | None) -> None:
        self._version += 1
        if len(shelf.log) == self._history:
            shelf.forgotten = shelf.log[0].version
        change = Change(self._version, type_, obj, before)
        shelf.log.append(change)
        for feed in shelf.feeds:
            feed.put(change)

    def _link(self, kind: Kind, obj: Tree) -> None:
        self._places[obj["metadata"]["uid"]] = kind, key_of(obj)
        for owner in obj["metadata"].get("ownerReferences") or ():
            self._dependents.setdefault(owner["uid"], set()).add((kind, key_of(obj)))

    def _unlink(self, kind: Kind, obj: Tree) -> None:
        for owner in obj["metadata"].get("ownerReferences") or ():
            known = self._dependents[owner["uid"]]
            known.discard((kind, key_of(obj)))
            if not known:
                del self._dependents[owner["uid"]]


def _bounds(keys: list[Key], namespace: str, start: Key | None) -> tuple[int, int]:
    first, end = 0, len(keys)
    if namespace:
        first = bisect_left(keys, (namespace, ""))
        end = bisect_right(keys, (namespace, _AFTER_ALL_NAMES))
    if start is not None:
        first = max(first, bisect_left(keys, start))
    return first, end
