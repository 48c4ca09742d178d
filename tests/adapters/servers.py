"""Small real servers on loopback that behave as a server should not."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread


@contextmanager
def answering(reply: bytes, heard: list[bytes] | None = None, port: int = 0) -> Iterator[str]:
    """Whatever it is asked, it says this, byte for byte, and hangs up."""

    def serve(peer: socket.socket) -> None:
        request = peer.recv(65536)
        if heard is not None:
            heard.append(request)
        peer.sendall(reply)

    with _listening(serve, port) as url:
        yield url


@contextmanager
def silent() -> Iterator[str]:
    """Takes requests and never says a word."""
    over = Event()
    with _listening(lambda _: over.wait(20)) as url:
        try:
            yield url
        finally:
            over.set()


Welcome = Callable[[socket.socket], socket.socket]


@contextmanager
def dribbling(start: bytes, welcome: Welcome = lambda peer: peer) -> Iterator[str]:
    """Begins its answer like this, and goes on a byte at a time, for longer than anybody waits."""
    over = Event()

    def serve(taken: socket.socket) -> None:
        with welcome(taken) as peer:
            peer.recv(65536)
            peer.sendall(start)
            while not over.wait(0.02):
                peer.sendall(b"x")

    with _listening(serve) as url:
        try:
            yield url
        finally:
            over.set()


@contextmanager
def _listening(serve: Callable[[socket.socket], object], port: int = 0) -> Iterator[str]:
    """Serves each connection in its own thread, until the block is left."""
    listener = socket.create_server(("127.0.0.1", port))

    def answer(peer: socket.socket) -> None:
        with peer, suppress(OSError):  # who asked may hang up first
            serve(peer)

    def accept() -> None:
        with suppress(OSError):  # closed: no more are taken
            while True:
                peer, _ = listener.accept()
                Thread(target=answer, args=(peer,), daemon=True).start()

    thread = Thread(target=accept)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
