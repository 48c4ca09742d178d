"""The bus: the real filter with our Triggers, and the real functions behind it."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local.controlplane.kubelet import a_kubelet
from infra.local.controlplane.plane import ControlPlane
from infra.local.kube import Kube, connected
from infra.local.processes import Processes
from shared.adapters import codec
from shared.domain.events import Event
from tests.cluster.infra import knative
from tests.cluster.infra.knative import TRIGGERS, Broker
from tests.cluster.plane import ACCOUNTS
from tests.functions.gate import Gate, a_gate
from tests.functions.place import FRAMEWORK, a_free_port, environ_of
from tests.infra.rendering import INFRA, rendered
from tests.reconcile.kubeconfig import a_kubeconfig

_FUNCTIONS = ("start_canary", "analysis_tick", "rollback")
_NOBODYS = Event("e1", "/tests", "com.example.other", "", None, {})


@dataclass(slots=True)
class Bus:
    """The filter with our Triggers, the real functions behind it, and the API server of both."""

    kube: Kube
    filter_url: str
    broker: Broker
    gate: Gate
    state: Path
    subscribers: dict[str, str]  # addresses, by the name of the Service
    metrics: str  # of the filter

    def log(self, function: str) -> Path:
        """Where a function logs."""
        return self.state / f"{function}.log"

    def triggers(self) -> dict[str, str]:
        """The uid of each, by name."""
        found, _ = self.kube.list(TRIGGERS)
        return {item["metadata"]["name"]: item["metadata"]["uid"] for item in found}

    def handed(self, event: Event) -> dict[str, int]:
        """What the filter answers for each Trigger to this event."""
        headers, body = codec.encode(event)
        return {
            name: knative.handed_over(self.filter_url, name, uid, headers, body)
            for name, uid in self.triggers().items()
        }


@contextmanager
def a_bus(plane: ControlPlane, state: Path) -> Iterator[Bus]:
    """All of it, with a beat of a second; nobody beats and sweeps by himself."""
    processes = Processes(state / "logs")
    part, filter_url = knative.the_filter(plane.kubeconfig())
    metrics = f"http://127.0.0.1:{part.environ['METRICS_PROMETHEUS_PORT']}/metrics"
    kube = connected(plane.kubeconfig())
    knative.configure(kube)
    ports = {name: a_free_port() for name in _FUNCTIONS}
    with ExitStack() as stack:
        stack.callback(processes.stop)
        gate = stack.enter_context(a_gate(plane.url, plane.certificate))
        subscribers = {n.replace("_", "-"): f"http://127.0.0.1:{p}" for n, p in ports.items()}
        bus = Bus(kube, filter_url, Broker(""), gate, state, subscribers, metrics)
        bus.broker = stack.enter_context(knative.a_broker(bus.triggers, filter_url))
        for name, port in ports.items():
            stack.enter_context(serving(name, port, bus))
        stack.enter_context(knative.addresses(kube, bus.broker.url, subscribers))
        stack.enter_context(a_kubelet(kube))
        processes.start(part)
        processes.wait(60)
        until(lambda: all(map(knative.listens, ports.values())))
        until(lambda: set(bus.handed(_NOBODYS).values()) == {200})
        yield bus
    kube.close()


@contextmanager
def serving(function: str, port: int, bus: Bus) -> Iterator[None]:
    """A function's own server, under its own identity, with the settings that are installed."""
    account = ACCOUNTS[function]
    config = a_kubeconfig(bus.state / f"{function}.kubeconfig", bus.gate.url, token=account.token)
    (settings,) = (
        found["data"]
        for found in rendered(INFRA / "knative")
        if found["metadata"]["name"].startswith("spillway-settings-")
    )
    environ = {
        **settings,
        "K_SINK": bus.broker.url,
        "SPILLWAY_KUBECONFIG": config,
        "SPILLWAY_BEAT": "1s",
        "THREADS": "8",
    }
    command = [FRAMEWORK, "--host", "127.0.0.1", "--port", str(port)]
    with bus.log(function).open("wb") as log:
        process = subprocess.Popen(command, env=environ_of(function, environ), stdout=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def until(holds: Callable[[], bool], seconds: float = 120) -> None:
    """Returns when it does; a machine that has much to do takes its time."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "never came about"
        time.sleep(0.1)
