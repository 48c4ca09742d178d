"""One decision: classify, look up the table, act, converge. Then what comes of carrying it out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate

from shared.domain.acts import act_on
from shared.domain.classify import classify
from shared.domain.converge import Difference, converge, intended_primary
from shared.domain.effects import Effect, WritePrimary
from shared.domain.fields import short
from shared.domain.machine import RESTING, TRANSITIONS, UNDER_WAY, Act, Phase, Signal
from shared.domain.notes import Kind
from shared.domain.observation import Situation
from shared.domain.status import Generations, Note, Status

_TOLD_AT_MOST = 20
_TOLD_WITHIN = timedelta(hours=24)
_ROOM = 9 << 10  # bytes
_BESIDE = 200  # bytes of a note beside its arguments


@dataclass(frozen=True, slots=True)
class Decision:
    """What a pass does: the status to save, then the effects. Nothing where `status` is as it was.

    `late` says that the next tick counts from the settled write (design §7).
    """

    signal: Signal
    act: Act
    status: Status
    difference: Difference
    late: bool = False

    @property
    def effects(self) -> tuple[Effect, ...]:
        return self.difference.effects

    @property
    def is_saved(self) -> bool:
        """Whether there is anything to save: a pass that decides nothing writes nothing."""
        return self.act is not Act.KEEP


def decide(situation: Situation) -> Decision:
    """The decision of one pass over one canary."""
    status = situation.status
    signal = classify(situation)
    phase, act = TRANSITIONS[status.phase][signal]
    if act is Act.KEEP:
        return Decision(signal, act, status, Difference())
    acted = act_on(situation, signal, act, phase)
    after = _stamped(_weighed_anew(acted, situation), situation)
    spaced = after.next_tick is not None and after.next_tick > situation.now
    late = situation.late and spaced and after.next_tick != status.next_tick
    return Decision(signal, act, after, converge(after, situation.seen, act), late)


def saved(decision: Decision, now: datetime) -> Decision:
    """The decision as it is saved now: in a pass over many that is later than it was made."""
    status = decision.status
    made = status.decided_at
    since = now if status.unsettled_since == made else status.unsettled_since
    weighed_at = now if status.weighed_at == made else status.weighed_at
    status = replace(status, decided_at=now, unsettled_since=since, weighed_at=weighed_at)
    return replace(decision, status=status)


def _weighed_anew(after: Status, situation: Situation) -> Status:
    """A weight is in force while the route says so. Where somebody changed it, pods that have no
    traffic by the status may have had some until now: their drain begins anew, and where the route
    is to be put right not before it is (I2).
    """
    seen = situation.seen
    if not after.routed or after.weight > 0 or after.weighed_at is None or seen.idle:
        return after
    if seen.route.other:
        return replace(after, weighed_at=None)
    return replace(after, weighed_at=situation.now) if seen.rerouted else after


def _stamped(after: Status, situation: Situation) -> Status:
    """The status as a new decision, with what this look recorded."""
    before, facts, now = situation.status, situation.facts, situation.now
    last = after.last_promotion
    if last and situation.promotion_done:
        last = replace(last, done=True)
    suspended = situation.spec.suspend
    return replace(
        after,
        since=after.since if _shown(after) == _shown(before) else now,
        decision=before.decision + 1,
        decided_at=now,
        settled_at=None,
        unsettled_since=now if before.settled else before.unsettled_since,
        generations=facts.generations,
        generation=facts.generation,
        target_revision=facts.target_revision,
        last_promotion=last,
        next_tick=None if suspended else after.next_tick or _at_once(after, situation),
        waiting_since=None if suspended else after.waiting_since,
        suspension_told=suspended and after.suspension_told,
        stranded=after.stranded and (suspended or after.phase not in UNDER_WAY),
        interval=situation.spec.analysis.interval,
        drain=situation.spec.analysis.drain,
        outbox=_kept(after.outbox, before.decision + 1, now),
    )


def _at_once(after: Status, situation: Situation) -> datetime | None:
    """A next tick for what has none and is not at rest, as after a suspension: pods are left, or
    traffic is to move.
    """
    if after.phase in UNDER_WAY:
        return situation.now
    moving = after.weight > 0 or (after.routed and after.weighed_at is None)
    owes = moving or after.restoring or not situation.seen.idle
    rests = after.next_tick is None and situation.status.next_tick is not None
    waits = after.phase in RESTING and after.initialized and not after.stranded
    return situation.now if waits and owes and not rests else None


def _shown(status: Status) -> tuple[Phase, int, int, str, str]:
    """What Flagger would write a status for: its time moves with that (specs §1.4)."""
    counters = status.weight, status.failed_checks
    return status.phase, *counters, status.revision, status.promoted


def _kept(outbox: tuple[Note, ...], decision: int, now: datetime) -> tuple[Note, ...]:
    """At most 20 notes of at most 24 h, and 9 KB of them; what falls out is counted and named."""
    young = [note for note in outbox if now - note.at <= _TOLD_WITHIN]
    kept = _fitting(young[-_TOLD_AT_MOST:])
    if len(kept) == len(outbox):
        return kept
    kept = kept[1:] if len(kept) == _TOLD_AT_MOST else kept
    lost = [note for note in outbox if note not in kept]
    names = f"{len(lost)}: " + ", ".join(sorted({note.kind for note in lost}))
    return (*kept, Note(decision, now, Kind.DROPPED, (names,)))


def _fitting(notes: Sequence[Note]) -> tuple[Note, ...]:
    """The newest, as many as a status below 16 KB has room for."""
    said = (json.dumps(note.arguments, ensure_ascii=False) for note in reversed(notes))
    sizes = (_BESIDE + len(text.encode()) for text in said)
    count = sum(1 for used in accumulate(sizes) if used <= _ROOM)
    return tuple(notes[len(notes) - count :])


def settled(
    decision: Decision,
    interval: timedelta,
    *,
    written: Generations,
    told: tuple[Note, ...],
    now: datetime,
) -> Status:
    """The status once every effect is applied. A decision whose route waits for pods is not."""
    status = replace(
        decision.status,
        generations=written,
        outbox=tuple(note for note in decision.status.outbox if note not in told),
    )
    if any(isinstance(effect, WritePrimary) for effect in decision.effects):
        status = replace(status, primary_revision=intended_primary(status))
    if decision.difference.withheld:
        return status
    if status.waiting_since and status.unsettled_since != status.decided_at:
        status = replace(status, waiting_since=now)  # what is awaited was not asked for until now
    status = replace(status, settled_at=now, unsettled_since=None, unsettled_reason="")
    status = _looked_after(status, now)
    if status.routed and status.weighed_at is None:
        status = replace(status, weighed_at=now)
    return replace(status, next_tick=now + interval) if decision.late else status


def _looked_after(status: Status, now: datetime) -> Status:
    """What was left to the sweep for its writes alone is in order again, and goes on; what is
    suspended does so once it is resumed.
    """
    owes = status.phase is Phase.FAILED and (status.restoring or status.weight > 0)
    if not status.stranded or owes:
        return status
    goes_on = status.phase in RESTING and not status.suspension_told
    return replace(status, stranded=False, next_tick=now if goes_on else status.next_tick)


def unsettled(decision: Decision, reason: str, *, written: Generations) -> Status:
    """The status after an effect failed: what was decided is not in force, and why."""
    return replace(decision.status, generations=written, unsettled_reason=short(reason))
