"""How an object ends: at once, or announced and held back by a finalizer or a running pod."""

from dataclasses import dataclass

from infra.local.apiserver import errors
from infra.local.apiserver.collector import CONTAINERS, FOREGROUND, NAMESPACES
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.trees import Tree, timestamp

_PODS = ("", "pods")
_ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class Deletion:
    """How an object is to be deleted."""

    uid: str = ""
    resource_version: str = ""
    orphan: bool = False
    foreground: bool = False
    grace_seconds: int | None = None
    dry_run: bool = False


def check(resource: Resource, obj: Tree, how: Deletion) -> None:
    """Raises 409 when the object is not the one that was meant."""
    metadata = obj["metadata"]
    for word, wanted, found, end in (
        ("UID", how.uid, metadata["uid"], "deleted and then recreated"),
        ("ResourceVersion", how.resource_version, metadata["resourceVersion"], "modified"),
    ):
        if wanted and wanted != found:
            why = (
                f"the {word} in the precondition ({wanted}) does not match the {word} in record "
                f"({found}). The object might have been {end}"
            )
            raise errors.conflict(resource.group, resource.kind, metadata["name"], why)


def marked(resource: Resource, obj: Tree, how: Deletion) -> Tree | None:
    """The object with its end announced; None where nothing holds it back."""
    grace = _grace(resource, obj, how)
    metadata = obj["metadata"]
    if not grace and not metadata.get("finalizers") and resource.key not in CONTAINERS:
        return None
    if "deletionTimestamp" in metadata and metadata["deletionGracePeriodSeconds"] <= grace:
        return obj
    marks = {
        "deletionTimestamp": metadata.get("deletionTimestamp", timestamp(grace)),
        "deletionGracePeriodSeconds": grace,
    }
    if "generation" in metadata:
        marks["generation"] = metadata["generation"] + 1
    result = {**obj, "metadata": {**metadata, **marks}}
    if resource.key == NAMESPACES:
        result["status"] = {**obj["status"], "phase": "Terminating"}
    return result


def held(obj: Tree) -> Tree:
    """The object with its end announced, held back by its dependents."""
    metadata = obj["metadata"]
    marks = {
        "deletionTimestamp": metadata.get("deletionTimestamp", timestamp()),
        "deletionGracePeriodSeconds": 0,
        "finalizers": [*metadata.get("finalizers", ()), FOREGROUND],
    }
    if "generation" in metadata:
        marks["generation"] = metadata["generation"] + 1
    return {**obj, "metadata": {**metadata, **marks}}


def is_over(obj: Tree) -> bool:
    """Whether an object whose end was announced is held back by nothing any more."""
    metadata = obj["metadata"]
    return (
        "deletionTimestamp" in metadata
        and not metadata.get("finalizers")
        and not metadata.get("deletionGracePeriodSeconds")
    )


def _grace(resource: Resource, obj: Tree, how: Deletion) -> int:
    """How long a pod that runs on a node may take to end; 0 for everything else."""
    spec = obj.get("spec") or {}
    if resource.key != _PODS or not spec.get("nodeName"):
        return 0
    if (obj.get("status") or {}).get("phase") in _ENDED:
        return 0
    asked = how.grace_seconds
    return int(spec["terminationGracePeriodSeconds"]) if asked is None else asked
