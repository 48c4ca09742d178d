"""A limit of time for one HTTP exchange, however slowly the other side dribbles.

`requests` limits each read from the socket; a byte now and then keeps an exchange going for ever.
"""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol, Self

from urllib3 import HTTPConnectionPool, PoolManager


class _Connection(Protocol):
    """Of a connection, http or https, only its socket matters here."""

    sock: socket.socket | None


class Limit:
    """Shuts the watched sockets when the time is over; whoever reads from them then fails."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._cuts: list[Callable[[], None]] = []
        self._timer = threading.Timer(max(seconds, 0), self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()

    def check(self) -> float:
        """The seconds that are left. Raises TimeoutError where there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def watch(self, cut: Callable[[], None]) -> None:
        """Calls `cut` when the time is over. Raises TimeoutError where it is already."""
        self._cuts.append(cut)
        self.check()

    def watch_connections(self, manager: PoolManager) -> None:
        """Watches every connection that this manager's pools will make."""
        manager.pool_classes_by_scheme = {
            scheme: self._watching(pool_class)  # type: ignore[misc]  # urllib3 only calls it
            for scheme, pool_class in manager.pool_classes_by_scheme.items()
        }

    def _watching(self, pool_class: type[HTTPConnectionPool]) -> Callable[..., HTTPConnectionPool]:
        def pool(*args: Any, **settings: Any) -> HTTPConnectionPool:
            made = pool_class(*args, **settings)
            made.ConnectionCls = self._watched(made.ConnectionCls)  # type: ignore[assignment,arg-type]  # as above
            return made

        return pool

    def _watched(self, connection_class: type[_Connection]) -> Callable[..., _Connection]:
        def connection(*args: Any, **settings: Any) -> _Connection:
            made = connection_class(*args, **settings)
            self.watch(lambda: _shut(made))
            return made

        return connection

    def _cut(self) -> None:
        for cut in tuple(self._cuts):
            with suppress(OSError, ValueError, RuntimeError):  # it has ended by itself
                cut()


def _shut(connection: _Connection) -> None:
    if connection.sock is not None:
        connection.sock.shutdown(socket.SHUT_RDWR)
