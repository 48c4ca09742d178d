"""Bytes on the wire: a way to a port that counts what goes through it, and understands none of it.

Audit logs count calls and no bytes. What goes by here is TLS, as the API server sends it.
"""

import socket
import threading
from contextlib import suppress

_CHUNK = 1 << 18


class Wire:
    """Listens on a port of its own, and leads each connection to another port of this machine."""

    def __init__(self, port: int) -> None:
        """Listens from now on; counts are of bytes, by who sent them."""
        self.sent = 0  # by the clients
        self.answered = 0
        self._to = port
        self._lock = threading.Lock()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._open: list[socket.socket] = [self._socket]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where clients connect."""
        return int(self._socket.getsockname()[1])

    def close(self) -> None:
        """Ends every connection."""
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):  # it is closed
            while True:
                client, _ = self._socket.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                for one in (client, server):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open += (client, server)
                for ends in ((client, server, "sent"), (server, client, "answered")):
                    threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source: socket.socket, to: socket.socket, count: str) -> None:
        with suppress(OSError):
            while chunk := source.recv(_CHUNK):
                with self._lock:
                    setattr(self, count, getattr(self, count) + len(chunk))
                to.sendall(chunk)
        with suppress(OSError):
            to.shutdown(socket.SHUT_WR)
