"""Watches: what happened since a version, then what happens, until the client has seen enough."""

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from queue import Empty

from infra.local.apiserver.errors import ApiError
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.shelves import Change, Feed, Match
from infra.local.apiserver.store import Store
from infra.local.apiserver.trees import Tree
from infra.local.apiserver.views import PLAIN, Form, Look, one, whole

_QUIET_SECONDS = 1.0  # how often a quiet stream looks whether its client is still there
_BOOKMARK_SECONDS = 30.0
_DEFAULT_SECONDS = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What a client watches."""

    resource: Resource
    namespace: str
    match: Match
    since: int  # a version; 0: what is there now comes first
    initial: bool = False  # what is there comes first, then a bookmark that says so
    bookmarks: bool = False
    look: Look = PLAIN
    seconds: int = 0  # 0: the server's own limit


Events = Generator[Tree | None]  # None after each quiet while


def events(store: Store, watch: Watch) -> Events:
    """The events of a watch as they come."""
    kind = watch.resource.key
    with store.lock:
        version = store.version
        try:
            before, feed = store.follow(kind, watch.since if _continues(watch) else version)
        except ApiError as error:
            yield {"type": "ERROR", "object": error.status()}
            return
        present = [] if _continues(watch) else _present(store, watch)
    try:
        yield from _columns_once(_all(watch, present, before, feed, version))
    finally:
        store.unfollow(kind, feed)


def _all(
    watch: Watch, present: list[Tree], before: list[Change], feed: Feed, version: int
) -> Events:
    yield from present
    if watch.initial and watch.bookmarks:
        yield _bookmark(watch, version, initial=True)
    for change in before:
        yield from _told(watch, change)
    yield from _live(watch, feed, version)


def _columns_once(events: Events) -> Events:
    """Of tables only the first one describes its columns."""
    told = False
    for event in events:
        if event is not None and event["object"].get("kind") == "Table":
            if told:
                event["object"]["columnDefinitions"] = None
            told = True
        yield event


def _live(watch: Watch, feed: Feed, version: int) -> Events:
    """What happens from now on. A quiet watch gets a bookmark now and then, and one at its end."""
    end = time.monotonic() + (watch.seconds or _DEFAULT_SECONDS)
    marked = time.monotonic()
    while (left := end - time.monotonic()) > 0:
        try:
            change = feed.get(timeout=min(left, _QUIET_SECONDS))
        except Empty:
            yield None
            if watch.bookmarks and time.monotonic() - marked > _BOOKMARK_SECONDS:
                yield _bookmark(watch, version)
                marked = time.monotonic()
            continue
        if change is None:
            return
        version = change.version
        yield from _told(watch, change)
    if watch.bookmarks:
        yield _bookmark(watch, version)


def _told(watch: Watch, change: Change) -> Iterator[Tree]:
    """A change as this watch sees it: what leaves a selection is deleted for its watchers."""
    if watch.namespace and change.object["metadata"].get("namespace") != watch.namespace:
        return
    is_in = change.type != "DELETED" and watch.match(change.object)
    was_in = change.before is not None and watch.match(change.before)
    if is_in:
        yield _event("MODIFIED" if was_in else "ADDED", watch, change.object)
    elif was_in:
        yield _event("DELETED", watch, _last(change))


def _last(change: Change) -> Tree:
    """An object as it was when it was last selected, at the version at which it no longer was."""
    last = change.before or change.object
    version = change.object["metadata"]["resourceVersion"]
    return {**last, "metadata": {**last["metadata"], "resourceVersion": version}}


def _present(store: Store, watch: Watch) -> list[Tree]:
    page = store.page(watch.resource.key, watch.namespace, watch.match, start=None, limit=0)
    return [_event("ADDED", watch, obj) for obj in page.items]


def _event(type_: str, watch: Watch, obj: Tree) -> Tree:
    shown = one(watch.resource, obj, watch.look)
    return {"type": type_, "object": shown}


def _bookmark(watch: Watch, version: int, *, initial: bool = False) -> Tree:
    metadata: Tree = {"resourceVersion": str(version)}
    if initial:
        metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
    obj: Tree = {"metadata": metadata}
    if watch.look.form is Form.WHOLE:
        shown = whole(watch.resource, obj)
    else:
        shown = one(watch.resource, obj, Look(Form.METADATA))
    return {"type": "BOOKMARK", "object": shown}


def _continues(watch: Watch) -> bool:
    return watch.since > 0 and not watch.initial
