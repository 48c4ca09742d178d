"""What a write goes through before it is stored: identity, generation, and what may not change."""

import secrets
import uuid

from infra.local.apiserver import errors, preconditions
from infra.local.apiserver.resources import Counts, Resource
from infra.local.apiserver.trees import Tree, Value, timestamp

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"  # what generated names end in: no words, no look-alikes
_KEPT = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")


def name_new(resource: Resource, namespace: str, obj: Tree) -> None:
    """Puts name and namespace of a new object in place."""
    metadata = obj.setdefault("metadata", {})
    if not isinstance(metadata, dict):
        raise errors.bad_request("metadata: wanted an object")
    preconditions.check_namespace(metadata, namespace)
    if metadata.get("resourceVersion"):
        why = "resourceVersion should not be set on objects to be created"
        raise errors.ApiError(500, "", why)
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
    for field in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"):
        metadata.pop(field, None)
    metadata["uid"] = str(uuid.uuid4())
    metadata["creationTimestamp"] = timestamp()
    if resource.counts is not Counts.NOTHING:
        metadata["generation"] = 1


def identify_changed(old: Tree, new: Tree) -> None:
    """Keeps what a write cannot change."""
    metadata, before = _tidied(new), old["metadata"]
    metadata.pop("selfLink", None)
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


def _tidied(obj: Tree) -> Tree:
    """The metadata of an object without what is null or empty, as every server returns it."""
    metadata: Tree = {
        field: value for field, value in obj["metadata"].items() if value not in (None, "", [], {})
    }
    obj["metadata"] = metadata
    return metadata


def _counted(resource: Resource, obj: Tree) -> Value:
    """The part of an object whose changes move its generation."""
    match resource.counts:
        case Counts.SPEC:
            return obj.get("spec")
        case Counts.SPEC_AND_ANNOTATIONS:
            return obj.get("spec"), obj["metadata"].get("annotations")
        case _:
            left_out = ("metadata", "status") if resource.has_status else ("metadata",)
            counted = {key: value for key, value in obj.items() if key not in left_out}
            with_labels = resource.counts is Counts.LABELS_TOO
            return counted, obj["metadata"].get("labels") if with_labels else None
