"""What can be done with an object: create, read, change, delete, each as one locked step."""

from collections.abc import Callable
from dataclasses import dataclass

from infra.local.apiserver import admission, crds, errors, rules
from infra.local.apiserver.collector import CONTAINERS, NAMESPACES, Collector
from infra.local.apiserver.resources import Catalogue, Resource
from infra.local.apiserver.selectors import lets_all_through
from infra.local.apiserver.store import Match, Page, Store
from infra.local.apiserver.trees import Key, Tree, copied, key_of, timestamp

Edit = Callable[[Tree], Tree]  # an object as a client sees it, to the object that it wants
_PODS = ("", "pods")


@dataclass(frozen=True, slots=True)
class Deletion:
    """How an object is to be deleted."""

    uid: str = ""
    resource_version: str = ""
    orphan: bool = False
    grace_seconds: int | None = None
    dry_run: bool = False


class Verbs:
    """The verbs over one store."""

    def __init__(self, store: Store, catalogue: Catalogue) -> None:
        self.store = store
        self.catalogue = catalogue
        self._collector = Collector(store, catalogue, self._delete_collected, self._finish)

    def create(
        self, resource: Resource, namespace: str, body: Tree, *, dry_run: bool = False
    ) -> Tree:
        """Stores a new object; 409 when one of its name is there."""
        admission.name_new(resource, namespace, body)
        _check_type(resource, body)
        with self.store.lock:
            self._check_namespace(resource, body)
            if body["metadata"].get("resourceVersion"):
                raise errors.bad_request(
                    "resourceVersion should not be set on objects to be created"
                )
            admission.identify_new(resource, body)
            rules.fill_new(resource, body)
            rules.check(resource, body)
            name = body["metadata"]["name"]
            if self.store.get(resource.key, key_of(body)) is not None:
                raise errors.already_exists(resource.group, resource.plural, name)
            body["apiVersion"] = resource.stored_api_version
            if dry_run:
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

    def page(
        self, resource: Resource, namespace: str, match: Match, *, start: Key | None, limit: int
    ) -> Page:
        """Up to limit objects of a kind, from a key on."""
        return self.store.page(resource.key, namespace, match, start=start, limit=limit)

    def change(
        self,
        resource: Resource,
        key: Key,
        edit: Edit,
        *,
        status: bool = False,
        dry_run: bool = False,
    ) -> Tree:
        """Stores what an edit makes of an object; 409 when it was made from another version."""
        with self.store.lock:
            old = self.read(resource, key)
            new = edit({**copied(old), "apiVersion": resource.api_version})
            _check_type(resource, new)
            _check_race(resource, old, new)
            if status:
                new = {**copied(old), "status": new.get("status", {})}
            else:
                rules.keep_status(resource, old, new)
            new["apiVersion"] = resource.stored_api_version
            rules.fill_changed(resource, new)
            admission.identify_changed(resource, old, new)
            rules.check(resource, new)
            if new == old or dry_run:
                return new
            return self._store_changed(resource, new)

    def delete(self, resource: Resource, key: Key, how: Deletion) -> Tree | None:
        """Deletes an object: None when it is gone, else the object that waits for its end."""
        with self.store.lock:
            old = self.read(resource, key)
            _check_preconditions(resource, old, how)
            if how.dry_run:
                return None
            if how.orphan:
                self._collector.orphan(old["metadata"]["uid"])
            marked = _marked(resource, old, how)
            if marked is None:
                self._remove(resource, key)
                return None
            stored = marked if marked == old else self.store.put(resource.key, marked)
            if self._collector.emptied(resource, stored):
                return None
            return stored

    def delete_all(self, resource: Resource, namespace: str, match: Match, how: Deletion) -> int:
        """Deletes the matching objects of a collection; how many there were."""
        with self.store.lock:
            found = [obj for obj in self.store.each(resource.key, namespace) if match(obj)]
            for obj in found:
                if self.store.get(resource.key, key_of(obj)) is not None:
                    self.delete(resource, key_of(obj), how)
            return len(found)

    def left(self, page: Page, match: Match) -> int | None:
        """How many objects follow a page; unknown where a selector is at work."""
        return page.left if page.next and lets_all_through(match) else None

    def _store_changed(self, resource: Resource, new: Tree) -> Tree:
        stored = self.store.put(resource.key, new)
        crds.stored(self.catalogue, resource, stored)
        if not _is_over(stored):
            return stored
        if resource.key in CONTAINERS:
            self._collector.emptied(resource, stored)
            return stored
        return self._remove(resource, key_of(stored))

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
        if namespace["metadata"].get("deletionTimestamp"):
            why = f"unable to create new content in namespace {name} because it is being terminated"
            own_name = obj["metadata"].get("name", "")
            raise errors.forbidden(resource.group, resource.plural, own_name, why)


