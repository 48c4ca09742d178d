"""The status of a Deployment as the API carries it: read into values, written as a patch."""

from collections.abc import Sequence

from infra.local.controllers import objects
from infra.local.controllers.progress import Condition, Totals
from infra.local.kube import Tree

_FIELDS = {
    "replicas": "replicas",
    "updated": "updatedReplicas",
    "ready": "readyReplicas",
    "available": "availableReplicas",
    "unavailable": "unavailableReplicas",
}


def totals(deployment: Tree) -> Totals:
    """The counts that the status holds."""
    status = deployment.get("status") or {}
    return Totals(**{name: status.get(field, 0) for name, field in _FIELDS.items()})


def condition(deployment: Tree, kind: str) -> Condition | None:
    """The condition of a type that the status holds."""
    found = objects.condition(deployment, kind)
    if found is None:
        return None
    return Condition(
        type=kind,
        status=found["status"],
        reason=found["reason"],
        message=found["message"],
        updated=objects.instant(found["lastUpdateTime"]),
        changed=objects.instant(found["lastTransitionTime"]),
    )


def change(deployment: Tree, after: Totals, conditions: Sequence[Condition]) -> Tree:
    """The merge patch that brings the status there; empty where it is there already.

    A count of 0 is left out, as the real controller leaves it out.
    """
    numbers = {field: getattr(after, name) for name, field in _FIELDS.items()}
    numbers["observedGeneration"] = deployment["metadata"]["generation"]
    told = [_told(one) for one in conditions]
    before = deployment.get("status") or {}
    if told == before.get("conditions") and all(before.get(k, 0) == numbers[k] for k in numbers):
        return {}
    return {"status": {**{k: n or None for k, n in numbers.items()}, "conditions": told}}


def _told(one: Condition) -> Tree:
    return {
        "type": one.type,
        "status": one.status,
        "lastUpdateTime": objects.stamp(one.updated),
        "lastTransitionTime": objects.stamp(one.changed),
        "reason": one.reason,
        "message": one.message,
    }
