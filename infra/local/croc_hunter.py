"""The sample app: a small web server that answers with its version, and fails or dawdles when told.

Several run at once, so it parses HTTP itself: `http.server` would add 8 MB to each.
"""

import json
import os
import select
import signal
import socket
import socketserver
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

_REASONS = {
    200: "OK",
    400: "Bad Request",
    411: "Length Required",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_BAD = "-bad"  # how the version of a bad release ends: its environment cannot say so
_BAD_RATE = "0.3"
_LONGEST_HEAD = 65536  # bytes of request line and headers
_STALLED = 5.0  # seconds without a byte in the middle of a request
_JITTER = 0.2  # share by which an answer may be faster or slower than DELAY_MS


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the environment asks of the app."""

    version: str = "dev"
    pod: str = ""
    fail_rate: float = 0.0
    delay: float = 0.0  # seconds
    ever_ready: bool = True
    start_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer before it is written out."""

    status: int
    body: bytes
    delay: float = 0.0  # seconds


def behaviour(environ: Mapping[str, str]) -> Behaviour:
    """The behaviour that an environment asks for; a wrong value stops the start."""
    version = environ.get("VERSION", "dev")
    if version.endswith(_BAD):
        environ = {"FAIL_RATE": _BAD_RATE, **environ}
    return Behaviour(
        version=version,
        pod=environ.get("POD_NAME", ""),
        fail_rate=_number(environ, "FAIL_RATE", most=1.0),
        delay=_number(environ, "DELAY_MS") / 1000,
        ever_ready=environ.get("READY", "") != "never",
        start_seconds=_number(environ, "START_SECONDS"),
    )


def answer(how: Behaviour, path: str, *, number: int, up_seconds: float) -> Answer:
    """The answer to the number-th request for a page, or to a probe."""
    if path.partition("?")[0] == "/healthz":
        ready = how.ever_ready and up_seconds >= how.start_seconds
        return Answer(200 if ready else 503, _json({"ready": ready}))
    about = {"app": "croc-hunter", "version": how.version, "pod": how.pod}
    failed = spread(number, 0.6180339887) < how.fail_rate
    delay = how.delay * (1 + _JITTER * (2 * spread(number, 0.4142135624) - 1))
    return Answer(500 if failed else 200, _json(about), delay)


def spread(number: int, step: float) -> float:
    """A value in [0, 1) that fills the range evenly as the number rises: not drawn, so that a
    share is kept within a request or two, and runs repeat (the additive recurrence n·α mod 1).
    """
    return (number + 1) * step % 1.0


class Server(socketserver.ThreadingTCPServer):
    """One thread per connection, connections kept alive, and a stop that loses no request."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, how: Behaviour, port: int = 0) -> None:
        self.behaviour = how
        self.pages = count()
        self.started = time.monotonic()
        self._drain, self._draining = socket.socketpair()
        super().__init__(("127.0.0.1", port), _Connection)

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.socket.getsockname()[1]}"

    def start(self) -> None:
        """Serves in the background."""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}).start()

    def stop(self) -> None:
        """Takes no new connection, ends idle ones, waits for what is in flight."""
        self.shutdown()
        while select.select([self.socket], [], [], 0)[0]:
            self.handle_request()  # who has connected already is not turned away
        self._drain.close()
        self.server_close()
        self._draining.close()

    def is_draining(self) -> bool:
        """Whether the server is on its way out."""
        return bool(select.select([self._draining], [], [], 0)[0])

    def wait_for(self, connection: socket.socket) -> bool:
        """Waits for bytes; false where the server drains and none have come."""
        return connection in select.select([connection, self._draining], [], [])[0]


class _Connection(socketserver.BaseRequestHandler):
    """One client's connection: request after request, until either side ends it."""

    server: Server
    request: socket.socket

    def handle(self) -> None:
        self.request.settimeout(_STALLED)
        self.received = b""
        try:
            while self._serve_one():
                pass
        except OSError:  # the client went away, or stalled: nobody is left to be answered
            return

    def _serve_one(self) -> bool:
        head = self._head()
        if not head:
            return False
        try:
            method, path, protocol, headers = _parsed(head)
            length = int(headers.get("content-length", "0"))
        except ValueError:
            self._send(Answer(400, _json({"error": "not HTTP/1"})), keep=False)
            return False
        if "transfer-encoding" in headers:
            self._send(Answer(411, _json({"error": "no length"})), keep=False)
            return False
        self._skip(max(0, length))
        asked_to_close = headers.get("connection", "").lower() == "close"
        reply = self._answer(path)
        time.sleep(reply.delay)
        keep = protocol == "HTTP/1.1" and not asked_to_close and not self.server.is_draining()
        self._send(reply, keep=keep, with_body=method != "HEAD")
        return keep

    def _answer(self, path: str) -> Answer:
        probe = path.partition("?")[0] == "/healthz"
        number = 0 if probe else next(self.server.pages)
        up = time.monotonic() - self.server.started
        return answer(self.server.behaviour, path, number=number, up_seconds=up)

    def _head(self) -> bytes:
        """The next request's first line and headers; empty where there is no next request."""
        while b"\r\n\r\n" not in self.received:
            if not self.received and not self.server.wait_for(self.request):
                return b""
            more = self.request.recv(_LONGEST_HEAD)
            self.received += more
            if not more or len(self.received) > _LONGEST_HEAD:
                return b""
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        return head

    def _skip(self, length: int) -> None:
        while len(self.received) < length:
            length -= len(self.received)
            self.received = self.request.recv(_LONGEST_HEAD)
            if not self.received:
                raise ConnectionError("the body ended early")
        self.received = self.received[length:]

    def _send(self, reply: Answer, *, keep: bool, with_body: bool = True) -> None:
        head = [
            f"HTTP/1.1 {reply.status} {_REASONS[reply.status]}",
            "content-type: application/json",
            f"content-length: {len(reply.body)}",
            f"x-version: {self.server.behaviour.version}",
            *([] if keep else ["connection: close"]),
        ]
        body = reply.body if with_body else b""
        self.request.sendall("\r\n".join([*head, "", ""]).encode() + body)


def main() -> None:
    """Serves until SIGTERM or Ctrl-C."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    server = Server(behaviour(os.environ), int(os.environ.get("PORT", "8080")))
    server.start()
    print(f"croc-hunter {server.behaviour.version} on {server.address}", flush=True)
    ended.wait()
    server.stop()


def _parsed(head: bytes) -> tuple[str, str, str, dict[str, str]]:
    first, *rest = head.decode("latin-1").split("\r\n")
    method, path, protocol = first.split(" ")
    pairs = (line.partition(":") for line in rest)
    return method, path, protocol, {name.strip().lower(): value.strip() for name, _, value in pairs}


def _json(value: Mapping[str, str | bool]) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _number(environ: Mapping[str, str], name: str, most: float = 3600e3) -> float:
    found = environ.get(name) or "0"
    try:
        value = float(found)
    except ValueError:
        value = -1.0
    if not 0 <= value <= most:
        raise SystemExit(f"{name}: wanted a number from 0 to {most:g}, found {found!r}")
    return value


if __name__ == "__main__":
    main()
