"""A proxy in front of the API server that kills the process which speaks through it."""

import http.client
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from infra.local.background import in_background
from tests.reconcile.outside import When


@dataclass(slots=True)
class Killer:
    """Kills the server at the n-th write that it sends in its n-th life, so that each life comes
    further than the one before; then leaves it in peace.
    """

    lives: int
    kills: int = 0
    writes: int = 0  # in this life
    victim: "subprocess.Popen[bytes] | None" = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def is_due(self, method: str) -> When | None:
        """Whether the server dies at this request, and where in it."""
        with self.lock:
            self.writes += method != "GET"
            if method == "GET" or self.kills == self.lives or self.writes <= self.kills:
                return None
            return (When.BEFORE, When.AFTER)[self.kills % 2]

    def kill(self) -> None:
        assert self.victim is not None
        self.kills += 1
        os.killpg(self.victim.pid, signal.SIGKILL)
        self.victim.wait(10)


class _Proxy(ThreadingHTTPServer):
    """Where it forwards to, and who dies."""

    upstream: str
    killer: Killer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Proxy

    def handle_one_request(self) -> None:
        """One exchange, whatever its method."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        due = self.server.killer.is_due(self.command)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if due is When.BEFORE:
            self._die()
            return
        status, answer = self._forward(body)
        if due is When.AFTER:
            self._die()
            return
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _die(self) -> None:
        self.server.killer.kill()
        self.close_connection = True

    def _forward(self, body: bytes) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.server.upstream, timeout=10)
        try:
            connection.request(self.command, self.path, body, dict(self.headers.items()))
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the output of tests quiet."""


@contextmanager
def a_proxy(upstream: str, killer: Killer) -> Iterator[str]:
    """The API server at host:port, as the victim sees it; yields an URL."""
    server = _Proxy(("127.0.0.1", 0), _Handler)
    server.upstream, server.killer = upstream, killer
    with in_background(server) as port:
        yield f"http://127.0.0.1:{port}"
