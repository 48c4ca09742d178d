"""What can be done with an object: create, read, change, delete, each as one locked step."""

from collections.abc import Callable
from dataclasses import replace

from infra.local.apiserver import admission, crds, deletion, errors, preconditions, rules
from infra.local.apiserver.catalogue import Catalogue
from infra.local.apiserver.collector import CONTAINERS, NAMESPACES, Collector
from infra.local.apiserver.deletion import Deletion
from infra.local.apiserver.modes import Mode
from infra.local.apiserver.ownership import applying
from infra.local.apiserver.ownership.recording import NOBODY, Writer, record
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.shelves import Match
from infra.local.apiserver.store import Store
from infra.local.apiserver.trees import Key, Tree, copied, key_of

Edit = Callable[[Tree], Tree]  # an object as a client sees it, to the object that it wants


_PLAIN = Mode()


class Verbs:
    """The verbs over one store."""

    def __init__(self, store: Store, catalogue: Catalogue) -> None:
        self.store = store
        self.catalogue = catalogue
        self._collector = Collector(store, catalogue, self._delete_collected, self._finish)

    def create(self, resource: Resource, namespace: str, body: Tree, mode: Mode = _PLAIN) -> Tree:
        """Stores a new object, which the store then owns; 409 when one of its name is there."""
        preconditions.check_type(resource, body)
        admission.name_new(resource, namespace, body)
        with self.store.lock:
            self._check_namespace(resource, body)
            admission.identify_new(resource, body)
            rules.fill_new(resource, body, mode)
            record(resource, None, body, Writer(mode.manager))
            rules.begin(resource, body)
            rules.check(resource, body, None)
            if (there := self.store.get(resource.key, key_of(body))) is not None:
                name, dying = body["metadata"]["name"], "deletionTimestamp" in there["metadata"]
                raise errors.already_exists(resource.group, resource.plural, name, dying=dying)
            body["apiVersion"] = resource.stored_api_version
            if mode.dry_run:
                return body
            stored = self.store.put(resource.key, body)
            crds.stored(self.catalogue, resource, stored)
            self._collector.created(resource.key, stored)
            return stored

    def read(self, resource: Resource, key: Key) -> Tree:
        """The object at a key; 404 when there is none."""
        found = self.store.get(resource.key, key)
        if found is None:
            raise errors.not_found(resource.group, resource.plural, key[1])
        return found

    def change(
        self, resource: Resource, key: Key, edit: Edit, mode: Mode = _PLAIN, part: str = ""
    ) -> Tree:
        """Stores what an edit makes of an object, its status aside; 409 on a stale version.

        Part is the subresource by which it is done.
        """
        with self.store.lock:
            old = self.read(resource, key)
            new = self._edited(resource, old, edit)
            rules.keep_status(resource, old, new)
            rules.fill_changed(resource, old, new, mode)
            admission.identify_changed(old, new)
            record(resource, old, new, Writer(mode.manager, part))
            admission.count(resource, old, new)
            return self._store_changed(resource, old, new, mode)

    def change_status(self, resource: Resource, key: Key, edit: Edit, mode: Mode = _PLAIN) -> Tree:
        """Stores the status that an edit makes of an object, and nothing else that it asks for."""
        with self.store.lock:
            old = self.read(resource, key)
            edited = self._edited(resource, old, edit)
            new = rules.keep_all_but_status(resource, old, edited)
            rules.fill_changed(resource, old, new, mode)
            admission.identify_changed(old, new)
            record(resource, old, new, Writer(mode.manager, "status"))
            return self._store_changed(resource, old, new, mode, "status")

    def apply(
        self, resource: Resource, key: Key, config: Tree, mode: Mode, part: str = ""
    ) -> tuple[Tree, bool]:
        """Lays a manager's configuration over an object; True where it is made of it alone."""
        by, recorded = Writer(mode.manager, part), replace(mode, manager=NOBODY)

        def edit(live: Tree) -> Tree:
            return applying.applied(resource, live, config, by, force=mode.force)

        with self.store.lock:
            if self.store.get(resource.key, key) is None and not part:
                new = applying.applied(resource, None, config, by, force=mode.force)
                return self.create(resource, key[0], new, recorded), True
            act = self.change_status if part else self.change
            return act(resource, key, edit, recorded), False

    def delete(self, resource: Resource, key: Key, how: Deletion) -> Tree | None:
        """Deletes an object: None when it is gone, else the object that waits for its end."""
        with self.store.lock:
            old = self.read(resource, key)
            deletion.check(resource, old, how)
            if how.dry_run:
                return None
            if how.orphan:
                self._collector.orphan(old["metadata"]["uid"])
            if how.foreground and self._collector.holds(old["metadata"]["uid"]):
                return self._delete_in_foreground(resource, old)
            marked = deletion.marked(resource, old, how)
            if marked is None:
                self._remove(resource, key)
                return None
            stored = marked if marked is old else self.store.put(resource.key, marked)
            gone = self._collector.emptied(resource, stored)
            return None if gone and resource.key not in CONTAINERS else stored

    def delete_all(
        self, resource: Resource, namespace: str, match: Match, how: Deletion
    ) -> list[Tree]:
        """Deletes the matching objects of a collection, and says which they were."""
        with self.store.lock:
            found = [obj for obj in self.store.each(resource.key, namespace) if match(obj)]
            for obj in found:
                if self.store.get(resource.key, key_of(obj)) is not None:
                    self.delete(resource, key_of(obj), how)
            return found

    def _delete_in_foreground(self, resource: Resource, old: Tree) -> Tree:
        """Announces the end of an object; what holds it back ends first."""
        held = self.store.put(resource.key, deletion.held(old))
        self._collector.end_dependents(held["metadata"]["uid"])
        self._collector.released(held["metadata"]["uid"])
        return held

    def _edited(self, resource: Resource, old: Tree, edit: Edit) -> Tree:
        new = edit({**copied(old), "apiVersion": resource.api_version})
        preconditions.check_type(resource, new)
        preconditions.check_identity(resource, old, new)
        preconditions.check_version(resource, old, new)
        new["apiVersion"] = resource.stored_api_version
        return new

    def _store_changed(
        self, resource: Resource, old: Tree, new: Tree, mode: Mode, part: str = ""
    ) -> Tree:
        rules.check(resource, new, old, part)
        if new == old or mode.dry_run:  # what changes nothing is no write
            return new
        if deletion.is_over(new) and resource.key not in CONTAINERS:
            self._remove(resource, key_of(new))  # without a last write
            return new
        stored = self.store.put(resource.key, new)
        crds.stored(self.catalogue, resource, stored)
        if deletion.is_over(stored):
            self._collector.emptied(resource, stored)
        return stored

    def _remove(self, resource: Resource, key: Key) -> Tree:
        last = self.store.remove(resource.key, key)
        crds.removed(self.catalogue, resource, last)
        self._collector.removed(resource, last)
        return last

    def _delete_collected(self, resource: Resource, key: Key) -> None:
        if self.store.get(resource.key, key) is not None:
            self.delete(resource, key, Deletion())

    def _finish(self, resource: Resource, key: Key) -> None:
        self._remove(resource, key)

    def _check_namespace(self, resource: Resource, obj: Tree) -> None:
        if not resource.namespaced:
            return
        name = obj["metadata"]["namespace"]
        namespace = self.store.get(NAMESPACES, ("", name))
        if namespace is None:
            raise errors.not_found("", "namespaces", name)
        if "deletionTimestamp" in namespace["metadata"]:
            own_name = obj["metadata"].get("name", "")
            raise errors.terminating(resource.group, resource.plural, own_name, name)
