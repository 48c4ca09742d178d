"""What all acts do their work with: the change at hand, and the pieces that acts are made of."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain import conditions
from shared.domain.fields import short
from shared.domain.machine import Signal
from shared.domain.notes import Kind
from shared.domain.observation import Situation
from shared.domain.status import Note, Status

_LONGEST = 512  # bytes of one argument of a note


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


def told(status: Status, change: Change, kind: Kind, *arguments: str) -> Status:
    """Whoever's words they are, they take no more room than an image's reference may."""
    kept = tuple(short(argument, _LONGEST) for argument in arguments)
    note = Note(change.decision, change.now, kind, kept, status.revision)
    return replace(status, outbox=(*status.outbox, note))


def weighed(status: Status, change: Change, weight: int) -> Status:
    """The weight is asked for anew: its drain and its fence start with this decision."""
    return replace(status, weight=weight, held=None, weighed=change.decision, weighed_at=None)


def awaiting(status: Status, change: Change) -> Status:
    """What follows waits for the cluster: every beat looks, and the deadline runs."""
    return replace(status, waiting_since=change.now, waiting_told=False, next_tick=change.now)


def unawaited(status: Status) -> Status:
    return replace(status, waiting_since=None, waiting_told=False)


def spaced(status: Status, change: Change) -> Status:
    """The next analysis is an interval after this one was due; after now where this one is late,
    or ends a wait: that has no due time but the beat that finds it over.
    """
    due, waited = change.status.next_tick, change.status.waiting_since is not None
    start = change.now if change.situation.late or waited or due is None else due
    return replace(unawaited(status), next_tick=start + change.situation.spec.analysis.interval)


def at_next_beat(status: Status, change: Change) -> Status:
    return replace(unawaited(status), next_tick=change.now)


def admitted(change: Change) -> Status:
    """The status with nothing left of a refusal."""
    if not change.status.refused_generation:
        return change.status
    status = conditions.accepted(change.status, change.now)
    return replace(status, refused_generation=0, refusal="")
