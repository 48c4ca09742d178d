"""A gate in front of the API server: some requests do not get through, or not for a while."""

import http.client
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from infra.local.background import in_background

_PATIENCE = 20  # seconds; nothing here takes one


@dataclass(slots=True)
class Held:
    """A request that stands still at the gate, and the status of its answer in the end."""

    method: str
    path: str
    came: threading.Event = field(default_factory=threading.Event)
    may_go: threading.Event = field(default_factory=threading.Event)
    status: int = 0


@dataclass(slots=True)
class Gate:
    """Where it stands, and what is refused there: a method, the end of a path, and the reply."""

    url: str = ""
    closed: tuple[str, str, int] | None = None
    holds: Held | None = None

    def hold(self, method: str, path: str) -> Held:
        """The next request of this method to a path that ends so stands still until it may go."""
        self.holds = Held(method, path)
        return self.holds

    def taken(self, method: str, path: str) -> Held | None:
        """What this request is, where it is the one to be held."""
        held = self.holds
        if held is None or method != held.method or not path.endswith(held.path):
            return None
        self.holds = None
        return held

    @contextmanager
    def closed_to(self, method: str, path: str, status: int) -> Iterator[None]:
        """Such requests are answered with this status, for as long as the block lasts."""
        self.closed = (method, path, status)
        try:
            yield
        finally:
            self.closed = None

    def refuses(self, method: str, path: str) -> int:
        """The status, of a request that does not get through; else 0."""
        if self.closed is None:
            return 0
        closed_to, end, status = self.closed
        return status if method == closed_to and path.partition("?")[0].endswith(end) else 0


@contextmanager
def a_gate(upstream: str, trusted: Path | None = None) -> Iterator[Gate]:
    """A gate in front of the server at this URL; with its certificate where it is https."""
    gate = Gate()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            """One exchange, whatever its method."""
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            refused = gate.refuses(self.command, self.path)
            held = gate.taken(self.command, self.path)
            if held:
                held.came.set()
                assert held.may_go.wait(_PATIENCE)
            status, answer = _refusal(refused) if refused else self._forward(body)
            if held:
                held.status = status
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def _forward(self, body: bytes) -> tuple[int, bytes]:
            connection = _connection(upstream, trusted)
            try:
                connection.request(self.command, self.path, body, dict(self.headers.items()))
                response = connection.getresponse()
                return response.status, response.read()
            finally:
                connection.close()

        def log_message(self, format: str, *args: object) -> None:
            """Keeps the output of tests quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    gate.url = f"http://127.0.0.1:{server.server_port}"
    with in_background(server):
        yield gate


def _connection(upstream: str, trusted: Path | None) -> http.client.HTTPConnection:
    where = upstream.partition("://")[2]
    if trusted is None:
        return http.client.HTTPConnection(where, timeout=10)
    context = ssl.create_default_context(cafile=str(trusted))
    return http.client.HTTPSConnection(where, timeout=10, context=context)


def _refusal(status: int) -> tuple[int, bytes]:
    said = {"kind": "Status", "status": "Failure", "code": status, "message": "not now"}
    return status, json.dumps(said).encode()
