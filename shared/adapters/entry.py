"""The edge of every function: requests in, and replies that a broker, Pub/Sub and people read."""

import functools
from collections.abc import Callable, Iterator, Sequence

from flask import Request
from functions_framework import http

from shared.adapters import codec, log
from shared.adapters.tokens import Admit, Stranger, anybody
from shared.domain.errors import Conflict, Refused, Unavailable
from shared.domain.events import Event
from shared.domain.fields import short, wrong

__all__ = ["Reply", "Request", "TooLarge", "http", "on_event", "read", "reply"]

Reply = tuple[Iterator[str], int, dict[str, str]]

_CHUNK = 64 << 10
_DISCARDED = 16 << 20


class TooLarge(Refused):
    """The body is longer than this function reads (reply 413 to people, 400 to a broker)."""


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
    if (request.content_length or 0) <= largest:
        body = _read_up_to(request, largest + 1)
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
    body = bytearray()
    while len(body) < most:
        chunk = request.stream.read(min(_CHUNK, most - len(body)))
        if not chunk:
            break
        body += chunk
    return bytes(body)


def _discard(request: Request) -> None:
    """A client that is still sending when the connection closes never sees its reply."""
    for _ in range(_DISCARDED // _CHUNK):
        if not request.stream.read(_CHUNK):
            return
