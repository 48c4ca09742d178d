"""Acts that end a run: promoted, or taken back."""

from dataclasses import replace

from shared.domain.change import (
    Change,
    at_next_beat,
    awaiting,
    spaced,
    told,
    unawaited,
    weighed,
)
from shared.domain.machine import Signal
from shared.domain.notes import Kind
from shared.domain.plan import weight_after_promotion
from shared.domain.status import Status

_ALL = 100


def with_reason(status: Status, change: Change) -> Status:
    """The note that says why a run ends: each end is told."""
    facts = change.situation.facts
    match change.signal:
        case Signal.EXHAUSTED:
            checks = change.status.failed_checks + 1
            status = told(status, change, Kind.HALTED, facts.verdict)
            image = facts.target_image
            return told(status, change, Kind.EXHAUSTED, str(checks), image, facts.verdict)
        case Signal.WITHDRAWN:
            return told(status, change, Kind.WITHDRAWN, facts.wish)
        case Signal.REFUSED:
            return told(status, change, Kind.WITHDRAWN, facts.refusal)
        case _ if change.situation.seen.overdrawn:
            return told(status, change, Kind.UNSETTLED, change.status.unsettled_reason)
        case _:
            return told(status, change, Kind.EXPIRED, facts.waiting_for)


def _ended(change: Change) -> Status:
    return replace(unawaited(change.status), failed_checks=0, inconclusive=0, held=None)


def roll_back(change: Change) -> Status:
    """The weight goes at once; without a ready pod of the primary it stays until there is one."""
    status = with_reason(_ended(change), change)
    if change.situation.seen.primary.alive or change.status.weight == 0:
        status = weighed(status, change, 0)
    status = replace(status, next_tick=change.now)
    return _failed(status, change)


def _failed(status: Status, change: Change) -> Status:
    """Told with the image that the app goes back to."""
    return told(status, change, Kind.FAILED, change.situation.facts.promoted_image)


def restore(change: Change) -> Status:
    """The primary goes back first; the canary keeps its weight until that is ready, if it can."""
    status = replace(_ended(change), restoring=True, primary_revision="")
    seen = change.situation.seen
    if change.status.weight > 0 and seen.primary.alive and not seen.canary.alive:
        status = weighed(status, change, 0)
    status = _promotion_failed(status, change)
    return _failed(awaiting(status, change), change)


def _promotion_failed(status: Status, change: Change) -> Status:
    if change.signal is Signal.EXPIRED and not change.situation.seen.overdrawn:
        reason = change.situation.facts.waiting_for
        return told(status, change, Kind.PROMOTION_FAILED, f"primary not ready: {reason}")
    return with_reason(status, change)


def strand(change: Change) -> Status:
    status = replace(change.status, stranded=True, next_tick=None)
    if change.situation.seen.overdrawn:
        return told(status, change, Kind.UNSETTLED, change.status.unsettled_reason)
    return told(status, change, Kind.STRANDED, change.situation.facts.waiting_for)


def resting(status: Status, change: Change) -> Status:
    """At rest nothing is to come, but the run of a revision that came in the meantime (I6)."""
    gone = change.situation.seen.canary.gone
    same = change.situation.facts.target_revision == status.revision
    return replace(status, next_tick=None if same or gone else change.now)


def take(change: Change) -> Status:
    status = replace(change.status, restoring=False, stranded=False)
    if change.status.weight > 0 or not change.status.routed:
        status = told(weighed(status, change, 0), change, Kind.ROUTING)
    return at_next_beat(status, change)


def rest(change: Change) -> Status:
    return replace(change.status, next_tick=None)


def step_back(change: Change) -> Status:
    weight = weight_after_promotion(change.situation.spec.analysis, change.status.weight)
    status = spaced(weighed(change.status, change, weight), change)
    return told(status, change, Kind.PRIMARY_ADVANCED, str(_ALL - weight))


def finalise(change: Change) -> Status:
    status = at_next_beat(weighed(change.status, change, 0), change)
    if change.situation.spec.skip_analysis or change.status.weight == 0:
        return status
    if change.situation.spec.analysis.step_weight_promotion > 0:
        return told(status, change, Kind.PRIMARY_ADVANCED, str(_ALL))
    return told(status, change, Kind.ROUTING)


def succeed(change: Change) -> Status:
    before = change.status
    status = replace(
        unawaited(before),
        promoted=before.revision,
        previous=before.promoted if before.promoted != before.revision else before.previous,
        failed_checks=0,
        inconclusive=0,
    )
    status = resting(status, change)
    skipped = change.situation.spec.skip_analysis
    kind = Kind.SKIPPED if skipped else Kind.PROMOTED
    return told(status, change, kind, change.situation.facts.primary_image)
