"""What Kubernetes objects have in common: owners, selectors, times, names made from a hash."""

import hashlib
import json
from datetime import UTC, datetime

from infra.local.kube import Tree

_SAFE = "bcdfghjklmnpqrstvwxz2456789"  # no vowels and look-alikes, as Kubernetes names its pods


def owner_reference(api_version: str, kind: str, owner: Tree) -> Tree:
    """The reference by which the owner controls what it makes. Its type has to be told: the
    objects of a list come without.
    """
    return {
        "apiVersion": api_version,
        "kind": kind,
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def controller_of(obj: Tree) -> Tree | None:
    """The owner reference of the controlling owner."""
    owners = obj["metadata"].get("ownerReferences", ())
    return next((owner for owner in owners if owner.get("controller")), None)


def is_controlled_by(obj: Tree, owner: Tree) -> bool:
    """Whether the owner made the object, not only one of its name."""
    reference = controller_of(obj)
    return reference is not None and reference["uid"] == owner["metadata"]["uid"]


def is_going(obj: Tree) -> bool:
    """Whether the object has been deleted and is only waiting for somebody to let it go."""
    return obj["metadata"].get("deletionTimestamp") is not None


def has_finished(pod: Tree) -> bool:
    """Whether a pod has run to its end."""
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def is_ready(pod: Tree) -> bool:
    """Whether a pod says that it can serve."""
    found = condition(pod, "Ready")
    return found is not None and found["status"] == "True"


def selector_text(selector: Tree) -> str:
    """A label selector as the labelSelector parameter writes it."""
    equals = [f"{key}={value}" for key, value in selector.get("matchLabels", {}).items()]
    return ",".join(equals + [_expression(e) for e in selector.get("matchExpressions", ())])


def hashed(value: object, length: int = 10) -> str:
    """A short name part that is the same for the same JSON value."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).digest()
    return "".join(_SAFE[byte % len(_SAFE)] for byte in digest[:length])


def instant(text: str) -> datetime:
    """The time that a timestamp of the API names."""
    return datetime.fromisoformat(text)


def stamp(time: datetime) -> str:
    """A time as the API writes it: UTC, whole seconds."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def condition(obj: Tree, kind: str) -> Tree | None:
    """The condition of a type in an object's status."""
    found = (obj.get("status") or {}).get("conditions") or ()
    return next((one for one in found if one["type"] == kind), None)


def _expression(expression: Tree) -> str:
    key, values = expression["key"], ",".join(expression.get("values", ()))
    match expression["operator"]:
        case "In":
            return f"{key} in ({values})"
        case "NotIn":
            return f"{key} notin ({values})"
        case "Exists":
            return str(key)
        case _:
            return f"!{key}"
