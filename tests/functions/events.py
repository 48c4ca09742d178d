"""One event as each sender puts it on the wire."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_RECORDINGS = Path(__file__).parents[1] / "data" / "pubsub"
WAYS = ("binary", "structured", "wrapped", "unwrapped")

Request = tuple[dict[str, str], bytes]


def attributes(kind: str, **more: str) -> dict[str, str]:
    """The attributes of an event of this type, of this moment."""
    required = {"specversion": "1.0", "id": "e-1", "source": "/tests", "type": kind}
    return {**required, "time": datetime.now(UTC).isoformat(), **more}


def sent(way: str, about: dict[str, str], said: Any) -> Request:
    """The request: two ways are CloudEvents', two are those of a recorded Pub/Sub push."""
    return _WAYS[way](about, said)


def _binary(about: dict[str, str], said: Any) -> Request:
    headers = {f"Ce-{name.capitalize()}": value for name, value in about.items()}
    return {**headers, "Content-Type": "application/json"}, json.dumps(said).encode()


def _structured(about: dict[str, str], said: Any) -> Request:
    envelope = {**about, "datacontenttype": "application/json", "data": said}
    return {"Content-Type": "application/cloudevents+json"}, json.dumps(envelope).encode()


def _wrapped(about: dict[str, str], said: Any) -> Request:
    """A recorded push, with another event in it."""
    headers, body = _recorded("wrapped")
    envelope = json.loads(body)
    message = envelope["message"]
    message["data"] = base64.b64encode(json.dumps(said).encode()).decode()
    message["attributes"] = {f"ce-{name}": value for name, value in about.items()}
    return headers, json.dumps(envelope).encode()


def _unwrapped(about: dict[str, str], said: Any) -> Request:
    headers, _ = _recorded("unwrapped")
    kept = {name: value for name, value in headers.items() if not name.startswith("ce-")}
    return kept | {f"ce-{name}": value for name, value in about.items()}, json.dumps(said).encode()


def _recorded(folder: str) -> Request:
    """The headers that Pub/Sub's emulator sent, but for those of the connection, and the body."""
    head, _, body = (_RECORDINGS / folder / "01.http").read_bytes().partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    hop = ("Host", "Connection", "Content-Length")
    return {name: value for name, value in headers.items() if name not in hop}, body


_WAYS = {
    "binary": _binary,
    "structured": _structured,
    "wrapped": _wrapped,
    "unwrapped": _unwrapped,
}