def _check_type(resource: Resource, obj: Tree) -> None:
    """Custom objects must say what they are; the type of builtin ones follows from the path."""
    if not resource.custom:
        obj.setdefault("apiVersion", resource.api_version)
        obj.setdefault("kind", resource.kind)
    said = obj.get("apiVersion"), obj.get("kind")
    if not said[1]:
        raise errors.bad_request("Object 'Kind' is missing")
    if said != (resource.api_version, resource.kind):
        raise errors.bad_request(
            f"the object provided is {said[1]} in {said[0]}, "
            f"but the path serves {resource.kind} in {resource.api_version}"
        )


def _check_race(resource: Resource, old: Tree, new: Tree) -> None:
    before, metadata = old["metadata"], new.get("metadata")
    if not isinstance(metadata, dict):
        raise errors.bad_request("metadata: wanted an object")
    name = before["name"]
    if metadata.setdefault("name", name) != name:
        raise errors.bad_request(
            f"the name of the object ({metadata['name']}) "
            f"does not match the name on the URL ({name})"
        )
    namespace = before.get("namespace", "")
    if metadata.get("namespace", namespace) not in ("", namespace):
        raise errors.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    if namespace:
        metadata["namespace"] = namespace
    if metadata.get("uid", before["uid"]) not in ("", before["uid"]):
        why = (
            f"Precondition failed: UID in precondition: {metadata['uid']}, "
            f"UID in object meta: {before['uid']}"
        )
        raise errors.conflict(resource.group, resource.plural, name, why)
    version = metadata.get("resourceVersion")
    if not version and resource.custom:
        cause = errors.invalid_value(
            "metadata.resourceVersion", "0", "must be specified for an update"
        )
        raise errors.invalid(resource.group, resource.kind, name, [cause])
    if version and version != before["resourceVersion"]:
        raise errors.conflict(resource.group, resource.plural, name)


def _check_preconditions(resource: Resource, obj: Tree, how: Deletion) -> None:
    metadata = obj["metadata"]
    for word, wanted, found in (
        ("UID", how.uid, metadata["uid"]),
        ("ResourceVersion", how.resource_version, metadata["resourceVersion"]),
    ):
        if wanted and wanted != found:
            why = (
                f"Precondition failed: {word} in precondition: {wanted}, "
                f"{word} in object meta: {found}"
            )
            raise errors.conflict(resource.group, resource.plural, metadata["name"], why)


def _marked(resource: Resource, obj: Tree, how: Deletion) -> Tree | None:
    """The object with its end announced; None where nothing holds it back."""
    grace = _grace(resource, obj, how)
    metadata = obj["metadata"]
    holds = metadata.get("finalizers") or resource.key in CONTAINERS
    if not grace and not holds:
        return None
    if metadata.get("deletionTimestamp") and metadata["deletionGracePeriodSeconds"] <= grace:
        return obj
    marks = {"deletionTimestamp": timestamp(), "deletionGracePeriodSeconds": grace}
    if "generation" in metadata:
        marks["generation"] = metadata["generation"] + 1
    marked = {**obj, "metadata": {**metadata, **marks}}
    if resource.key == NAMESPACES:
        marked["status"] = {**obj["status"], "phase": "Terminating"}
    return marked


def _grace(resource: Resource, obj: Tree, how: Deletion) -> int:
    """How long a pod that runs on a node may take to end; 0 for everything else."""
    spec = obj.get("spec") or {}
    if resource.key != _PODS or not spec.get("nodeName"):
        return 0
    if (obj.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return 0
    asked = how.grace_seconds
    return int(spec.get("terminationGracePeriodSeconds", 30)) if asked is None else asked


def _is_over(obj: Tree) -> bool:
    """Whether an object whose end was announced is held back by nothing any more."""
    metadata = obj["metadata"]
    return (
        "deletionTimestamp" in metadata
        and not metadata.get("finalizers")
        and not metadata.get("deletionGracePeriodSeconds")
    )
