"""ReplicaSets: as many pods as wanted, and a status that counts them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from infra.local.controllers import objects
from infra.local.kube import Kube, Tree


def sync(kube: Kube, namespace: str, name: str) -> float | None:
    """Makes or deletes pods and counts them; seconds until a pod becomes available by its age."""
    path = f"/apis/apps/v1/namespaces/{namespace}/replicasets/{name}"
    replica_set = kube.get(path)
    if replica_set is None or objects.is_going(replica_set):
        return None
    pods = _with_as_many_as_wanted(kube, replica_set)
    now = datetime.now(UTC)
    after = status(replica_set, pods, now)
    if after != replica_set.get("status"):
        kube.patch(f"{path}/status", {"status": _with_nulls(after)})
    return _next_look(replica_set, pods, now)


def surplus(pods: Sequence[Tree], wanted: int) -> Sequence[Tree]:
    """The pods to lose: those that serve nobody yet, then the youngest."""
    ranked = sorted(pods, key=lambda pod: pod["metadata"]["creationTimestamp"], reverse=True)
    ranked.sort(key=objects.is_ready)
    return ranked[: max(0, len(pods) - wanted)]


def status(replica_set: Tree, pods: Sequence[Tree], now: datetime) -> Tree:
    """The status for such pods; counts of 0 are left out, but for `replicas`."""
    labels = replica_set["spec"]["template"]["metadata"].get("labels", {}).items()
    ready = [pod for pod in pods if objects.is_ready(pod)]
    counts = {
        "fullyLabeledReplicas": sum(labels <= pod["metadata"]["labels"].items() for pod in pods),
        "readyReplicas": len(ready),
        "availableReplicas": sum(_wait(replica_set, pod, now) <= timedelta() for pod in ready),
        "observedGeneration": replica_set["metadata"]["generation"],
    }
    return {"replicas": len(pods), **{key: count for key, count in counts.items() if count}}


def _with_as_many_as_wanted(kube: Kube, replica_set: Tree) -> Sequence[Tree]:
    """The pods after some were made or deleted. They are read, not remembered: a pod that was
    made a moment ago counts, however late its news come.
    """
    collection = f"/api/v1/namespaces/{replica_set['metadata']['namespace']}/pods"
    found, _ = kube.list(collection, objects.selector_text(replica_set["spec"]["selector"]))
    pods = [pod for pod in found if _counts(pod, replica_set)]
    wanted = replica_set["spec"].get("replicas", 1)
    made = [kube.create(collection, _pod(replica_set)) for _ in range(len(pods), wanted)]
    lost = surplus(pods, wanted)
    for pod in lost:
        kube.delete(f"{collection}/{pod['metadata']['name']}")
    return [pod for pod in pods if pod not in lost] + made


def _counts(pod: Tree, replica_set: Tree) -> bool:
    ours = objects.is_controlled_by(pod, replica_set)
    return ours and not objects.is_going(pod) and not objects.has_finished(pod)


def _pod(replica_set: Tree) -> Tree:
    template = replica_set["spec"]["template"]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": f"{replica_set['metadata']['name']}-",
            "labels": template["metadata"].get("labels", {}),
            "annotations": template["metadata"].get("annotations", {}),
            "ownerReferences": [objects.owner_reference("apps/v1", "ReplicaSet", replica_set)],
        },
        "spec": template["spec"],
    }


def _wait(replica_set: Tree, pod: Tree, now: datetime) -> timedelta:
    """How long a ready pod has yet to stay so until it counts as available."""
    least = timedelta(seconds=replica_set["spec"].get("minReadySeconds", 0))
    ready = objects.condition(pod, "Ready")
    if not least or ready is None:
        return timedelta()
    return objects.instant(ready["lastTransitionTime"]) + least - now


def _next_look(replica_set: Tree, pods: Iterable[Tree], now: datetime) -> float | None:
    waits = [_wait(replica_set, pod, now) for pod in pods if objects.is_ready(pod)]
    return min((w.total_seconds() for w in waits if w > timedelta()), default=None)


def _with_nulls(after: Tree) -> Tree:
    """As a merge patch, which also takes away the counts that have become 0."""
    fields = ("fullyLabeledReplicas", "readyReplicas", "availableReplicas")
    return {**dict.fromkeys(fields), **after}
