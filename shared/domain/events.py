"""The events that arrive and leave: CloudEvents whose data are whole CDEvents."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain import dns
from shared.domain import promotion as promotions
from shared.domain.fields import Json, Object, at, mapping, objects, short, text, wrong
from shared.domain.images import purl
from shared.domain.instants import instant, written
from shared.domain.promotion import Promotion

PROMOTION_REQUESTED = "dev.cdeventsx.spillway-promotion.requested.0.1.0"
ANALYSIS_TICK = "dev.cdeventsx.spillway-analysis.tick.0.1.0"
PING = "dev.knative.sources.ping"
OBJECT_ADDED = "dev.knative.apiserver.ref.add"
OBJECT_UPDATED = "dev.knative.apiserver.ref.update"
OBJECT_DELETED = "dev.knative.apiserver.ref.delete"
ROLLBACK_REQUESTED = "dev.cdeventsx.spillway-rollback.requested.0.1.0"
CANARY_STARTED = "dev.cdeventsx.spillway-canary.started.0.1.0"
CANARY_ADVANCED = "dev.cdeventsx.spillway-canary.advanced.0.1.0"
INCIDENT_DETECTED = "dev.cdevents.incident.detected.0.3.0"
SERVICE_UPGRADED = "dev.cdevents.service.upgraded.0.3.0"
SERVICE_ROLLEDBACK = "dev.cdevents.service.rolledback.0.3.0"

MOST = 50
"""Canaries that one tick may name: what one pass takes on."""

_CDEVENTS = "0.5.1"


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvent. Its subject is empty and its time None where the sender gave none."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime | None
    data: Object


@dataclass(frozen=True, slots=True)
class Origin:
    """What the sender gives every event. Ids repeat on a retry; `chain` ties a run's together."""

    id: str
    source: str
    time: datetime
    chain: str | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """Look at what is due: at these (namespace, name), or at all where none is named."""

    names: tuple[tuple[str, str], ...] = ()
    expires: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether it came too late to be worth a look."""
        return self.expires is not None and now > self.expires


class Kind(StrEnum):
    """What Knative's ApiServerSource may tell of."""

    DEPLOYMENT = "Deployment"
    CANARY = "Canary"


@dataclass(frozen=True, slots=True)
class Changed:
    """An object was made, changed or deleted: its kind, and where it is. What it is now stands in
    the cluster.
    """

    kind: Kind
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class RollbackWish:
    """Go back. Without a revision it means the run that its time falls into."""

    namespace: str
    canary: str
    revision: str | None
    reason: str
    requested_by: str
    time: datetime | None


def content(event: Event) -> Object:
    """What an event says: a whole CDEvent's `subject.content`, else its bare data."""
    if isinstance(at(event.data, "context"), dict) and at(event.data, "subject") is not None:
        return mapping(event.data, "subject", "content")
    return event.data


def tick(event: Event) -> Tick:
    """Reads a tick. A ping is one over all, whatever it carries."""
    if event.type == PING:
        return Tick()
    said = content(event)
    canaries = objects(said, "canaries")
    if len(canaries) > MOST:
        raise wrong(("canaries",), len(canaries), f"at most {MOST} canaries")
    rooted = ((f"canaries.{index}", item) for index, item in enumerate(canaries))
    names = tuple(_key({where: item}, where, name="name") for where, item in rooted)
    return Tick(names=names, expires=instant(said, "expires"))


def changed(event: Event) -> Changed | None:
    """Reads what Knative's ApiServerSource tells in mode Reference; None for any other event."""
    if event.type not in (OBJECT_ADDED, OBJECT_UPDATED, OBJECT_DELETED):
        return None
    kind = text(event.data, "kind")
    if kind not in list(Kind):
        raise wrong(("kind",), kind, " or ".join(Kind))
    namespace, name = _key(event.data, name="name")
    return Changed(Kind(kind), namespace, name)


def rollback_wish(event: Event) -> RollbackWish:
    """Reads a wish to go back; one that neither names a revision nor has a time means nothing."""
    said = content(event)
    revision = text(said, "revision") or None
    if revision is None and event.time is None:
        raise wrong(("revision",), None, "a revision, as the event has no time")
    namespace, canary = _key(said, name="canary")
    return RollbackWish(
        namespace=namespace,
        canary=canary,
        revision=revision,
        reason=_words(said, "reason"),
        requested_by=_words(said, "requestedBy"),
        time=event.time,
    )


