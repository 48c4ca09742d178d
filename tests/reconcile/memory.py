"""An API server in memory, with the calls of `Cluster`: quick enough for thousands of rollouts.

It keeps what the passes rely on: resourceVersions, generations, writes that change nothing, 409 and
422. That it behaves like the lab's server is a test of its own (test_world).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import jsonpatch

from shared.domain.errors import Conflict, Refused
from shared.domain.fields import Json, Object, mapping, pairs, text, whole

_WITH_STATUS = ("canaries", "deployments")
_STATUS = "/status"


@dataclass(slots=True)
class Memory:
    """Objects by path, each as JSON: what was read is nobody's but the reader's."""

    objects: dict[str, str] = field(default_factory=dict)
    version: int = 1
    defaults: Object = field(
        default_factory=dict
    )  # of pods: added to every template that is written

    def copy(self) -> "Memory":
        """Another server at the same point."""
        return Memory(dict(self.objects), self.version, self.defaults)

    def read(self, path: str) -> Object | None:
        found = self.objects.get(path)
        return json.loads(found) if found is not None else None

    def pages(self, path: str, *, selector: str = "") -> Iterator[tuple[Object, ...]]:
        found = (json.loads(self.objects[key]) for key in sorted(self.objects) if _lists(path, key))
        yield tuple(item for item in found if _selected(item, selector))

    def metadata_pages(self, path: str, *, selector: str = "") -> Iterator[tuple[Object, ...]]:
        for page in self.pages(path, selector=selector):
            yield tuple({"metadata": item["metadata"]} for item in page)

    def create(self, path: str, body: Object) -> Object:
        key = f"{path}/{text(body, 'metadata', 'name')}"
        if key in self.objects:
            raise Conflict(f"{key}: already exists")
        self.version += 1
        metadata: Object = {**mapping(body, "metadata"), "uid": f"uid-{self.version}"}
        return self._put(key, {**body, "metadata": {**metadata, "generation": 1}})

    def replace(self, path: str, body: Object) -> Object:
        key = path.removesuffix(_STATUS)
        found = self._found(key)
        _expect_same(key, found, mapping(body, "metadata"))
        if path.endswith(_STATUS):
            return self._put(key, {**found, "status": body["status"]})
        kept = {"status": found["status"]} if _has_status(key) and "status" in found else {}
        return self._put(key, {**body, **kept})

    def patch(self, path: str, operations: Sequence[Object]) -> Object:
        return self._put(path, self._patched(path, operations))

    def rehearse(self, path: str, operations: Sequence[Object]) -> Object:
        return self._defaulted(path, self._patched(path, operations))

    def _patched(self, path: str, operations: Sequence[Object]) -> Object:
        found = self._found(path)
        try:
            patched: Object = jsonpatch.apply_patch(found, operations)
        except jsonpatch.JsonPatchTestFailed as error:
            raise Conflict(f"{path}: {error}") from error
        except jsonpatch.JsonPatchConflict as error:
            raise Refused(f"{path}: {error}") from error
        return patched

    def merge(self, path: str, body: Object) -> Object:
        found = self._found(path)
        _expect_same(path, found, mapping(body, "metadata"))
        return self._put(path, _merged(found, body))

    def delete(self, path: str, *, resource_version: str = "") -> None:
        found = self.read(path)
        if found is None:
            return
        if resource_version:
            _expect_same(path, found, {"resourceVersion": resource_version})
        del self.objects[path]

    def _found(self, path: str) -> Object:
        found = self.read(path)
        if found is None:
            raise Conflict(f"{path}: not found")
        return found

    def _put(self, key: str, after: Object) -> Object:
        """A write that changes nothing leaves the version; one of the spec moves the generation."""
        after = self._defaulted(key, after)
        before = self.read(key) or {}
        if before and _content(before) == _content(after):
            return before
        self.version += 1
        generation = whole(before, "metadata", "generation") + _moves(key, before, after)
        metadata = {
            **mapping(after, "metadata"),
            "generation": generation,
            "resourceVersion": str(self.version),
        }
        written = {**after, "metadata": metadata}
        self.objects[key] = json.dumps(written)
        return written

    def _defaulted(self, key: str, obj: Object) -> Object:
        """Whatever is written of a Deployment, its template gets the defaults."""
        if not self.defaults or key.split("/")[-2] != "deployments":
            return obj
        return _merged(obj, {"spec": {"template": {"spec": self.defaults}}})


def _lists(path: str, key: str) -> bool:
    collection = key.rpartition("/")[0]
    if "/namespaces/" in path:
        return collection == path
    group, _, kind = path.rpartition("/")
    return collection.startswith(f"{group}/namespaces/") and collection.endswith(f"/{kind}")


def _selected(item: Object, selector: str) -> bool:
    if not selector:
        return True
    key, _, value = selector.partition("=")
    return pairs(item, "metadata", "labels").get(key) == value


def _has_status(key: str) -> bool:
    return key.split("/")[-2] in _WITH_STATUS


def _expect_same(key: str, found: Object, said: Object) -> None:
    for name in ("resourceVersion", "uid"):
        if said.get(name) and said[name] != mapping(found, "metadata")[name]:
            raise Conflict(f"{key}: the object has been modified ({name})")


def _content(item: Object) -> Json:
    metadata = mapping(item, "metadata")
    return {
        **item,
        "metadata": {
            k: v for k, v in metadata.items() if k not in ("resourceVersion", "generation")
        },
    }


def _moves(key: str, before: Object, after: Object) -> bool:
    """As on a real server: an annotation moves the generation of a Deployment, and only of that."""
    if not before or before.get("spec") != after.get("spec"):
        return True
    notes = [pairs(item, "metadata", "annotations") for item in (before, after)]
    return key.split("/")[-2] == "deployments" and notes[0] != notes[1]


def _merged(found: Json, change: Object) -> Object:
    into = dict(found) if isinstance(found, Mapping) else {}
    for key, value in change.items():
        if value is None:
            into.pop(key, None)
        else:
            into[key] = _merged(into.get(key), value) if isinstance(value, Mapping) else value
    return into
