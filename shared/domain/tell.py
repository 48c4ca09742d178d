"""Notes as they leave: Kubernetes Events and CloudEvents, with ids that repeat on a retry."""

import hashlib
from dataclasses import dataclass

from shared.domain import events
from shared.domain.events import Event, Origin, RollbackWish
from shared.domain.fields import Object
from shared.domain.instants import written
from shared.domain.notes import Kind, Names, text_of
from shared.domain.ownership import Owner
from shared.domain.status import Note, Status

_COMPONENT = "flagger"
_REASON = "Synced"


@dataclass(frozen=True, slots=True)
class Teller:
    """Who speaks: the Canary, its target, and the run that is spoken of."""

    owner: Owner
    target: str
    status: Status


def note_id(owner: Owner, note: Note, suffix: str = "") -> str:
    """The same for every retry of one note, and for no other note."""
    said = "|".join((owner.uid, written(note.at), str(note.decision), note.kind, suffix))
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def kubernetes_event(teller: Teller, note: Note) -> Object:
    """The Event of a note, on the Canary, as Flagger words and signs it."""
    owner = teller.owner
    severity, message = text_of(note, Names(owner.namespace, owner.name, teller.target))
    at = written(note.at.replace(microsecond=0))
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{owner.name[:200]}.{note_id(owner, note)[:16]}",
            "namespace": owner.namespace,
        },
        "involvedObject": {
            "apiVersion": "flagger.app/v1beta1",
            "kind": "Canary",
            "name": owner.name,
            "namespace": owner.namespace,
            "uid": owner.uid,
        },
        "reason": _REASON,
        "message": message[:1024],
        "type": severity,
        "source": {"component": _COMPONENT},
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
    }


def cloud_events(teller: Teller, note: Note) -> tuple[Event, ...]:
    """The CloudEvents of a note: none for what only people want to read."""
    owner, revision = teller.owner, note.revision
    origin = _origin(teller, note)
    told = [*note.arguments, "", "", ""]
    match note.kind:
        case Kind.DETECTED | Kind.RESTARTED:
            return (events.canary_started(origin, owner.namespace, owner.name, revision=revision),)
        case Kind.ADVANCED | Kind.PRIMARY_ADVANCED if told[0].isdecimal():
            weight = int(told[0]) if note.kind == Kind.ADVANCED else 100 - int(told[0])
            return (
                events.canary_advanced(
                    origin, owner.namespace, owner.name, revision=revision, weight=weight
                ),
            )
        case Kind.EXHAUSTED:
            return (_incident(teller, note, origin, told), _wish(teller, note, told[2]))
        case Kind.PROMOTED | Kind.SKIPPED | Kind.FAILED if told[0]:
            return (_ended(teller, note, origin, told[0]),)
        case _:
            return ()


def _origin(teller: Teller, note: Note, suffix: str = "") -> Origin:
    owner = teller.owner
    return Origin(
        id=note_id(owner, note, suffix),
        source=f"/spillway/{owner.namespace}/{owner.name}",
        time=note.at,
        chain=f"{owner.uid}/{note.revision}",
    )


def _ended(teller: Teller, note: Note, origin: Origin, image: str) -> Event:
    """The app serves this image now: the new one, or again the one before."""
    owner = teller.owner
    build = events.service_rolledback if note.kind == Kind.FAILED else events.service_upgraded
    return build(
        origin,
        owner.namespace,
        teller.target,
        environment=owner.namespace,
        image=image,
        revision=note.revision,
    )


def _incident(teller: Teller, note: Note, origin: Origin, told: list[str]) -> Event:
    owner = teller.owner
    return events.incident_detected(
        origin,
        owner.namespace,
        owner.name,
        environment=owner.namespace,
        image=told[1],
        revision=note.revision,
        description=told[2],
    )


def _wish(teller: Teller, note: Note, reason: str) -> Event:
    """Whoever listens learns that this run goes back; the pass that decided it has done so."""
    owner = teller.owner
    wish = RollbackWish(
        namespace=owner.namespace,
        canary=owner.name,
        revision=note.revision,
        reason=reason or "failed checks threshold reached",
        requested_by="spillway",
        time=note.at,
    )
    return events.rollback_requested(_origin(teller, note, "wish"), wish)
