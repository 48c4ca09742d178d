"""Whether a workload can take traffic; the reasons are Flagger's words (specs §2.13)."""

from dataclasses import dataclass
from enum import StrEnum

from shared.domain.workload import Workload


class ReadyState(StrEnum):
    """What a workload can serve."""

    READY = "ready"
    UNREADY = "below its threshold or still rolling, with a ready pod"
    EMPTY = "without a ready pod"
    STUCK = "past its own progress deadline"


@dataclass(frozen=True, slots=True)
class Readiness:
    """The state, and what is waited for; the reason is empty only where it is ready."""

    state: ReadyState
    reason: str = ""


def readiness(workload: Workload, threshold_percent: int) -> Readiness:
    """The threshold is in percent of the updated pods, and never comes to less than one pod.

    A workload that is asked for no replicas is empty: Flagger sends traffic there.
    """
    if workload.deadline_exceeded:
        reason = f'deployment "{workload.name}" exceeded its progress deadline'
        return Readiness(ReadyState.STUCK, reason)
    if workload.replicas == 0:
        return Readiness(ReadyState.EMPTY, f'deployment "{workload.name}" is scaled to zero')
    awaited = _awaited(workload, threshold_percent)
    if not awaited:
        return Readiness(ReadyState.READY)
    state = ReadyState.UNREADY if workload.ready > 0 else ReadyState.EMPTY
    return Readiness(state, f"waiting for rollout to finish: {awaited}")


def _awaited(workload: Workload, threshold: int) -> str:
    if not workload.is_observed:
        return "observed deployment generation less than desired generation"
    if workload.updated < workload.replicas:
        return f"{workload.updated} out of {workload.replicas} new replicas have been updated"
    if workload.current > workload.updated:
        return f"{workload.current - workload.updated} old replicas are pending termination"
    needed = max(1, workload.updated * threshold // 100)
    available = min(workload.available, workload.ready)  # a status may be half written
    if available < needed:
        share = f"{available} of {needed} (readyThreshold {threshold}%)"
        return f"{share} updated replicas are available"
    return ""
