"""The conditions of a Canary: Flagger's `Promoted` and our `Accepted`."""

from dataclasses import replace
from datetime import datetime

from shared.domain.machine import Phase
from shared.domain.status import Condition, Status

_PROMOTED: dict[Phase, tuple[str, str]] = {
    Phase.INITIALIZING: ("Unknown", "New {kind} detected, starting initialization."),
    Phase.INITIALIZED: ("True", "{kind} initialization completed."),
    Phase.PROGRESSING: ("Unknown", "New revision detected, progressing canary analysis."),
    Phase.PROMOTING: ("Unknown", "Canary analysis completed, starting primary rolling update."),
    Phase.FINALISING: ("Unknown", "Canary analysis completed, routing all traffic to primary."),
    Phase.SUCCEEDED: ("True", "Canary analysis completed successfully, promotion finished."),
    Phase.FAILED: ("False", "Canary analysis failed, {kind} scaled to zero."),
}


def in_phase(status: Status, phase: Phase, kind: str, now: datetime) -> Status:
    """The status in a phase, with its condition; nothing changes where it is in that phase."""
    if status.phase is phase:
        return status
    truth, message = _PROMOTED[phase]
    condition = Condition("Promoted", truth, phase, message.format(kind=kind), now, now)
    return replace(status, phase=phase, since=now, conditions=_with(status.conditions, condition))


def refused(status: Status, reason: str, now: datetime) -> Status:
    """The status of a Canary that is not run, and why."""
    condition = Condition("Accepted", "False", "UnsupportedField", reason, now, now)
    return replace(status, conditions=_with(status.conditions, condition))


def accepted(status: Status, now: datetime) -> Status:
    """The status of a Canary that is run again."""
    condition = Condition("Accepted", "True", "Supported", "Every field is supported.", now, now)
    return replace(status, conditions=_with(status.conditions, condition))


def _with(conditions: tuple[Condition, ...], new: Condition) -> tuple[Condition, ...]:
    """One condition of each type; its transition time moves only when its status does."""
    old = next((item for item in conditions if item.type == new.type), None)
    if old and old.status == new.status:
        new = replace(new, since=old.since)
    return (*(item for item in conditions if item.type != new.type), new)
