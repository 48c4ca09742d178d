"""Takes signed promotions over HTTP and puts them on the bus; answers people and pipelines."""

import functools
import json
import os
from datetime import UTC, datetime

from shared.adapters import bus, codec, entry, log, secrets, settings
from shared.domain import events, instants, promotion, signature
from shared.domain.errors import Refused, Unavailable
from shared.domain.fields import Object, mapping
from shared.domain.promotion import Promotion

_SETTINGS = settings.load_webhook(os.environ)
_LARGEST = 1 << 20
_SOURCE = "/spillway/promotion-webhook"


@entry.http
def promotion_webhook(request: entry.Request) -> entry.Reply:
    """202 only once the bus has the event; the order of the checks is part of the contract."""
    if request.method in ("GET", "HEAD"):
        return entry.reply(204)
    if request.method != "POST":
        return _error(405, f"{request.method}: wanted POST")
    try:
        body = entry.read(request, _LARGEST)
    except entry.TooLarge as error:
        return _error(413, str(error))
    except entry.BrokenOff as error:
        return _error(400, str(error))
    try:
        return _signed(request, body, datetime.now(UTC))
    except Refused as error:
        return _error(400, str(error))
    except Unavailable as error:
        log.error(f"unavailable: {error}", status=503)
        return _error(503, "try again later")


def _signed(request: entry.Request, body: bytes, now: datetime) -> entry.Reply:
    """Nothing of the body is looked at before its signature is."""
    timestamp = request.headers.get("X-Spillway-Timestamp", "")
    given = request.headers.get("X-Spillway-Signature-256", "")
    signers = signature.signers(secrets.read(_SETTINGS.secrets), given, timestamp, body)
    if not signers or not signature.is_current(timestamp, now):
        return _error(401, "no valid X-Spillway-Signature-256 and X-Spillway-Timestamp")
    if request.mimetype != "application/json":
        return _error(415, f"content type {request.mimetype!r}: wanted application/json")
    wanted = promotion.from_content(_object(body))
    instants.refuse_future(wanted.time, now)
    if not any(secret.admits(wanted.namespace) for secret in signers):
        return _error(403, f"namespace: the secret is not for {wanted.namespace}")
    return _accept(wanted)


def _accept(wanted: Promotion) -> entry.Reply:
    """The same promotion is the same event, however often it is sent."""
    origin = events.Origin(promotion.event_id(wanted), _SOURCE, wanted.time)
    event = events.promotion_requested(origin, wanted)
    _bus().publish(event)
    log.info("promotion taken", status=202, event=event.id, subject=event.subject)
    return entry.reply(202, json.dumps({"event": event.id}))


@functools.cache
def _bus() -> bus.Bus:
    return bus.open_bus(_SETTINGS)


def _object(body: bytes) -> Object:
    return mapping({"body": codec.parse(body)}, "body")


def _error(status: int, text: str) -> entry.Reply:
    log.warning(text, status=status)
    return entry.reply(status, json.dumps({"error": text}))
