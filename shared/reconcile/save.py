"""Save: the status is written before anything else is, and only on the version that was read."""

from shared.adapters import paths
from shared.domain.errors import Unavailable
from shared.domain.fields import Object, mapping, text
from shared.domain.status import Status
from shared.domain.status_object import status_object
from shared.domain.subject import Subject
from shared.reconcile.scope import Scope


def save(scope: Scope, subject: Subject, version: str, status: Status) -> str:
    """Writes the status on the version that was read; a race that is lost ends the pass.

    The reply must show our block: a CRD that is not ours prunes it, and all memory with it.
    """
    owner = subject.owner
    path = f"{paths.canaries(owner.namespace)}/{owner.name}/status"
    body: Object = {
        "apiVersion": "flagger.app/v1beta1",
        "kind": "Canary",
        "metadata": {
            "name": owner.name,
            "namespace": owner.namespace,
            "uid": owner.uid,
            "resourceVersion": version,
        },
        "spec": {},
        "status": status_object(status),
    }
    reply = scope.cluster.replace(path, body)
    if not mapping(reply, "status", "spillway"):
        raise Unavailable(f"{path}: the Canary CRD on the server is not Spillway's")
    return text(reply, "metadata", "resourceVersion")
