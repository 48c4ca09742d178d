"""What a write goes through before it is stored: identity, generation, and what may not change."""

import re
import secrets
import uuid

from infra.local.apiserver import errors, preconditions
from infra.local.apiserver.errors import Cause
from infra.local.apiserver.resources import Counts, Resource
from infra.local.apiserver.trees import Tree, Value, timestamp

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"  # what generated names end in: no words, no look-alikes
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]|")
_FREE_NAMES = "rbac.authorization.k8s.io"  # a group whose names may hold colons and capitals
_KEPT = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")


def name_new(resource: Resource, namespace: str, obj: Tree) -> None:
    """Puts name and namespace of a new object in place."""
    metadata = obj.setdefault("metadata", {})
    if not isinstance(metadata, dict):
        raise errors.bad_request("metadata: wanted an object")
    preconditions.check_namespace(metadata, namespace)
    if metadata.get("resourceVersion"):
        raise errors.bad_request("resourceVersion should not be set on objects to be created")
    if resource.namespaced:
        metadata["namespace"] = namespace
    else:
        metadata.pop("namespace", None)
    if not metadata.get("name") and metadata.get("generateName"):
        suffix = "".join(secrets.choice(_SUFFIX) for _ in range(5))
        metadata["name"] = f"{metadata['generateName']}{suffix}"


def identify_new(resource: Resource, obj: Tree) -> None:
    """Gives a new object what only the server can give."""
    metadata = _tidied(obj)
    for field in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "generation"):
        metadata.pop(field, None)
    metadata["uid"] = str(uuid.uuid4())
    metadata["creationTimestamp"] = timestamp()
    if resource.counts is not Counts.NOTHING:
        metadata["generation"] = 1


def identify_changed(old: Tree, new: Tree) -> None:
    """Keeps what a write cannot change."""
    metadata, before = _tidied(new), old["metadata"]
    for field in (*_KEPT, "generation"):
        if field in before:
            metadata[field] = before[field]
        else:
            metadata.pop(field, None)
    metadata["resourceVersion"] = before["resourceVersion"]


def count(resource: Resource, old: Tree, new: Tree) -> None:
    """Moves the generation of an object that asks for something else than before."""
    if resource.counts is not Counts.NOTHING and _counted(resource, old) != _counted(resource, new):
        new["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1


def check_metadata(resource: Resource, obj: Tree, old: Tree | None) -> list[Cause]:
    """What is wrong with names, labels and owners."""
    metadata = obj["metadata"]
    causes = []
    name = metadata.get("name")
    if not name:
        causes.append(errors.required("metadata.name", "name or generateName is required"))
    elif not _is_name(resource, name):
        causes.append(errors.invalid_value("metadata.name", f'"{name}"', _NAME_RULE))
    for key, value in (metadata.get("labels") or {}).items():
        if not isinstance(value, str) or len(value) > 63 or not _LABEL.fullmatch(value):
            causes.append(errors.invalid_value("metadata.labels", f'"{value}"', f"{key}: {_RULE}"))
    for index, owner in enumerate(metadata.get("ownerReferences") or ()):
        causes += [
            errors.invalid_value(f"metadata.ownerReferences[{index}].{field}", '""', _NOT_EMPTY)
            for field in ("apiVersion", "kind", "name", "uid")
            if not owner.get(field)
        ]
    return causes + _check_finalizers(metadata, old)


def _tidied(obj: Tree) -> Tree:
    """The metadata of an object without what is null or empty, as every server returns it."""
    metadata: Tree = {
        field: value for field, value in obj["metadata"].items() if value not in (None, "", [], {})
    }
    obj["metadata"] = metadata
    return metadata


_NOT_EMPTY = "must not be empty"
_RULE = (
    "a valid label must be an empty string or consist of at most 63 alphanumeric characters, "
    "'-', '_' or '.'"
)
_NAME_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character"
)


def _check_finalizers(metadata: Tree, old: Tree | None) -> list[Cause]:
    """What is dying can lose what holds it back, but get no more of it."""
    if old is None or "deletionTimestamp" not in old["metadata"]:
        return []
    before = old["metadata"].get("finalizers") or ()
    if set(metadata.get("finalizers") or ()) <= set(before):
        return []
    why = "no new finalizers can be added if the object is being deleted"
    return [errors.forbidden_field("metadata.finalizers", why)]


def _is_name(resource: Resource, name: Value) -> bool:
    if not isinstance(name, str) or len(name) > 253:
        return False
    if resource.group == _FREE_NAMES:
        return "/" not in name and "%" not in name
    return _SUBDOMAIN.fullmatch(name) is not None


def _counted(resource: Resource, obj: Tree) -> Value:
    """The part of an object whose changes move its generation."""
    match resource.counts:
        case Counts.SPEC:
            return obj.get("spec")
        case Counts.SPEC_AND_ANNOTATIONS:
            return obj.get("spec"), obj["metadata"].get("annotations")
        case _:
            left_out = ("metadata", "status") if resource.has_status else ("metadata",)
            return {key: value for key, value in obj.items() if key not in left_out}
