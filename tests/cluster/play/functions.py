"""The four functions as real servers, each under its own identity."""

import secrets
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from infra.local.parts import FUNCTIONS
from infra.local.processes import Part, Processes, free_ports
from tests.cluster.play.bus import ADDRESS
from tests.cluster.play.servers import Server
from tests.functions.place import FRAMEWORK, environ_of

_READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Functions:
    """Their addresses, and the key that promotions are signed with."""

    addresses: dict[str, str]
    key: bytes


@contextmanager
def functions(server: Server, bus: str, metrics: str) -> Iterator[Functions]:
    """They run for as long as the block lasts."""
    key = secrets.token_hex(32).encode()
    folder = server.folder / "secrets"
    folder.mkdir()
    (folder / "pipeline").write_bytes(key)
    processes = Processes(server.folder / "functions")
    shared = {
        "SPILLWAY_NAMESPACES": server.namespaces,
        "SPILLWAY_METRICS_SERVER": metrics,
        "SPILLWAY_SECRETS": str(folder),
        "SPILLWAY_BEAT": "2s",
        "K_SINK": f"{bus}{ADDRESS}",
        "NO_PROXY": "127.0.0.1",
        "THREADS": "4",
    }
    addresses = {}
    try:
        for name, port in zip(FUNCTIONS, free_ports(len(FUNCTIONS)), strict=True):
            addresses[name] = f"http://127.0.0.1:{port}/"
            environ = {**shared, "SPILLWAY_KUBECONFIG": str(server.accounts[name])}
            command = (FRAMEWORK, "--host", "127.0.0.1", "--port", str(port))
            ready = _answers(addresses[name])
            processes.start(Part(name, command, ready, environ_of(name, environ)))
        processes.wait(_READY_SECONDS)
        yield Functions(addresses, key)
    finally:
        processes.stop()


def _answers(url: str) -> Callable[[], bool]:
    def ready() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=1.0):
                return True
        except OSError:
            return False

    return ready
