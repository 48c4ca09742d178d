"""From one canary to many: its objects are copied, under other names, straight into the store.

A thousand canaries are then where the first one is, without a thousand rollouts.
"""

import json
import uuid
from collections.abc import Iterator
from enum import StrEnum

from infra.local.apiserver.resources import Kind
from infra.local.apiserver.trees import Tree
from infra.local.bench.trial import NAME, NAMESPACE, Trial, deployment
from shared.domain.revision import digits, revision_of
from shared.domain.snapshots import revision_in, template_of

_EVENTS: Kind = ("", "events")
_SNAPSHOTS: Kind = ("apps", "controllerrevisions")
_NAMESPACES: Kind = ("", "namespaces")
_TAIL = 10  # digits of a revision in the name of a snapshot
_MANAGERS = 2  # who wrote fields of an object on a cluster: a pipeline, and a controller
_FIELDS = 40  # of a Deployment, that each of them owns


class Spread(StrEnum):
    """Where the canaries are."""

    ONE = "in one namespace"
    MANY = "in a namespace each"


def grow(trial: Trial, size: int, spread: Spread) -> None:
    """Makes it as many canaries as that, all in the first one's state."""
    store = trial.server.verbs.store
    originals = list(_owned(trial))
    for number in range(1, size):
        name = f"{NAME[:-4]}{number:04}"
        namespace = NAMESPACE if spread is Spread.ONE else f"{NAMESPACE[:-4]}{number:04}"
        if spread is Spread.MANY:
            store.put(_NAMESPACES, {"metadata": {"name": namespace, "uid": _uid()}})
        for kind, obj in _renamed(originals, namespace, name):
            store.put(kind, obj)
        trial.outside.namespaces[name] = namespace


def crowd(trial: Trial, size: int) -> None:
    """Adds Deployments that are nobody's target, with all the metadata that a cluster's have."""
    obj = deployment("crowd", "other")
    applied = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(obj)}
    field_set: Tree = {f"f:field-{number}": {} for number in range(_FIELDS)}
    managed = {"apiVersion": "apps/v1", "operation": "Update", "fieldsV1": {"f:spec": field_set}}
    for number in range(size):
        metadata = {
            "name": f"other-{number:05}",
            "namespace": "crowd",
            "uid": _uid(),
            "generation": 1,
            "labels": {"app": f"other-{number:05}"},
            "annotations": applied,
            "managedFields": [managed] * _MANAGERS,
        }
        trial.server.verbs.store.put(("apps", "deployments"), {**obj, "metadata": metadata})


def _owned(trial: Trial) -> Iterator[tuple[Kind, Tree]]:
    store, kinds = trial.server.verbs.store, trial.server.verbs.catalogue.all()
    for kind in sorted({resource.key for resource in kinds} - {_EVENTS}):
        for obj in store.each(kind, NAMESPACE):
            yield kind, obj


def _renamed(
    originals: list[tuple[Kind, Tree]], namespace: str, name: str
) -> Iterator[tuple[Kind, Tree]]:
    """The same objects of another canary: names, uids and revisions are its own."""
    said = json.dumps(originals).replace(NAMESPACE, namespace).replace(NAME, name)
    for _, obj in originals:
        said = said.replace(obj["metadata"]["uid"], _uid())
    for kind, obj in json.loads(said):
        if tuple(kind) == _SNAPSHOTS:
            old, new = digits(revision_in(obj)), digits(revision_of(template_of(obj)))
            said = said.replace(old, new).replace(old[:_TAIL], new[:_TAIL])
    for (group, plural), obj in json.loads(said):
        yield (group, plural), obj


def _uid() -> str:
    return str(uuid.uuid4())
