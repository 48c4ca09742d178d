"""CloudEvents on the wire: binary, structured, and inside a Pub/Sub push, wrapped or not."""

import base64
import json
from collections.abc import Mapping
from urllib.parse import quote, unquote

from cloudevents.conversion import to_binary
from cloudevents.exceptions import GenericException
from cloudevents.http import CloudEvent, from_http

from shared.domain.errors import Refused
from shared.domain.events import Event
from shared.domain.fields import Json, Object, at, mapping, pairs, quoted, text
from shared.domain.instants import instant, written

# The largest message of Pub/Sub is 10 MB, and a push carries it in base64.
LARGEST = 14 << 20

_BATCH = "application/cloudevents-batch"
_REQUIRED = ("specversion", "id", "source", "type")
_READ = (*_REQUIRED, "subject", "time", "datacontenttype")
# CloudEvents HTTP binding 1.0.2 §3.1.3.2: printable ASCII stays, but for space, quote and percent.
_PLAIN = "".join(map(chr, range(0x21, 0x7F))).replace('"', "").replace("%", "")


def decode(headers: Mapping[str, str], body: bytes) -> Event:
    """Reads one event out of a request; refuses what is no CloudEvent with JSON data."""
    headers, body = _message({name.lower(): value for name, value in headers.items()}, body)
    if headers.get("content-type", "").startswith(_BATCH):
        raise Refused("a batch of CloudEvents: send them one by one")
    if "ce-specversion" in headers:
        return _binary(headers, body)
    return _structured(body)


def is_push(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether Pub/Sub sent this: it would repeat whatever is not answered with success."""
    if any(name.lower().startswith("x-goog-pubsub-") for name in headers):
        return True
    try:
        return _is_wrapped(parse(body))
    except Refused:
        return False


def encode(event: Event) -> tuple[dict[str, str], bytes]:
    """An event in binary mode; the headers are Pub/Sub attributes just as well."""
    outgoing = CloudEvent(
        {
            "id": event.id,
            "source": event.source,
            "type": event.type,
            "datacontenttype": "application/json",  # else the SDK sends no content type
        },
        event.data,
    )
    del outgoing["time"]  # the SDK's own: the time of this call
    if event.time is not None:
        outgoing["time"] = written(event.time)
    if event.subject:
        outgoing["subject"] = event.subject
    headers, body = to_binary(outgoing)
    return {name: quote(value, safe=_PLAIN) for name, value in headers.items()}, body


def parse(body: bytes) -> Json:
    """JSON as RFC 8259 has it: UTF-8, and without the NaN that Python would take."""
    try:
        parsed: Json = json.loads(body.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refused(f"not JSON: {quoted(str(error))}") from error
    return parsed


def _message(headers: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
    """Headers and body of the event itself: out of Pub/Sub's envelope, where there is one."""
    if "ce-specversion" in headers or headers.get("content-type", "").startswith(_BATCH):
        return headers, body
    envelope = parse(body)
    if not _is_wrapped(envelope):
        return headers, body
    attributes = pairs(envelope, "message", "attributes")
    data = text(envelope, "message", "data")
    try:
        decoded = base64.b64decode(data, validate=True)
    except ValueError as error:
        raise Refused(f"message.data: not base64: {quoted(data)}") from error
    return {name.lower(): value for name, value in attributes.items()}, decoded


def _is_wrapped(body: Json) -> bool:
    return isinstance(at(body, "message"), Mapping) and isinstance(at(body, "subscription"), str)


def _binary(headers: Mapping[str, str], body: bytes) -> Event:
    """Whatever content type came along: Pub/Sub sends a form's where no attribute names one."""
    said = {name: headers[f"ce-{name}"] for name in _READ if f"ce-{name}" in headers}
    attributes = {name: unquote(value) for name, value in said.items()}
    return _event(attributes, {f"ce-{name}": value for name, value in attributes.items()}, body)


def _structured(body: bytes) -> Event:
    """CloudEvents 0.2 kept extensions in an object, and the SDK still breaks on any other value."""
    envelope = mapping(parse(body))
    mapping(envelope, "extensions")
    return _event(envelope, {"content-type": "application/cloudevents+json"}, body)


def _event(attributes: Object, headers: Mapping[str, str], body: bytes) -> Event:
    """Attributes are checked here, since the SDK makes up an id and a time that are missing."""
    for name in _REQUIRED:
        if not text(attributes, name):
            raise Refused(f"not a CloudEvent: no attribute {name}")
    if attributes["specversion"] != "1.0":
        raise Refused(f"specversion: wanted 1.0, found {quoted(attributes['specversion'])!r}")
    try:
        found = from_http(headers, body, data_unmarshaller=lambda raw: raw)
    except (GenericException, RecursionError) as error:
        raise Refused(f"not a CloudEvent: {quoted(str(error))}") from error
    return Event(
        id=found["id"],
        source=found["source"],
        type=found["type"],
        subject=text(attributes, "subject"),
        time=instant(attributes, "time"),
        data=_data(found.data),
    )


def _data(raw: str | bytes | None) -> Object:
    """The SDK hands over data as it came: text from a structured event, bytes else."""
    if not raw:
        return {}
    return mapping({"data": parse(raw.encode() if isinstance(raw, str) else raw)}, "data")


def _no_number(name: str) -> Json:
    raise ValueError(f"{name} is no number")
