"""Deployments: each revision of the template is a ReplicaSet; a rollout moves pods between them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from infra.local.controllers import objects, progress, rollout, status
from infra.local.controllers.progress import Condition
from infra.local.controllers.rollout import Counts, Limits, Sizes
from infra.local.kube import Kube, Tree

HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a Deployment asks for, with the API server's defaults."""

    replicas: int
    limits: Limits
    recreate: bool
    paused: bool
    deadline: timedelta
    history: int
    hash: str


@dataclass(frozen=True, slots=True)
class Rollout:
    """A Deployment and its ReplicaSets: the one of its template, and those of earlier ones."""

    deployment: Tree
    wanted: Wanted
    new: Tree | None
    olds: tuple[Tree, ...]


def wanted(spec: Tree) -> Wanted:
    """What the spec of a Deployment asks for."""
    replicas, strategy = spec.get("replicas", 1), spec.get("strategy") or {}
    return Wanted(
        replicas=replicas,
        limits=rollout.limits(strategy, replicas),
        recreate=strategy.get("type") == "Recreate",
        paused=bool(spec.get("paused")),
        deadline=timedelta(seconds=spec.get("progressDeadlineSeconds", 600)),
        history=spec.get("revisionHistoryLimit", 10),
        hash=objects.hashed(spec["template"]),
    )


def sync(kube: Kube, namespace: str, name: str) -> float | None:
    """Moves a rollout one step on and tells its status; seconds until its deadline, if one runs."""
    path = f"{_collection(namespace, 'deployments')}/{name}"
    deployment = kube.get(path)
    if deployment is None or objects.is_going(deployment):
        return None
    now = datetime.now(UTC)
    seen = _look(kube, deployment)
    current = status.condition(deployment, "Progressing")
    if seen.new is None and not seen.wanted.paused:
        seen = _with_new(kube, seen)
        current = progress.created(_name(seen.new), current, now)
    seen = _numbered(kube, seen)
    sizes = _sizes(kube, seen)
    for changed, size in sizes.items():
        path_of_set = f"{_collection(namespace, 'replicasets')}/{changed}"
        kube.patch(path_of_set, {"spec": {"replicas": size}})
    moved = _tell(kube, path, seen, sizes, current, now)
    if moved and moved.reason == progress.COMPLETE:
        _forget(kube, seen)
    left = progress.time_left(moved, seen.wanted.deadline, now)
    return None if left is None or seen.wanted.paused else max(1.0, left.total_seconds() + 1)


def _look(kube: Kube, deployment: Tree) -> Rollout:
    ask = wanted(deployment["spec"])
    namespace = deployment["metadata"]["namespace"]
    selector = objects.selector_text(deployment["spec"]["selector"])
    found, _ = kube.list(_collection(namespace, "replicasets"), selector)
    sets = [s for s in found if objects.is_controlled_by(s, deployment)]
    new = next((s for s in sets if s["metadata"]["labels"].get(HASH) == ask.hash), None)
    return Rollout(deployment, ask, new, tuple(s for s in sets if s is not new))


def _with_new(kube: Kube, seen: Rollout) -> Rollout:
    """Makes the ReplicaSet of a new template, still without pods."""
    metadata, spec = seen.deployment["metadata"], seen.deployment["spec"]
    extra = {HASH: seen.wanted.hash}
    template = spec["template"]
    labels = {**template["metadata"].get("labels", {}), **extra}
    selector = spec["selector"]
    made = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{metadata['name']}-{seen.wanted.hash}",
            "namespace": metadata["namespace"],
            "labels": labels,
            "annotations": {REVISION: str(_latest(seen))},
            "ownerReferences": [objects.owner_reference("apps/v1", "Deployment", seen.deployment)],
        },
        "spec": {
            "replicas": 0,
            "minReadySeconds": spec.get("minReadySeconds", 0),
            "selector": {**selector, "matchLabels": {**selector.get("matchLabels", {}), **extra}},
            "template": {**template, "metadata": {**template["metadata"], "labels": labels}},
        },
    }
    return replace(seen, new=kube.create(_collection(metadata["namespace"], "replicasets"), made))


def _numbered(kube: Kube, seen: Rollout) -> Rollout:
    """Numbers the ReplicaSet of an earlier template that is wanted again as the latest."""
    if seen.new is None or _revision(seen.new) >= _latest(seen):
        return seen
    body = {"metadata": {"annotations": {REVISION: str(_latest(seen))}}}
    return replace(seen, new=kube.patch(_path(seen.new), body))


