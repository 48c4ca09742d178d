"""Which canaries a pass looks at closely."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from shared.domain.canary import Refusal
from shared.domain.errors import Refused
from shared.domain.fields import Object, at
from shared.domain.instants import countable
from shared.domain.machine import TRANSITIONS, Phase, Signal
from shared.domain.observe import Moment
from shared.domain.status import Generations, Status
from shared.domain.subject import Subject, refusal_of

_EPOCH = datetime.fromtimestamp(0, UTC)
_IN_HAND = timedelta(seconds=5)


def is_pending(status: Status) -> bool:
    """Whether a beat has to go on for this canary."""
    return not status.stranded and (status.next_tick is not None or not status.settled)


def next_due(statuses: Iterable[Status], now: datetime) -> datetime | None:
    """When the first that waits is due, as what is not in force is now; None where none waits."""
    return min((_due(status, now) for status in statuses if is_pending(status)), default=None)


def _due(status: Status, now: datetime) -> datetime:
    return status.next_tick if status.settled and status.next_tick is not None else now


def next_beat(due: datetime, moment: Moment) -> datetime:
    """The next beat at which that is due, of beats that count from the epoch. Of one that is less
    than half a beat away nothing is certain: by another clock it may be over.
    """
    half = moment.beat / 2
    earliest = max(due - half, moment.now + half)
    return _EPOCH - moment.beat * ((_EPOCH - earliest) // moment.beat)


def asleep_until(canary: Object, moment: Moment) -> datetime | None:
    """The tick of a Canary as listed that is nothing to a beat: in force, and not due. While some
    canaries wait most of them are that, and no more of them is read than it takes to know.
    """
    block = at(canary, "status", "spillway")
    going = at(canary, "metadata", "deletionTimestamp") or at(block, "stranded")
    try:
        settled, tick = countable(block, "settledAt"), countable(block, "nextTickTime")
    except Refused:
        return None
    if going or not at(canary, "status", "phase") or settled is None or tick is None:
        return None
    return None if moment.is_due(tick) else tick


def is_in_hand(status: Status, moment: Moment) -> bool:
    """Whether the pass that made the last decision is likely to be at it still. One that failed has
    said so; one that was stopped is taken over at the first beat after that time.
    """
    if status.settled or status.unsettled_reason or status.decided_at is None:
        return False
    return abs(moment.now - status.decided_at) < _IN_HAND - moment.beat / 2


def drain_end(status: Status, moment: Moment, patience: timedelta) -> datetime | None:
    """When a drain is over that something waits for, and that ends within this patience.

    It began a little after a beat, with the write of the route; so where it lasts some beats it
    ends a little after one, and would be found over with the next.
    """
    drains = Signal.DRAINED in TRANSITIONS[status.phase] and status.weight == 0
    if not drains or not is_pending(status) or status.weighed_at is None or status.drain is None:
        return None
    end = status.weighed_at + status.drain
    return end if moment.now < end <= moment.now + patience else None


def is_due(subject: Subject, moment: Moment, *, sweep: bool) -> bool:
    """Due by its own status. What the cluster says beside it is `has_moved`'s."""
    status = subject.status
    if status.stranded:
        return sweep
    if not status.settled or (status.next_tick is not None and moment.is_due(status.next_tick)):
        return True
    if status.phase is Phase.NEW:
        return _is_untouched(subject) or sweep
    if subject.generation != status.generation and status.next_tick is None:
        return True
    untold = bool(status.outbox)
    return sweep and (untold or _is_suspended(subject) or status.refused_generation != 0)


def _is_untouched(subject: Subject) -> bool:
    """Nothing of this generation of it was ever decided."""
    known = (subject.status.generation, subject.status.refused_generation)
    return subject.generation not in known


def _is_suspended(subject: Subject) -> bool:
    return not isinstance(subject.spec, Refusal) and subject.spec.suspend


def has_moved(subject: Subject, seen: Generations) -> bool:
    """An object at rest is not the one the status knows, or is gone."""
    if subject.status.refused_generation or refusal_of(subject, None):
        return False
    return subject.status.next_tick is None and seen != subject.status.generations


def is_touched(subject: Subject, moment: Moment, workload: str, generation: int) -> bool:
    """Whether a change of its target or primary, now at that generation, is news to one at rest.

    Those that wait for something have a beat, and are left to it: of what a pass does to a
    Deployment there is an event before that pass is over.
    """
    status = subject.status
    if is_pending(status) or status.stranded:
        return False
    if is_due(subject, moment, sweep=False):
        return True
    if status.refused_generation or refusal_of(subject, None):
        return False
    is_primary = status.made is not None and workload == status.made.target.primary
    known = status.generations.primary if is_primary else status.generations.target
    return status.phase is Phase.NEW or generation != known
