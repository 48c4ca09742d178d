"""Where a function runs in these tests: its own server, the lab's API server, and a sink."""

import http.client
import itertools
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.adapters import paths
from shared.adapters.cluster import Cluster
from shared.domain.fields import Json, Object, text
from tests.conftest import an_apiserver
from tests.functions.gate import Gate, a_gate
from tests.reconcile.kubeconfig import a_kubeconfig
from tests.reconcile.stories import Story, begun
from tests.reconcile.watcher import Names
from tests.reconcile.world import World
from tests.sink import Sink, a_sink

ROOT = Path(__file__).parents[2]
FRAMEWORK = str(Path(sys.executable).parent / "functions-framework")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a function answered."""

    status: int
    body: bytes


@dataclass(slots=True)
class Place:
    """A function at work. Each test has a namespace of its own."""

    port: int
    log: Path
    cluster: Cluster
    gate: Gate
    sink: Sink
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def ask(self, method: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """One request, as it is given."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, "/", body, dict(headers))
            response = connection.getresponse()
            return Reply(response.status, response.read())
        finally:
            connection.close()

    def post(self, headers: Mapping[str, str], said: Json) -> Reply:
        """An event with this data, or in this envelope."""
        return self.ask("POST", headers, json.dumps(said).encode())

    def shop(self, story: Story | None = None, *, named: str = "cart") -> World:
        """A canary that rests, initialised, in a namespace of its own; an hour ago."""
        names = Names(f"shop{next(self._numbers)}", named)
        self.cluster.create("/api/v1/namespaces", {"metadata": {"name": names.namespace}})
        began = datetime.now(UTC) - timedelta(hours=1)
        world = World(self.cluster, names, now=began, swept=began - timedelta(hours=1))
        return begun(story or Story(()), world)

    def lines(self, **fields: Json) -> list[Object]:
        """What was logged with these fields."""
        logged = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [line for line in logged if fields.items() <= line.items()]

    def warnings(self, namespace: str) -> list[str]:
        """What people were warned of there, in the order of the alphabet."""
        pages = self.cluster.pages(paths.events(namespace))
        events = [event for page in pages for event in page]
        return sorted(text(event, "message") for event in events if event["type"] == "Warning")


@contextmanager
def a_place(function: str, folder: Path, **environ: str) -> Iterator[Place]:
    """Runs the function's real server, with these variables on top."""
    with an_apiserver() as server, a_gate(server.url) as gate, a_sink() as sink:
        cluster = Cluster(a_kubeconfig(folder / "direct", server.url))
        cluster.create("/api/v1/namespaces", {"metadata": {"name": "spillway"}})
        through = a_kubeconfig(folder / "kubeconfig", gate.url)
        settings = {"K_SINK": sink.url, "KUBECONFIG": through, **environ}
        port = a_free_port()
        with running(function, folder / "log", settings, port):
            yield Place(port, folder / "log", cluster, gate, sink)


@contextmanager
def running(function: str, log: Path, environ: Mapping[str, str], port: int) -> Iterator[None]:
    """The function's real server on that port."""
    command = [FRAMEWORK, "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environ_of(function, environ), stdout=output)
    try:
        _wait_until_it_answers(port)
        yield
    finally:
        process.terminate()
        process.wait(20)


def environ_of(function: str, environ: Mapping[str, str]) -> dict[str, str]:
    """What a deployment sets for the function, and these."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "FUNCTION_TARGET": function,
        "FUNCTION_SOURCE": str(ROOT / "functions" / function / "main.py"),
        **environ,
    }


def _wait_until_it_answers(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"no answer on port {port}")


def refused_start(function: str, **environ: str) -> str:
    """The last words of a server that does not start with these variables."""
    port = str(a_free_port())
    ran = subprocess.run(
        [FRAMEWORK, "--host", "127.0.0.1", "--port", port],
        env=environ_of(function, {"K_SINK": "http://127.0.0.1:9/", **environ}),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ran.returncode != 0
    return ran.stderr


def a_free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