def promotion_requested(origin: Origin, promotion: Promotion) -> Event:
    """A promotion was asked for."""
    subject = f"{promotion.namespace}/{promotion.app}"
    return _cdevent(origin, PROMOTION_REQUESTED, subject, promotions.to_content(promotion))


def analysis_tick(origin: Origin, wanted: Tick) -> Event:
    """Look at what is due."""
    said: dict[str, Json] = {}
    if wanted.names:
        said["canaries"] = [
            {"namespace": namespace, "name": name} for namespace, name in wanted.names
        ]
    if wanted.expires is not None:
        said["expires"] = written(wanted.expires)
    return _cdevent(origin, ANALYSIS_TICK, "", said)


def rollback_requested(origin: Origin, wish: RollbackWish) -> Event:
    """Go back. The time that counts is the event's: its origin's."""
    said = {
        "namespace": wish.namespace,
        "canary": wish.canary,
        "reason": wish.reason,
        "requestedBy": wish.requested_by,
    }
    if wish.revision is not None:
        said["revision"] = wish.revision
    return _cdevent(origin, ROLLBACK_REQUESTED, f"{wish.namespace}/{wish.canary}", said)


def canary_started(origin: Origin, namespace: str, canary: str, *, revision: str) -> Event:
    """A run began."""
    said = {"namespace": namespace, "canary": canary, "revision": revision}
    return _cdevent(origin, CANARY_STARTED, f"{namespace}/{canary}", said)


def canary_advanced(
    origin: Origin, namespace: str, canary: str, *, revision: str, weight: int
) -> Event:
    """The weight of the canary, in percent of the traffic, moved."""
    said: Object = {
        "namespace": namespace,
        "canary": canary,
        "revision": revision,
        "weight": weight,
    }
    return _cdevent(origin, CANARY_ADVANCED, f"{namespace}/{canary}", said)


def incident_detected(
    origin: Origin,
    namespace: str,
    canary: str,
    *,
    environment: str,
    image: str,
    revision: str,
    description: str,
) -> Event:
    """A check was breached for good by the canary that runs this image."""
    said: Object = {
        "description": description,
        "environment": {"id": environment},
        "service": {"id": f"{namespace}/{canary}"},
        "artifactId": purl(image),
    }
    return _cdevent(
        origin, INCIDENT_DETECTED, f"{namespace}/{canary}", said, {"revision": revision}
    )


def service_upgraded(
    origin: Origin, namespace: str, app: str, *, environment: str, image: str, revision: str
) -> Event:
    """The app now serves this image."""
    said: Object = {"environment": {"id": environment}, "artifactId": purl(image)}
    return _cdevent(origin, SERVICE_UPGRADED, f"{namespace}/{app}", said, {"revision": revision})


def service_rolledback(
    origin: Origin, namespace: str, app: str, *, environment: str, image: str, revision: str
) -> Event:
    """The app serves this image again: the one it went back to."""
    said: Object = {"environment": {"id": environment}, "artifactId": purl(image)}
    return _cdevent(origin, SERVICE_ROLLEDBACK, f"{namespace}/{app}", said, {"revision": revision})


def _cdevent(
    origin: Origin, kind: str, subject: str, said: Object, custom: Object | None = None
) -> Event:
    """github.com/cdevents/spec: no other keys are allowed; what is ours goes into customData."""
    context: dict[str, Json] = {
        "specversion": _CDEVENTS,
        "id": origin.id,
        "source": origin.source,
        "type": kind,
        "timestamp": written(origin.time),
    }
    if origin.chain is not None:
        context["chainId"] = origin.chain
    data: Object = {
        "context": context,
        "subject": {"id": subject or "canaries", "content": said},
        "customData": {} if custom is None else custom,
    }
    return Event(
        id=origin.id,
        source=origin.source,
        type=kind,
        subject=subject,
        time=origin.time,
        data=data,
    )


def _key(said: Json, *path: str, name: str) -> tuple[str, str]:
    """Namespace and name of a canary: they become part of a path of the API server."""
    namespace, found = (*path, "namespace"), (*path, name)
    if not dns.is_label(text(said, *namespace)):
        raise wrong(namespace, at(said, *namespace), dns.LABEL)
    if not dns.is_name(text(said, *found)):
        raise wrong(found, at(said, *found), dns.NAME)
    return text(said, *namespace), text(said, *found)


def _words(said: Json, name: str) -> str:
    """What people are told, as short as the status keeps it."""
    found = short(text(said, name))
    if not found:
        raise wrong((name,), at(said, name), "words")
    return found