def _sizes(kube: Kube, seen: Rollout) -> Sizes:
    """The sizes that the strategy asks for next."""
    ask, olds = seen.wanted, [counts(old) for old in seen.olds]
    if seen.new is None or ask.paused:
        return rollout.paused_sizes(ask.replicas, olds + [counts(s) for s in [seen.new] if s])
    new = counts(seen.new)
    if ask.recreate:
        return rollout.recreate_sizes(ask.replicas, new, olds, _pods_left(kube, seen))
    return rollout.rolling_sizes(ask.replicas, ask.limits, new, olds)


def _pods_left(kube: Kube, seen: Rollout) -> int:
    """How many pods of earlier revisions still run, those that are going included."""
    namespace = seen.deployment["metadata"]["namespace"]
    selector = objects.selector_text(seen.deployment["spec"]["selector"])
    found, _ = kube.list(f"/api/v1/namespaces/{namespace}/pods", f"{selector},{HASH}")
    return sum(
        pod["metadata"]["labels"][HASH] != seen.wanted.hash and not objects.has_finished(pod)
        for pod in found
    )


def _tell(
    kube: Kube,
    path: str,
    seen: Rollout,
    sizes: Sizes,
    current: Condition | None,
    now: datetime,
) -> Condition | None:
    """Writes the status if it says something new; returns the Progressing condition."""
    ask = seen.wanted
    new = _resized(seen.new, sizes) if seen.new else None
    after = progress.totals(new, [_resized(old, sizes) for old in seen.olds])
    subject = f'ReplicaSet "{new.name}"' if new else f'Deployment "{_name(seen.deployment)}"'
    counts_then_and_now = (status.totals(seen.deployment), after)
    moved = current  # of a paused Deployment no progress is expected
    if not ask.paused:
        moved = progress.progress(
            ask.replicas,
            counts_then_and_now,
            current,
            subject=subject,
            deadline=ask.deadline,
            now=now,
        )
    least = ask.replicas - ask.limits.unavailable
    available = progress.availability(
        least, after.available, status.condition(seen.deployment, "Available"), now
    )
    body = status.change(seen.deployment, after, [available, *([moved] if moved else [])])
    if seen.new is not None:
        body |= _annotations(seen.deployment, str(_revision(seen.new)))
    if body:
        kube.patch(f"{path}/status", body)
    return moved


def _annotations(deployment: Tree, revision: str) -> Tree:
    """The change of the revision annotation. It goes with the status, since that write alone may
    touch annotations without moving the generation.
    """
    if deployment["metadata"].get("annotations", {}).get(REVISION) == revision:
        return {}
    return {"metadata": {"annotations": {REVISION: revision}}}


def _forget(kube: Kube, seen: Rollout) -> None:
    """Deletes the oldest revisions beyond the history limit."""
    empty = [old for old in seen.olds if counts(old).wanted == counts(old).replicas == 0]
    empty.sort(key=_revision)
    for old in empty[: max(0, len(empty) - seen.wanted.history)]:
        kube.delete(_path(old))


def counts(replica_set: Tree) -> Counts:
    """A ReplicaSet in numbers."""
    found = replica_set.get("status") or {}
    return Counts(
        name=_name(replica_set),
        created=replica_set["metadata"]["creationTimestamp"],
        wanted=replica_set["spec"].get("replicas", 1),
        replicas=found.get("replicas", 0),
        ready=found.get("readyReplicas", 0),
        available=found.get("availableReplicas", 0),
    )


def _resized(replica_set: Tree, sizes: Sizes) -> Counts:
    before = counts(replica_set)
    return replace(before, wanted=sizes.get(before.name, before.wanted))


def _latest(seen: Rollout) -> int:
    return max((_revision(old) for old in seen.olds), default=0) + 1


def _revision(replica_set: Tree) -> int:
    return int(replica_set["metadata"].get("annotations", {}).get(REVISION, "0"))


def _name(obj: Tree | None) -> str:
    return "" if obj is None else str(obj["metadata"]["name"])


def _path(replica_set: Tree) -> str:
    namespace = replica_set["metadata"]["namespace"]
    return f"{_collection(namespace, 'replicasets')}/{_name(replica_set)}"


def _collection(namespace: str, plural: str) -> str:
    return f"/apis/apps/v1/namespaces/{namespace}/{plural}"
