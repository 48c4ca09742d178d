"""What each act does to the status. Pure, and without a guard: `classify` has decided already."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain import conditions
from shared.domain.machine import Act, Phase, Signal
from shared.domain.notes import Kind
from shared.domain.observation import Pods, Situation
from shared.domain.plan import next_step, weight_after_promotion
from shared.domain.status import Made, Note, Status

_ALL = 100


@dataclass(frozen=True, slots=True)
class Change:
    """One act at work: the situation, the signal that called for it, the number it is saved as."""

    situation: Situation
    signal: Signal
    decision: int

    @property
    def status(self) -> Status:
        return self.situation.status

    @property
    def now(self) -> datetime:
        return self.situation.now


def act_on(situation: Situation, signal: Signal, act: Act, phase: Phase) -> Status:
    """The status after the act, in its phase, before it is stamped as a decision."""
    change = Change(situation, signal, situation.status.decision + 1)
    done = _ACTS[act](change)
    return conditions.in_phase(done, phase, situation.spec.target.kind, situation.now)


def _told(status: Status, change: Change, kind: Kind, *arguments: str) -> Status:
    note = Note(change.decision, change.now, kind, arguments, status.revision)
    return replace(status, outbox=(*status.outbox, note))


def _weighed(status: Status, change: Change, weight: int) -> Status:
    """The weight is asked for anew: its drain and its fence start with this decision."""
    return replace(status, weight=weight, held=None, weighed=change.decision, weighed_at=None)


def _awaiting(status: Status, change: Change) -> Status:
    """What follows waits for the cluster: every beat looks, and the deadline runs."""
    return replace(status, waiting_since=change.now, waiting_told=False, next_tick=change.now)


def _unawaited(status: Status) -> Status:
    return replace(status, waiting_since=None, waiting_told=False)


def _spaced(status: Status, change: Change) -> Status:
    """The next analysis is an interval after this one was due; after now where this one is late,
    or ends a wait: that has no due time but the beat that finds it over.
    """
    due, waited = change.status.next_tick, change.status.waiting_since is not None
    start = change.now if change.situation.late or waited or due is None else due
    return replace(_unawaited(status), next_tick=start + change.situation.spec.analysis.interval)


def _at_next_beat(status: Status, change: Change) -> Status:
    return replace(_unawaited(status), next_tick=change.now)


def _keep(change: Change) -> Status:
    return change.status


def _note_absence(change: Change) -> Status:
    if change.status.waiting_told:
        return change.status
    return _told(replace(change.status, waiting_told=True), change, Kind.ABSENT)


def _note_suspension(change: Change) -> Status:
    noted = replace(change.status, suspension_told=True, next_tick=None)
    return _told(noted, change, Kind.SUSPENDED)


def _refuse(change: Change) -> Status:
    facts = change.situation.facts
    status = conditions.refused(change.status, facts.refusal, change.now)
    status = replace(
        status, refused_generation=facts.generation, refusal=facts.refusal, next_tick=None
    )
    return _told(status, change, Kind.REFUSED, facts.refusal)


def _accept(change: Change) -> Status:
    return replace(_admitted(change), next_tick=change.now)


def _admitted(change: Change) -> Status:
    """The status with nothing left of a refusal."""
    if not change.status.refused_generation:
        return change.status
    status = conditions.accepted(change.status, change.now)
    return replace(status, refused_generation=0, refusal="")


def _initialize(change: Change) -> Status:
    """A primary that is there already is kept as the promoted one: the status was lost."""
    spec, facts = change.situation.spec, change.situation.facts
    adopted = change.status.promoted or (
        facts.primary_revision if change.status.phase is Phase.NEW else ""
    )
    status = replace(
        _admitted(change),
        revision=facts.target_revision,
        promoted=adopted,
        primary_revision=adopted,
        made=Made(spec.target, spec.service.name, spec.provider),
        failed_checks=0,
        stranded=False,
        started_at=change.now,
    )
    return _awaiting(status, change)


def _route(change: Change) -> Status:
    status = replace(change.status, promoted=change.situation.facts.primary_revision)
    return _at_next_beat(_weighed(status, change, 0), change)


def _complete(change: Change) -> Status:
    status = replace(
        _unawaited(change.status),
        initialized=True,
        revision=change.status.promoted,
        failed_checks=0,
    )
    return _told(_resting(status, change), change, Kind.INITIALIZED)


def _resting(status: Status, change: Change) -> Status:
    """At rest nothing is to come, but the run of a revision that came in the meantime (I6)."""
    gone = change.situation.seen.canary is Pods.GONE
    same = change.situation.facts.target_revision == status.revision
    return replace(status, next_tick=None if same or gone else change.now)


def _abandon(change: Change) -> Status:
    status = _unawaited(_with_reason(change.status, change))
    return replace(status, next_tick=None)


def _new_run(change: Change) -> Status:
    status = replace(
        _admitted(change),
        revision=change.situation.facts.target_revision,
        failed_checks=0,
        inconclusive=0,
        restoring=False,
        stranded=False,
        suspension_told=False,
        started_at=change.now,
    )
    return _awaiting(status, change)


def _begin(change: Change) -> Status:
    return _told(_new_run(change), change, Kind.DETECTED)


def _restart(change: Change) -> Status:
    return _told(_weighed(_new_run(change), change, 0), change, Kind.RESTARTED)


def _return(change: Change) -> Status:
    status = replace(change.status, revision=change.status.promoted)
    status = _at_next_beat(_weighed(status, change, 0), change)
    return _told(status, change, Kind.RETURNED)


def _with_reason(status: Status, change: Change) -> Status:
    """The note that says why a run ends: each end is told."""
    facts = change.situation.facts
    match change.signal:
        case Signal.EXHAUSTED:
            checks = change.status.failed_checks + 1
            status = _told(status, change, Kind.HALTED, facts.verdict)
            image = facts.target_image
            return _told(status, change, Kind.EXHAUSTED, str(checks), image, facts.verdict)
        case Signal.WITHDRAWN:
            return _told(status, change, Kind.WITHDRAWN, facts.wish)
        case Signal.REFUSED:
            return _told(status, change, Kind.WITHDRAWN, facts.refusal)
        case _ if change.situation.seen.overdrawn:
            return _told(status, change, Kind.UNSETTLED, change.status.unsettled_reason)
        case _:
            return _told(status, change, Kind.EXPIRED, facts.waiting_for)


def _ended(change: Change) -> Status:
    return replace(_unawaited(change.status), failed_checks=0, inconclusive=0, held=None)


def _roll_back(change: Change) -> Status:
    """The weight goes at once; without a ready pod of the primary it stays until there is one."""
    status = _with_reason(_ended(change), change)
    if change.situation.seen.primary.alive or change.status.weight == 0:
        status = _weighed(status, change, 0)
    status = replace(status, next_tick=change.now)
    return _failed(status, change)


def _failed(status: Status, change: Change) -> Status:
    """Told with the image that the app goes back to."""
    return _told(status, change, Kind.FAILED, change.situation.facts.promoted_image)


def _restore(change: Change) -> Status:
    """The primary goes back first; the canary keeps its weight until that is ready, if it can."""
    status = replace(_ended(change), restoring=True, primary_revision="")
    seen = change.situation.seen
    if change.status.weight > 0 and seen.primary.alive and not seen.canary.alive:
        status = _weighed(status, change, 0)
    status = _promotion_failed(status, change)
    return _failed(_awaiting(status, change), change)


def _promotion_failed(status: Status, change: Change) -> Status:
    if change.signal is Signal.EXPIRED and not change.situation.seen.overdrawn:
        reason = change.situation.facts.waiting_for
        return _told(status, change, Kind.PROMOTION_FAILED, f"primary not ready: {reason}")
    return _with_reason(status, change)


def _strand(change: Change) -> Status:
    reason = change.situation.facts.waiting_for or change.status.unsettled_reason
    status = replace(change.status, stranded=True, next_tick=None)
    return _told(status, change, Kind.STRANDED, reason)


def _empty_canary(change: Change) -> Status:
    status = _hold(change, 0)
    return _told(status, change, Kind.EMPTIED, change.situation.spec.target.name)


def _empty_primary(change: Change) -> Status:
    status = _hold(change, _ALL)
    return _told(status, change, Kind.EMPTIED, change.situation.spec.target.primary)


def _hold(change: Change, weight: int) -> Status:
    """The step is kept, and resumes when the pods are back."""
    before = change.status
    held = before.weight if before.held is None else before.held
    status = _weighed(before, change, weight)
    status = replace(status, next_tick=change.now)
    if before.waiting_since is None:
        status = _awaiting(status, change)
    return replace(status, held=held) if before.phase is Phase.PROGRESSING else status


def _warn(change: Change) -> Status:
    status = change.status if change.status.waiting_since else _awaiting(change.status, change)
    return _told(replace(status, waiting_told=True), change, Kind.NO_PODS)


def _wait(change: Change) -> Status:
    return _awaiting(change.status, change)


def _note_wait(change: Change) -> Status:
    status = replace(change.status, waiting_told=True)
    return _told(status, change, Kind.WAITING, change.situation.facts.waiting_for)


def _resume(change: Change) -> Status:
    held = change.status.held
    if held is None:
        return _unawaited(change.status)
    status = _spaced(_weighed(change.status, change, held), change)
    return _told(status, change, Kind.RESUMED, str(held))


def _take(change: Change) -> Status:
    status = replace(change.status, restoring=False, stranded=False)
    if change.status.weight > 0 or not change.status.routed:
        status = _told(_weighed(status, change, 0), change, Kind.ROUTING)
    return _at_next_beat(status, change)


def _rest(change: Change) -> Status:
    return replace(change.status, next_tick=None)


def _first_step(change: Change) -> Status:
    return _advance(_told(change.status, change, Kind.STARTING), change)


def _step(change: Change) -> Status:
    return _advance(replace(change.status, inconclusive=0), change)


def _advance(status: Status, change: Change) -> Status:
    step = next_step(change.situation.spec.analysis, status.weight)
    weight = step.weight if step else status.weight
    status = _spaced(_weighed(status, change, weight), change)
    return _told(status, change, Kind.ADVANCED, str(weight))


def _count_failure(change: Change) -> Status:
    status = replace(change.status, failed_checks=change.status.failed_checks + 1)
    return _told(_spaced(status, change), change, Kind.HALTED, change.situation.facts.verdict)


def _count_inconclusive(change: Change) -> Status:
    status = replace(change.status, inconclusive=change.status.inconclusive + 1)
    if change.status.inconclusive == 0:
        status = _told(status, change, Kind.INCONCLUSIVE, change.situation.facts.verdict)
    return _spaced(status, change)


def _promote(change: Change) -> Status:
    return _told(_awaiting(change.status, change), change, Kind.COPYING)


def _step_back(change: Change) -> Status:
    weight = weight_after_promotion(change.situation.spec.analysis, change.status.weight)
    status = _spaced(_weighed(change.status, change, weight), change)
    return _told(status, change, Kind.PRIMARY_ADVANCED, str(_ALL - weight))


def _finalise(change: Change) -> Status:
    status = _at_next_beat(_weighed(change.status, change, 0), change)
    if change.situation.spec.skip_analysis or change.status.weight == 0:
        return status
    if change.situation.spec.analysis.step_weight_promotion > 0:
        return _told(status, change, Kind.PRIMARY_ADVANCED, str(_ALL))
    return _told(status, change, Kind.ROUTING)


def _succeed(change: Change) -> Status:
    before = change.status
    status = replace(
        _unawaited(before),
        promoted=before.revision,
        previous=before.promoted if before.promoted != before.revision else before.previous,
        failed_checks=0,
        inconclusive=0,
    )
    status = _resting(status, change)
    skipped = change.situation.spec.skip_analysis
    kind = Kind.SKIPPED if skipped else Kind.PROMOTED
    return _told(status, change, kind, change.situation.facts.primary_image)


def _repair(change: Change) -> Status:
    if change.status.phase in (Phase.INITIALIZED, Phase.SUCCEEDED):
        return _resting(change.status, change)
    return change.status


_ACTS: dict[Act, Callable[[Change], Status]] = {
    Act.KEEP: _keep,
    Act.NOTE_ABSENCE: _note_absence,
    Act.NOTE_SUSPENSION: _note_suspension,
    Act.REFUSE: _refuse,
    Act.ACCEPT: _accept,
    Act.INITIALIZE: _initialize,
    Act.ROUTE: _route,
    Act.COMPLETE: _complete,
    Act.ABANDON: _abandon,
    Act.BEGIN: _begin,
    Act.RESTART: _restart,
    Act.RETURN: _return,
    Act.ROLL_BACK: _roll_back,
    Act.RESTORE: _restore,
    Act.STRAND: _strand,
    Act.EMPTY_CANARY: _empty_canary,
    Act.EMPTY_PRIMARY: _empty_primary,
    Act.WARN: _warn,
    Act.WAIT: _wait,
    Act.NOTE_WAIT: _note_wait,
    Act.RESUME: _resume,
    Act.TAKE: _take,
    Act.REST: _rest,
    Act.FIRST_STEP: _first_step,
    Act.STEP: _step,
    Act.COUNT_FAILURE: _count_failure,
    Act.COUNT_INCONCLUSIVE: _count_inconclusive,
    Act.PROMOTE: _promote,
    Act.STEP_BACK: _step_back,
    Act.FINALISE: _finalise,
    Act.SUCCEED: _succeed,
    Act.REPAIR: _repair,
}
