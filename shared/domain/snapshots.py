"""Snapshots: the pod template of a revision, kept in a ControllerRevision that cannot change."""

import hashlib
from collections.abc import Collection

from shared.domain.errors import Refused
from shared.domain.fields import Object, mapping, text
from shared.domain.ownership import Owner, reference
from shared.domain.revision import digits

CANARY_LABEL = "spillway.dev/canary"
_REVISION = "spillway.dev/revision"
_DIGITS = 10  # of the revision, in the name
_LONGEST_NAME = 253
_LONGEST_LABEL = 63


def snapshot(owner: Owner, revision: str, template: Object, number: int) -> Object:
    """A snapshot, owned by the Canary. The number is one that Kubernetes wants: it means nothing.

    It is named by Canary and revision, so that making it twice is a 409.
    """
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": snapshot_name(owner.name, revision),
            "namespace": owner.namespace,
            "labels": {CANARY_LABEL: label_of(owner.name)},
            "annotations": {_REVISION: revision},
            "ownerReferences": [reference(owner)],
        },
        "data": {"template": template},
        "revision": number,
    }


def snapshot_name(canary: str, revision: str) -> str:
    """The Canary's name and the first digits of the revision."""
    return f"{_short(canary, _LONGEST_NAME - _DIGITS - 1)}-{_tail(revision)}"


def label_of(canary: str) -> str:
    """The value of CANARY_LABEL by which the snapshots of a Canary are found."""
    return _short(canary, _LONGEST_LABEL)


def template_of(obj: Object) -> Object:
    """The pod template in a snapshot."""
    template = mapping(obj, "data", "template")
    if not template:
        raise Refused(f"snapshot {text(obj, 'metadata', 'name')}: data.template is missing")
    return template


def revision_in(obj: Object) -> str:
    """The whole revision of a snapshot; empty where it has none."""
    return text(obj, "metadata", "annotations", _REVISION)


def superfluous(names: Collection[str], keep: Collection[str]) -> tuple[str, ...]:
    """Which of a Canary's snapshots, by name, are of none of the revisions to keep."""
    kept = {_tail(revision) for revision in keep}
    return tuple(name for name in names if name.rpartition("-")[2] not in kept)


def _tail(revision: str) -> str:
    return digits(revision)[:_DIGITS]


def _short(name: str, longest: int) -> str:
    """A name as it is, or cut and told apart by a hash. Its end stays a letter or a digit."""
    if len(name) <= longest:
        return name
    told_apart = hashlib.sha256(name.encode()).hexdigest()[:_DIGITS]
    return f"{name[: longest - _DIGITS - 1].rstrip('-.')}-{told_apart}"
