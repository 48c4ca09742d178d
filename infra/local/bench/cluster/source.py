"""Metrics that are always there: a server that answers as Prometheus does, and counts questions.

Two rates for each workload that a query names: all of its requests are good, or most are not.
A whole Prometheus would take the processor that is measured.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from infra.local.bench.outside import vector

_GOOD, _BAD = 1.0, 0.1  # shares of requests that do not fail


class Source(ThreadingHTTPServer):
    """Answers /api/v1/query until it is closed. Who is in `bad` has bad metrics."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.namespaces: dict[str, str] = {}  # of the workloads with metrics
        self.bad: set[str] = set()
        self.queries = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Answers nobody any more."""
        self.shutdown()
        self.server_close()

    @property
    def url(self) -> str:
        """Where a Canary's metrics are asked for."""
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, query: str) -> list[dict[str, object]]:
        """The elements of the vector that a query comes to."""
        self.queries += 1
        good = {name: ns for name, ns in self.namespaces.items() if name not in self.bad}
        bad = {name: ns for name, ns in self.namespaces.items() if name in self.bad}
        return [*vector(query, good, share=_GOOD), *vector(query, bad, share=_BAD)]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Source

    def do_GET(self) -> None:
        """An instant query."""
        self._answer(urlsplit(self.path).query)

    def do_POST(self) -> None:
        """The same in a form, as Argo Rollouts asks."""
        self._answer(self.rfile.read(int(self.headers["content-length"])).decode())

    def _answer(self, form: str) -> None:
        (query,) = parse_qs(form)["query"]
        data = {"resultType": "vector", "result": self.server.answer(query)}
        body = json.dumps({"status": "success", "data": data}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: questions are counted."""
