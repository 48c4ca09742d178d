"""An HTTP server in a thread of this process, for as long as a block lasts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer

_POLL_SECONDS = 0.02  # how late its end may be noticed


@contextmanager
def in_background(server: HTTPServer) -> Iterator[int]:
    """Serves until the block is left, then closes; yields the port."""
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
