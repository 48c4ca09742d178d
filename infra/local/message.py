"""A CloudEvent on the wire: attributes as text, data as bytes that nobody here looks into."""

import base64
import http.client
import json
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass

_STRUCTURED = "application/cloudevents+json"
_PREFIX = "ce-"
_NEEDED = ("specversion", "id", "source", "type")
_LONGEST_REPLY = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Message:
    """One event. The values of its attributes stand as headers carry them, percent-encoded."""

    attributes: Mapping[str, str]
    content_type: str = ""
    body: bytes = b""

    @property
    def type(self) -> str:
        """The event's type."""
        return self.attributes["type"]

    def headers(self) -> dict[str, str]:
        """The headers of the binary mode."""
        headers = {f"{_PREFIX}{name}": value for name, value in self.attributes.items()}
        return {**headers, "content-type": self.content_type} if self.content_type else headers


@dataclass(frozen=True, slots=True)
class Reply:
    """What a sink answered. Status 0: nothing came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def parse(headers: Mapping[str, str], body: bytes) -> Message:
    """The event of a request, in binary or structured mode; ValueError where there is none."""
    lower = {name.lower(): value for name, value in headers.items()}
    content_type = lower.get("content-type", "")
    if content_type.partition(";")[0].strip() == _STRUCTURED:
        message = _structured(json.loads(body))
    else:
        found = {n.removeprefix(_PREFIX): v for n, v in lower.items() if n.startswith(_PREFIX)}
        message = Message(found, content_type, body)
    missing = [name for name in _NEEDED if not message.attributes.get(name)]
    if missing:
        raise ValueError(f"not a CloudEvent: {', '.join(missing)} missing")
    return message


def post(url: str, message: Message, *, timeout: float, headers: Mapping[str, str]) -> Reply:
    """Sends an event in binary mode, once."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        path = parts.path or "/"
        connection.request("POST", path, message.body, {**message.headers(), **headers})
        reply = connection.getresponse()
        return Reply(reply.status, dict(reply.getheaders()), reply.read(_LONGEST_REPLY))
    except (OSError, http.client.HTTPException) as error:
        return Reply(0, {}, str(error).encode())
    finally:
        connection.close()


def _structured(event: object) -> Message:
    if not isinstance(event, dict):
        raise ValueError("not a CloudEvent: the body is not an object")  # noqa: TRY004 - foreign input
    attributes = {
        str(name): urllib.parse.quote(str(value), safe=" !#$&'()*+,/:;=?@[]")
        for name, value in event.items()
        if name not in ("data", "data_base64", "datacontenttype") and value is not None
    }
    content_type = str(event.get("datacontenttype") or "application/json")
    if "data_base64" in event:
        return Message(attributes, content_type, base64.b64decode(str(event["data_base64"])))
    if "data" not in event:
        return Message(attributes)
    data = event["data"]
    plain = isinstance(data, str) and "json" not in content_type
    return Message(attributes, content_type, (data if plain else json.dumps(data)).encode())
