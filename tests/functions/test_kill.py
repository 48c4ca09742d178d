"""The real server of analysis_tick, killed again and again in the middle of a pass: by the proxy in
front of the API server, before a write gets through or before its answer comes back."""

import http.client
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.adapters import codec
from shared.adapters.cluster import Cluster
from shared.domain.fields import text
from tests.reconcile.killer import Killer, a_proxy
from tests.reconcile.kubeconfig import a_kubeconfig
from tests.reconcile.rollout import rollout
from tests.reconcile.stories import Story, begun, kubectl_set_image
from tests.reconcile.watcher import Names
from tests.reconcile.world import Turn, World, bring_up, ending, tell_story
from tests.sink import Sink, a_sink

pytestmark = [pytest.mark.loopback, pytest.mark.timeout(120)]

ROOT = Path(__file__).parents[2]
STORY = Story(
    (Turn("Initialized", 0, kubectl_set_image("cart:2")),),
    analysis={"interval": "1s", "drainSeconds": 1, "stepWeight": 50, "metrics": []},
    from_nothing=True,
)
TICK = {
    "ce-specversion": "1.0",
    "ce-id": "a-tick",
    "ce-source": "/tests",
    "ce-type": "dev.cdeventsx.spillway-analysis.tick.0.1.0",
    "content-type": "application/json",
}


@dataclass(slots=True)
class Function:
    """The server of analysis_tick; started again whenever it is gone."""

    environ: dict[str, str]
    killer: Killer
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    def tick(self) -> bool:
        """Whether the tick was taken; a server that died over it has not."""
        if self.process is None or self.process.poll() is not None:
            self._start()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", "/", b"{}", TICK)
            status = connection.getresponse().status
        except (ConnectionError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        assert status == 204
        return True

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(20)

    def _start(self) -> None:
        self.port = a_free_port()
        program = str(Path(sys.executable).parent / "functions-framework")
        command = [program, "--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(
            command, env=self.environ, stdout=subprocess.DEVNULL, start_new_session=True
        )
        self.killer.victim, self.killer.writes = self.process, 0
        wait_until_it_answers(self.port)


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_it_answers(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"no answer on port {port}")


def environ_of(kubeconfig: str, sink: Sink) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "FUNCTION_TARGET": "analysis_tick",
        "FUNCTION_SOURCE": str(ROOT / "functions" / "analysis_tick" / "main.py"),
        "SPILLWAY_KUBECONFIG": kubeconfig,
        "SPILLWAY_NAMESPACES": "shop",
        "SPILLWAY_CLOCK_NAMESPACE": "shop",
        "SPILLWAY_BEAT": "1s",
        "K_SINK": sink.url,
    }


def play(world: World, function: Function) -> int:
    """Ticks until the rollout is over. Returns how many ticks it took."""
    for count in itertools.count(1):
        bring_up(world)
        tell_story(world)
        taken = function.tick()
        over = text(world.status, "phase") == "Succeeded" and world.is_quiet
        if taken and over:
            return count
        if taken:
            time.sleep(0.2)
    raise AssertionError("unreachable")


def test_a_rollout_ends_as_it_would_have_though_the_server_is_killed_again_and_again(
    apiserver, tmp_path
):
    killer = Killer(lives=10)
    cluster = Cluster(a_kubeconfig(tmp_path / "direct", apiserver.url))
    cluster.create("/api/v1/namespaces", {"metadata": {"name": "shop"}})
    world = begun(STORY, World(cluster, Names()))
    upstream = apiserver.url.removeprefix("http://")

    with a_sink() as sink, a_proxy(upstream, killer) as url:
        function = Function(environ_of(a_kubeconfig(tmp_path / "proxied", url), sink), killer)
        try:
            play(world, function)
        finally:
            function.stop()

    assert killer.kills == 10
    world.published = [codec.decode(it.headers, it.body) for it in sink.deliveries]
    assert ending(world) == rollout(STORY).ending
