"""The edge of every function: requests in, and replies that a broker, Pub/Sub and people read."""

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from flask import Request
from functions_framework import http
from gunicorn.http.errors import ParseException

from shared.adapters import codec, log
from shared.adapters.tokens import Admit, Stranger, anybody
from shared.domain.errors import Conflict, Refused, Unavailable
from shared.domain.events import Event
from shared.domain.fields import short, wrong

__all__ = ["BrokenOff", "Reply", "Request", "TooLarge", "http", "on_event", "read", "reply"]

Reply = tuple[Iterator[str], int, dict[str, str]]

_CHUNK = 64 << 10
_DISCARDED = 16 << 20
_SECONDS = 30.0  # in which a body has to come


class TooLarge(Refused):
    """The body is longer than this function reads (reply 413 to people, 400 to a broker)."""


class BrokenOff(Refused):
    """The body did not come whole, or not in time (reply 400, on a push too: it is no word on the
    event).
    """


def on_event(
    *types: str, admit: Admit = anybody
) -> Callable[[Callable[[Event], None]], Callable[[Request], Reply]]:
    """Makes an HTTP function of a handler of events of these types, from whom `admit` lets in; any
    other is refused. Bugs pass through, and are 500.
    """

    def register(handler: Callable[[Event], None]) -> Callable[[Request], Reply]:
        @functools.wraps(handler)
        def function(request: Request) -> Reply:
            if request.method in ("GET", "HEAD"):
                return reply(204)
            if request.method != "POST":
                return reply(405)
            return reply(_outcome(handler, types, admit, request))

        http(function)  # registers it, by its name
        return function

    return register


def read(request: Request, largest: int) -> bytes:
    """The body, unless it is longer: then it is thrown away, as is what a client still sends."""
    announced = request.content_length or 0
    if announced <= largest:
        body = _read_up_to(request, largest + 1)
        if len(body) < announced:
            raise BrokenOff(f"the body broke off: {len(body)} of {announced} bytes")
        if len(body) <= largest:
            return body
    _discard(request)
    raise TooLarge(f"the body is longer than {largest} bytes")


def reply(status: int, text: str = "") -> Reply:
    """A reply. It is streamed: else the framework reads all that is left of the request first."""
    headers = {} if status == 204 else {"Content-Length": str(len(text.encode()))}
    if text:
        headers["Content-Type"] = "application/json"
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status == 405:
        headers["Allow"] = "GET, HEAD, POST"
    return iter((text,) if text else ()), status, headers


def _outcome(
    handler: Callable[[Event], None], types: Sequence[str], admit: Admit, request: Request
) -> int:
    """The status of design §5's table, and the one line that says why."""
    headers, body, about = dict(request.headers.items()), b"", {}
    try:
        admit(headers.get("Authorization", ""))
        body = read(request, codec.LARGEST)
        event = codec.decode(headers, body)
        named = {"event": event.id, "type": event.type, "subject": event.subject}
        about = {name: short(value) for name, value in named.items()}
        if event.type not in types:
            raise wrong(("type",), event.type, " or ".join(types))
        handler(event)
    except Stranger as error:
        _discard(request)
        log.warning(f"not let in: {error}", status=401)
        return 401
    except BrokenOff as error:
        log.warning(f"refused: {error}", status=400)
        return 400
    except Refused as error:
        status = 204 if codec.is_push(headers, body) else 400
        log.warning(f"refused: {error}", status=status, **about)
        return status
    except Conflict as error:
        log.warning(f"lost a race: {error}", status=409, **about)
        return 409
    except Unavailable as error:
        log.error(f"unavailable: {error}", status=503, **about)
        return 503
    log.info("done", status=204, **about)
    return 204


def _read_up_to(request: Request, most: int) -> bytes:
    """A raw stream may return less than was asked for, and empty bytes only at its end."""
    body, ends = bytearray(), _limit(request)
    while len(body) < most:
        chunk = _piece(request, min(_CHUNK, most - len(body)))
        if not chunk:
            break
        body += chunk
        if time.monotonic() > ends:
            raise BrokenOff(f"the body broke off: it takes longer than {_SECONDS:g} s")
    return bytes(body)


def _limit(request: Request) -> float:
    """The moment by which a body has to be there. The server would wait for ever for a client that
    sends nothing, in one of its few threads.
    """
    connection = request.environ.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(_SECONDS)
    return time.monotonic() + _SECONDS


def _piece(request: Request, size: int) -> bytes:
    """What it raises may quote the body, so it is only named."""
    try:
        piece: bytes = request.stream.read(size)
    except (OSError, ParseException) as error:
        raise BrokenOff(f"the body broke off: {type(error).__name__}") from error
    return piece


def _discard(request: Request) -> None:
    """A client that is still sending when the connection closes never sees its reply."""
    ends = _limit(request)
    with suppress(BrokenOff):
        for _ in range(_DISCARDED // _CHUNK):
            if not _piece(request, _CHUNK) or time.monotonic() > ends:
                return
