"""Where the objects live: in memory, by kind and sorted key, with a version for every write."""

import threading
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator
from queue import SimpleQueue

from infra.local.apiserver import errors
from infra.local.apiserver.journal import Journal, Memory
from infra.local.apiserver.resources import Kind
from infra.local.apiserver.shelves import Change, Feed, Match, Page, Shelf, bounds
from infra.local.apiserver.trees import Key, Tree, key_of


class Store:
    """All objects. What it holds is never changed in place, only replaced.

    Readers and writers hold `lock` for as long as what they saw must stay true.
    """

    def __init__(self, history: int = 5000, journal: Journal | None = None) -> None:
        self.lock = threading.RLock()
        self._history = history
        self._journal = journal
        self._begun = 0  # the version at the start: what was before is not told
        self._shelves: dict[Kind, Shelf] = {}
        self._version = 0
        self._dependents: dict[str, set[tuple[Kind, Key]]] = {}
        self._places: dict[str, tuple[Kind, Key]] = {}  # by uid

    def restore(self, memory: Memory) -> None:
        """Begins with what an earlier server left behind, before anybody watches."""
        for kind, obj in memory.objects:
            shelf = self._shelf(kind)
            shelf.objects[key_of(obj)] = obj
            insort(shelf.keys, key_of(obj))
            self._link(kind, obj)
        self._version = self._begun = memory.version
        for shelf in self._shelves.values():
            shelf.forgotten = self._begun
        self._write_down()

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
            if self._journal:
                self._journal.put(kind, obj)
                self._shorten()
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
            if self._journal:
                self._journal.removed(kind, key, self._version)
                self._shorten()
            return last

    def each(self, kind: Kind, namespace: str = "") -> Iterator[Tree]:
        """All objects of a kind, in the order of their keys."""
        with self.lock:
            shelf = self._shelf(kind)
            keys = shelf.keys[slice(*bounds(shelf.keys, namespace, None))]
            return iter([shelf.objects[key] for key in keys])

    def page(
        self, kind: Kind, namespace: str, match: Match, *, start: Key | None, limit: int
    ) -> Page:
        """Up to limit matching objects (0: all of them) from a key on."""
        with self.lock:
            shelf = self._shelf(kind)
            at, end = bounds(shelf.keys, namespace, start)
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
            if self._journal:
                self._journal.close()

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

    def _shelf(self, kind: Kind) -> Shelf:
        shelf = self._shelves.get(kind)
        if shelf is None:
            with self.lock:
                shelf = self._shelves.setdefault(
                    kind, Shelf(deque(maxlen=self._history), forgotten=self._begun)
                )
        return shelf

    def _shorten(self) -> None:
        if self._journal and self._journal.is_long():
            self._write_down()

    def _write_down(self) -> None:
        if self._journal:
            found = [
                (kind, obj)
                for kind, shelf in self._shelves.items()
                for obj in shelf.objects.values()
            ]
            self._journal.rewrite(self._version, found)

    def _tell(self, shelf: Shelf, type_: str, obj: Tree, before: Tree | None) -> None:
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
