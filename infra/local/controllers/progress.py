"""What a Deployment's status says: its counts, whether it is available, whether it progresses.

The rules, reasons and texts are those of Kubernetes (pkg/controller/deployment/progress.go and
sync.go), so that whoever reads a status cannot tell the lab from a cluster.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from infra.local.controllers.rollout import Counts

COMPLETE = "NewReplicaSetAvailable"
TIMED_OUT = "ProgressDeadlineExceeded"


@dataclass(frozen=True, slots=True)
class Totals:
    """The counts of a Deployment's status."""

    replicas: int = 0
    updated: int = 0
    ready: int = 0
    available: int = 0
    unavailable: int = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition; `updated` moves with every progress, `changed` only with the status."""

    type: str
    status: str
    reason: str
    message: str
    updated: datetime
    changed: datetime


def totals(new: Counts | None, olds: Sequence[Counts]) -> Totals:
    """The counts over the new ReplicaSet and the old ones."""
    sets = [*olds, *([new] if new else [])]
    available = sum(s.available for s in sets)
    return Totals(
        replicas=sum(s.replicas for s in sets),
        updated=new.replicas if new else 0,
        ready=sum(s.ready for s in sets),
        available=available,
        unavailable=max(0, sum(s.wanted for s in sets) - available),
    )


def availability(least: int, available: int, current: Condition | None, now: datetime) -> Condition:
    """Whether as many pods are available as there must be at the least."""
    if available >= least:
        told = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    else:
        told = (
            "False",
            "MinimumReplicasUnavailable",
            "Deployment does not have minimum availability.",
        )
    return _kept(Condition("Available", *told, updated=now, changed=now), current)


def created(replica_set: str, current: Condition | None, now: datetime) -> Condition:
    """The progress that a new ReplicaSet is."""
    text = f'Created new replica set "{replica_set}"'
    made = Condition("Progressing", "True", "NewReplicaSetCreated", text, updated=now, changed=now)
    return _kept(made, current)


def progress(
    desired: int,
    counts: tuple[Totals, Totals],
    current: Condition | None,
    *,
    subject: str,
    deadline: timedelta,
    now: datetime,
) -> Condition | None:
    """The Progressing condition after the counts went from the first to the second."""
    before, after = counts
    if current and current.reason == COMPLETE and after.replicas == after.updated:
        return current  # only scaled, or a pod was lost: no deadline runs for a finished revision
    if after.replicas == after.updated == after.available == desired:
        text = f"{subject} has successfully progressed."
        return _kept(Condition("Progressing", "True", COMPLETE, text, now, now), current)
    if _has_moved(before, after):
        text = f"{subject} is progressing."
        moved = Condition("Progressing", "True", "ReplicaSetUpdated", text, now, now)
        same = current is not None and current.status == "True"
        return replace(moved, changed=current.changed) if same and current else moved
    if current and _is_over(current, deadline, now):
        text = f"{subject} has timed out progressing."
        return _kept(Condition("Progressing", "False", TIMED_OUT, text, now, now), current)
    return current


def time_left(current: Condition | None, deadline: timedelta, now: datetime) -> timedelta | None:
    """The time until a rollout without any progress times out; None where no clock runs."""
    if current is None or current.reason in (COMPLETE, TIMED_OUT):
        return None
    return current.updated + deadline - now


def _has_moved(before: Totals, after: Totals) -> bool:
    return (
        after.updated > before.updated
        or after.replicas - after.updated < before.replicas - before.updated
        or after.ready > before.ready
        or after.available > before.available
    )


def _is_over(current: Condition, deadline: timedelta, now: datetime) -> bool:
    left = time_left(current, deadline, now)
    return current.reason == TIMED_OUT or (left is not None and left < timedelta())


def _kept(new: Condition, current: Condition | None) -> Condition:
    """The current condition where it says the same; else the new one, `changed` only if it did."""
    if current is None:
        return new
    if (current.status, current.reason) == (new.status, new.reason):
        return current
    return replace(new, changed=current.changed) if current.status == new.status else new
