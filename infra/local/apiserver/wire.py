"""HTTP/1.1 on a socket: reads one request after the other, writes its reply or its stream."""

import json
import select
import socket
import sys
from collections.abc import Callable
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from infra.local.apiserver.errors import ApiError
from infra.local.apiserver.messages import PLAIN_BODY, Reply, Request, Stream
from infra.local.apiserver.trees import Tree

_Socket = socket.socket | tuple[bytes, socket.socket]  # the second one is for UDP
Route = Callable[[Request], Reply | Stream]


class Listener(ThreadingHTTPServer):
    """The listening socket, with the connections that are open."""

    request_queue_size = 128
    daemon_threads = False  # so that closing waits for every connection

    def __init__(self, port: int, route: Route) -> None:
        self.route = route
        self._connections: set[Any] = set()
        super().__init__(("127.0.0.1", port), Handler)

    def server_bind(self) -> None:
        """Binds without asking a name server who we are, which the stdlib's does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def process_request(self, request: _Socket, client_address: Any) -> None:
        """Counts a connection among the open ones, before its thread begins."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: _Socket) -> None:
        """Counts a connection out."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Ends every open connection; none is accepted any more."""
        for connection in tuple(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # the client was faster
                continue

    def handle_error(self, request: _Socket, client_address: Any) -> None:
        """Lets a connection that broke go in silence; a bug is printed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Listener
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # a reply leaves in one piece

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: a request is no news."""

    def _serve(self) -> None:
        try:
            found = self.server.route(self._request())
        except ApiError as error:
            found = Reply(error.status(), error.code)
        if isinstance(found, Reply):
            self._send(found)
        else:
            self._stream(found)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815  the stdlib's names

    def _request(self) -> Request:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if "Transfer-Encoding" in self.headers:
            self.close_connection = True
            raise ApiError(411, "LengthRequired", "send the body with a Content-Length")
        return Request(
            method=self.command,
            path=tuple(unquote(part) for part in url.path.split("/") if part),
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            accept=self.headers.get("Accept") or "",
            content_type=(self.headers.get("Content-Type") or "").partition(";")[0].strip(),
            data=self.rfile.read(length) if length else b"",
            agent=(self.headers.get("User-Agent") or "unknown").partition("/")[0],
        )

    def _send(self, reply: Reply) -> None:
        text = reply.body if isinstance(reply.body, str) else _encoded(reply.body)
        data = text.encode()
        self.send_response(reply.code)
        if reply.content_type:
            self.send_header("Content-Type", reply.content_type)
        for warning in reply.warnings:
            self.send_header("Warning", f"299 - {json.dumps(warning)}")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, stream: Stream) -> None:
        self.send_response(200)
        self.send_header("Content-Type", PLAIN_BODY)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        with closing(stream.items) as items:
            for item in items:
                if item is not None:
                    line = _encoded(item).encode() + b"\n"
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                    self.wfile.flush()
                elif self._is_left():
                    self.close_connection = True
                    return
        self.wfile.write(b"0\r\n\r\n")

    def _is_left(self) -> bool:
        """Whether the client has gone; one that watches has nothing more to say."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable)


def _encoded(value: Tree) -> str:
    return json.dumps(value, separators=(",", ":"))
