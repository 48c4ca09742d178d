"""Answers that are read against the clock, however slowly the other side dribbles.

A socket's timeout is for each read from it; a byte now and then keeps an answer going for ever.
"""

import http.client
import io
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


def left(ends: float) -> float:
    """The seconds until then (monotonic clock). Raises TimeoutError where there are none."""
    seconds = ends - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("timed out")
    return seconds


class TimedResponse(http.client.HTTPResponse):
    """The timeout that its socket has at the beginning is for all of it, to the last byte."""

    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        seconds = sock.gettimeout()
        if seconds is not None:
            self.fp = io.BufferedReader(_Timed(self.fp.detach(), sock, seconds))


class _Timed(io.RawIOBase):
    """What comes from a socket, until the time is over; whoever reads on then gets TimeoutError."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, seconds: float) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock
        self._ends = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        self._sock.settimeout(left(self._ends))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
