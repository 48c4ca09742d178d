"""A real HTTP sink on loopback, in the place of a broker: it notes what it is sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from infra.local.background import in_background


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Sink:
    """Its address, what it answers from now on, and what it got."""

    url: str
    status: int
    deliveries: list[Delivery] = field(default_factory=list)


@contextmanager
def a_sink(status: int = 202) -> Iterator[Sink]:
    """Runs a sink until the block is left."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sink.deliveries.append(Delivery(self.path, dict(self.headers.items()), body))
            self.send_response(sink.status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Keeps the output of tests quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sink = Sink(f"http://127.0.0.1:{server.server_port}/spillway/default?x=1", status)
    with in_background(server):
        yield sink
