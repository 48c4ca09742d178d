"""Acts before the first run: to take a canary up, or to say why not."""

from dataclasses import replace

from shared.domain import conditions
from shared.domain.acts_end import resting, with_reason
from shared.domain.change import (
    Change,
    admitted,
    at_next_beat,
    awaiting,
    told,
    unawaited,
    weighed,
)
from shared.domain.machine import Phase
from shared.domain.notes import Kind
from shared.domain.status import Made, Status


def note_absence(change: Change) -> Status:
    return told(replace(change.status, waiting_told=True), change, Kind.ABSENT)


def note_suspension(change: Change) -> Status:
    noted = replace(change.status, suspension_told=True, next_tick=None)
    return told(noted, change, Kind.SUSPENDED)


def refuse(change: Change) -> Status:
    facts = change.situation.facts
    status = conditions.refused(change.status, facts.refusal, change.now)
    status = replace(
        status, refused_generation=facts.generation, refusal=facts.refusal, next_tick=None
    )
    return told(status, change, Kind.REFUSED, facts.refusal)


def accept(change: Change) -> Status:
    return replace(admitted(change), next_tick=change.now)


def initialize(change: Change) -> Status:
    """A primary that is there already is kept as the promoted one: the status was lost."""
    spec, facts = change.situation.spec, change.situation.facts
    adopted = change.status.promoted or (
        facts.primary_revision if change.status.phase is Phase.NEW else ""
    )
    status = replace(
        admitted(change),
        revision=facts.target_revision,
        promoted=adopted,
        primary_revision=adopted,
        made=Made(spec.target, spec.service.name, spec.provider),
        failed_checks=0,
        stranded=False,
        started_at=change.now,
    )
    return awaiting(status, change)


def route(change: Change) -> Status:
    status = replace(change.status, promoted=change.situation.facts.primary_revision)
    return at_next_beat(weighed(status, change, 0), change)


def complete(change: Change) -> Status:
    status = replace(
        unawaited(change.status),
        initialized=True,
        revision=change.status.promoted,
        failed_checks=0,
    )
    return told(resting(status, change), change, Kind.INITIALIZED)


def abandon(change: Change) -> Status:
    status = unawaited(with_reason(change.status, change))
    return replace(status, next_tick=None)
