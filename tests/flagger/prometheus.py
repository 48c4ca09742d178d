"""A stand-in for Prometheus, over real HTTP: the app answers well, or mostly not."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from infra.local.background import in_background

_MILLISECONDS = "100"


@dataclass(slots=True)
class Prometheus:
    """Its address, whose metrics it has, and whether they are bad from now on."""

    url: str
    namespace: str
    bad: bool = False

    def answer(self, query: str) -> list[dict[str, object]]:
        """The vector for one of Spillway's two questions: 100 % or 10 % good, and always fast."""
        labels: dict[str, str] = {
            "destination_workload_namespace": self.namespace,
            "destination_workload": "app",
        }
        if "istio_requests_total" not in query:
            return [{"metric": labels, "value": [0, _MILLISECONDS]}]
        rates = {"200": "1", "500": "9"} if self.bad else {"200": "10"}
        return [
            {"metric": {**labels, "response_code": code}, "value": [0, rate]}
            for code, rate in rates.items()
        ]


@contextmanager
def a_prometheus(namespace: str) -> Iterator[Prometheus]:
    """Runs until the block is left."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)["query"][0]
            data = {"resultType": "vector", "result": running.answer(query)}
            body = json.dumps({"status": "success", "data": data}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keeps the output of tests quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running = Prometheus(f"http://127.0.0.1:{server.server_port}", namespace)
    with in_background(server):
        yield running
