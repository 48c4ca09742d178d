"""Acts of a run: to begin, to step, to wait and to judge, up to the promotion."""

from dataclasses import replace

from shared.domain.change import (
    Change,
    admitted,
    at_next_beat,
    awaiting,
    spaced,
    told,
    unawaited,
    weighed,
)
from shared.domain.machine import Phase
from shared.domain.notes import Kind
from shared.domain.plan import next_step
from shared.domain.status import Status

_ALL = 100


def _new_run(change: Change) -> Status:
    status = replace(
        admitted(change),
        revision=change.situation.facts.target_revision,
        failed_checks=0,
        inconclusive=0,
        restoring=False,
        stranded=False,
        suspension_told=False,
        started_at=change.now,
    )
    return awaiting(status, change)


def begin(change: Change) -> Status:
    return told(_new_run(change), change, Kind.DETECTED)


def restart(change: Change) -> Status:
    return told(weighed(_new_run(change), change, 0), change, Kind.RESTARTED)


def return_(change: Change) -> Status:
    status = replace(change.status, revision=change.status.promoted)
    status = at_next_beat(weighed(status, change, 0), change)
    return told(status, change, Kind.RETURNED)


def empty_canary(change: Change) -> Status:
    status = _hold(change, 0)
    return told(status, change, Kind.EMPTIED, change.situation.spec.target.name)


def empty_primary(change: Change) -> Status:
    status = _hold(change, _ALL)
    return told(status, change, Kind.EMPTIED, change.situation.spec.target.primary)


def _hold(change: Change, weight: int) -> Status:
    """The step is kept, and resumes when the pods are back."""
    before = change.status
    held = before.weight if before.held is None else before.held
    status = weighed(before, change, weight)
    status = replace(status, next_tick=change.now)
    if before.waiting_since is None:
        status = awaiting(status, change)
    return replace(status, held=held) if before.phase is Phase.PROGRESSING else status


def warn(change: Change) -> Status:
    status = change.status if change.status.waiting_since else awaiting(change.status, change)
    return told(replace(status, waiting_told=True), change, Kind.NO_PODS)


def wait(change: Change) -> Status:
    """A tick that is still to come stays: the interval is not cut short by a wait."""
    coming = change.status.next_tick
    status = awaiting(change.status, change)
    return replace(status, next_tick=max(coming, change.now) if coming else change.now)


def note_wait(change: Change) -> Status:
    status = replace(change.status, waiting_told=True)
    return told(status, change, Kind.WAITING, change.situation.facts.waiting_for)


def resume(change: Change) -> Status:
    held = change.status.held
    if held is None:
        return unawaited(change.status)
    status = spaced(weighed(change.status, change, held), change)
    return told(status, change, Kind.RESUMED, str(held))


def first_step(change: Change) -> Status:
    return _advance(told(change.status, change, Kind.STARTING), change)


def step(change: Change) -> Status:
    return _advance(replace(change.status, inconclusive=0), change)


def _advance(status: Status, change: Change) -> Status:
    step = next_step(change.situation.spec.analysis, status.weight)
    weight = step.weight if step else status.weight
    status = spaced(weighed(status, change, weight), change)
    return told(status, change, Kind.ADVANCED, str(weight))


def count_failure(change: Change) -> Status:
    status = replace(change.status, failed_checks=change.status.failed_checks + 1)
    return told(spaced(status, change), change, Kind.HALTED, change.situation.facts.verdict)


def count_inconclusive(change: Change) -> Status:
    status = replace(change.status, inconclusive=change.status.inconclusive + 1)
    if change.status.inconclusive == 0:
        status = told(status, change, Kind.INCONCLUSIVE, change.situation.facts.verdict)
    return spaced(status, change)


def promote(change: Change) -> Status:
    return told(awaiting(change.status, change), change, Kind.COPYING)
