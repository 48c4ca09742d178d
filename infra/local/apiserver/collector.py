"""What goes along: dependents with their owners, contents with their namespace or definition."""

from collections.abc import Callable, Iterator

from infra.local.apiserver import crds
from infra.local.apiserver.catalogue import Catalogue
from infra.local.apiserver.ownership.recording import Writer, record
from infra.local.apiserver.resources import Kind, Resource
from infra.local.apiserver.store import Store
from infra.local.apiserver.trees import Key, Tree, key_of, objects_at

NAMESPACES = ("", "namespaces")
CONTAINERS = (NAMESPACES, crds.KEY)
FOREGROUND = "foregroundDeletion"  # held back by dependents that asked for it
_CONTROLLERS = "kube-controller-manager"  # whose part this is on a real server
Act = Callable[[Resource, Key], None]


class Collector:
    """The garbage collector, at work inside of the write that leaves garbage behind."""

    def __init__(self, store: Store, catalogue: Catalogue, delete: Act, finish: Act) -> None:
        self._store = store
        self._catalogue = catalogue
        self._delete = delete
        self._finish = finish  # takes away what was only waiting for its contents

    def created(self, kind: Kind, obj: Tree) -> None:
        """Collects a new object whose owners are all gone already."""
        if obj["metadata"].get("ownerReferences") and not self._owned(obj):
            self._delete(self._resource(kind), key_of(obj))

    def removed(self, resource: Resource, obj: Tree) -> None:
        """Collects what only the removed object owned, and the container it was the last in."""
        for kind, key in self._store.dependents(obj["metadata"]["uid"]):
            dependent = self._store.get(kind, key)
            if dependent is not None and not self._owned(dependent):
                self._delete(self._resource(kind), key)
            elif dependent is not None:
                self._disown(kind, dependent, obj["metadata"]["uid"])
        for owner in obj["metadata"].get("ownerReferences") or ():
            self.released(owner["uid"])
        for container, key in self._containers(resource, obj):
            found = self._store.get(container, key)
            if found is not None and "deletionTimestamp" in found["metadata"]:
                self._finish_if_empty(self._resource(container), found)

    def orphan(self, uid: str) -> None:
        """Lets the dependents of an owner stay behind without it."""
        for kind, key in self._store.dependents(uid):
            dependent = self._store.get(kind, key)
            if dependent is not None:
                self._disown(kind, dependent, uid)

    def holds(self, uid: str) -> bool:
        """Whether dependents want to be gone before an owner is."""
        return any(
            owner["uid"] == uid and owner.get("blockOwnerDeletion")
            for kind, key in self._store.dependents(uid)
            for owner in objects_at(self._store.get(kind, key), "metadata", "ownerReferences")
        )

    def end_dependents(self, uid: str) -> None:
        """Deletes the dependents of an owner that still waits for them."""
        for kind, key in self._store.dependents(uid):
            if self._store.get(kind, key) is not None:
                self._delete(self._resource(kind), key)

    def released(self, uid: str) -> None:
        """Lets an owner go that only its dependents held back, once they are gone."""
        found = self._store.found(uid)
        if found is None or self.holds(uid):
            return
        kind, owner = found
        finalizers = owner["metadata"].get("finalizers") or []
        if FOREGROUND not in finalizers:
            return
        left = [finalizer for finalizer in finalizers if finalizer != FOREGROUND]
        if left:
            metadata = {**owner["metadata"], "finalizers": left}
            self._store.put(kind, {**owner, "metadata": metadata})
        else:
            self._finish(self._resource(kind), key_of(owner))

    def _disown(self, kind: Kind, dependent: Tree, uid: str) -> None:
        owners = dependent["metadata"]["ownerReferences"]
        left = [owner for owner in owners if owner["uid"] != uid]
        metadata = {**dependent["metadata"], "ownerReferences": left}
        if not left:
            del metadata["ownerReferences"]
        changed = {**dependent, "metadata": metadata}
        record(self._resource(kind), dependent, changed, Writer(_CONTROLLERS))
        self._store.put(kind, changed)

    def emptied(self, resource: Resource, obj: Tree) -> bool:
        """Deletes what is in a terminating namespace, or of a terminating kind; True once gone."""
        for kind, key in tuple(self._contents(resource, obj)):
            self._delete(self._resource(kind), key)
        if resource.key in CONTAINERS and self._store.get(resource.key, key_of(obj)):
            self._finish_if_empty(resource, obj)
        return self._store.get(resource.key, key_of(obj)) is None

    def _finish_if_empty(self, resource: Resource, obj: Tree) -> None:
        if obj["metadata"].get("finalizers"):
            return
        if next(self._contents(resource, obj), None) is None:
            self._finish(resource, key_of(obj))

    def _contents(self, resource: Resource, obj: Tree) -> Iterator[tuple[Kind, Key]]:
        if resource.key == NAMESPACES:
            kinds = {one.key for one in self._catalogue.all() if one.namespaced}
            for kind in sorted(kinds):
                for item in self._store.each(kind, obj["metadata"]["name"]):
                    yield kind, key_of(item)
        elif resource.key == crds.KEY:
            kind = (obj["spec"]["group"], obj["spec"]["names"]["plural"])
            for item in self._store.each(kind):
                yield kind, key_of(item)

    def _containers(self, resource: Resource, obj: Tree) -> Iterator[tuple[Kind, Key]]:
        if resource.namespaced:
            yield NAMESPACES, ("", obj["metadata"]["namespace"])
        if resource.custom:
            yield crds.KEY, ("", f"{resource.plural}.{resource.group}")

    def _owned(self, obj: Tree) -> bool:
        owners = obj["metadata"]["ownerReferences"]
        return any(self._store.lives(owner["uid"]) for owner in owners)

    def _resource(self, kind: Kind) -> Resource:
        return next(resource for resource in self._catalogue.all() if resource.key == kind)
