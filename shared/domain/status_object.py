"""The status as the API server keeps it."""

from datetime import datetime, timedelta

from shared.domain.fields import Json, Object
from shared.domain.instants import written
from shared.domain.status import Condition, Note, Status


def status_object(status: Status) -> Object:
    """The whole `status` of the Canary; what is unset is left out."""
    shown: dict[str, Json] = {
        **status.foreign,
        "phase": status.phase.value,
        "canaryWeight": status.weight,
        "failedChecks": status.failed_checks,
        "iterations": 0,
        "lastAppliedSpec": status.revision,
        "lastPromotedSpec": status.promoted,
        "lastTransitionTime": _seconds(status.since),
        "conditions": [_condition(item) for item in status.conditions],
        "spillway": _filled(_block(status)),
    }
    return {key: value for key, value in shown.items() if value not in (None, "")}


_ZEROS = ("decision", "drainSeconds")  # of these, 0 says something


def _filled(block: dict[str, Json]) -> dict[str, Json]:
    empty = (None, "", False, 0)
    return {
        k: v
        for k, v in block.items()
        if (k in _ZEROS and v is not None) or (v not in empty and v != [])
    }


def _block(status: Status) -> dict[str, Json]:
    return {
        "decision": status.decision,
        "decidedAt": _time(status.decided_at),
        "settledAt": _time(status.settled_at),
        "unsettledSince": _time(status.unsettled_since),
        "unsettledReason": status.unsettled_reason,
        "target": _made(status),
        "intervalSeconds": _span(status.interval),
        "drainSeconds": _span(status.drain),
        "generations": {
            "target": status.generations.target,
            "primary": status.generations.primary,
            "route": status.generations.route,
        },
        "observedGeneration": status.generation,
        "revision": status.revision,
        "targetRevision": status.target_revision,
        "primaryRevision": status.primary_revision,
        "previousRevision": status.previous,
        "initialized": status.initialized,
        "restoring": status.restoring,
        "stranded": status.stranded,
        "startedAt": _time(status.started_at),
        "weights": _weights(status),
        "inconclusiveChecks": status.inconclusive,
        "waitingSince": _time(status.waiting_since),
        "waitingTold": status.waiting_told,
        "suspensionTold": status.suspension_told,
        "refusedGeneration": status.refused_generation,
        "refusal": status.refusal,
        "nextTickTime": _time(status.next_tick),
        "lastPromotion": _last_promotion(status),
        "outbox": [_note(item) for item in status.outbox],
    }


def _span(span: timedelta | None) -> Json:
    return None if span is None else int(span.total_seconds())


def _weights(status: Status) -> Json:
    if not status.routed:
        return None
    shown = {"decision": status.weighed, "settledAt": _time(status.weighed_at), "held": status.held}
    return {key: value for key, value in shown.items() if value is not None}


def _made(status: Status) -> Json:
    if status.made is None:
        return None
    return {
        "kind": status.made.target.kind,
        "name": status.made.target.name,
        "service": status.made.service,
        "provider": status.made.provider,
    }


def _last_promotion(status: Status) -> Json:
    last = status.last_promotion
    if last is None:
        return None
    said: dict[str, Json] = {
        "id": last.id,
        "time": written(last.time),
        "done": last.done,
        "version": last.version,
        "image": last.image,
    }
    return {key: value for key, value in said.items() if value != ""}


def _note(note: Note) -> Json:
    return {
        "decision": note.decision,
        "at": written(note.at),
        "kind": note.kind,
        "arguments": list(note.arguments),
        "revision": note.revision,
    }


def _condition(condition: Condition) -> Json:
    return {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason,
        "message": condition.message,
        "lastTransitionTime": _seconds(condition.since),
        "lastUpdateTime": _seconds(condition.updated),
    }


def _time(time: datetime | None) -> Json:
    return written(time) if time else None


def _seconds(time: datetime | None) -> Json:
    """Whole seconds, as Flagger writes its own fields."""
    return written(time.replace(microsecond=0)) if time else None
