"""The parts of the lab: how each is started, and how it shows that it is ready."""

import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local import prometheus
from infra.local.processes import Part, free_ports

ROOT = Path(__file__).parents[2]
PROGRAMS = ROOT / ".lab" / "prometheus"  # fetched once, whatever folder a lab runs in
FUNCTIONS = ("promotion_webhook", "start_canary", "analysis_tick", "rollback")
_ASK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of what others have to know before it runs."""

    broker: int
    prometheus: int
    ingress: int
    admin: int  # of Envoy
    functions: Mapping[str, int]

    @property
    def bus(self) -> str:
        """Takes events under /<namespace>/<broker>, and tells what became of them."""
        return f"http://127.0.0.1:{self.broker}"

    @property
    def metrics(self) -> str:
        """Prometheus."""
        return f"http://127.0.0.1:{self.prometheus}"

    @property
    def gateway(self) -> str:
        """Host and port at which the mesh takes requests."""
        return f"127.0.0.1:{self.ingress}"

    @property
    def webhook(self) -> str:
        """Takes promotions."""
        return self.function("promotion_webhook")

    def function(self, name: str) -> str:
        """The address of a function's server."""
        return f"http://127.0.0.1:{self.functions[name]}/"


def choose_ports() -> Ports:
    """Free ports for a lab."""
    broker, prometheus, ingress, admin, *functions = free_ports(4 + len(FUNCTIONS))
    named = dict(zip(FUNCTIONS, functions, strict=True))
    return Ports(broker, prometheus, ingress, admin, named)


def first(state: Path, ports: Ports) -> Iterator[Part]:
    """What needs no API server to start: the API server itself, and what is slow to be useful.

    Prometheus looks at its targets only some 6 s after its start.
    """
    yield _prometheus(state / "prometheus", ports)
    yield _module("apiserver", "--state", str(state), ready=(state / "kubeconfig").exists)
    for name, port in ports.functions.items():
        yield _function(name, port, _environ(state, ports))


def others(state: Path, ports: Ports) -> Iterator[Part]:
    """What speaks to the API server from its start on."""
    known = ("--kubeconfig", str(state / "kubeconfig"))
    mesh = ("--state", str(state), "--ingress", str(ports.ingress), "--admin", str(ports.admin))
    yield _module("mesh", *known, *mesh, ready=(state / "mesh.json").exists)
    yield _module("controllers", *known, ready=lambda: True)
    yield _module("kubelet", *known, ready=lambda: True)
    broker = (*known, "--port", str(ports.broker))
    yield _module("broker", *broker, ready=_answers(f"{ports.bus}/triggers", containing="ticks"))
    yield _module("clock", *known, "--broker", ports.bus, ready=lambda: True)


def _prometheus(folder: Path, ports: Ports) -> Part:
    program, scraped = prometheus.fetched(PROGRAMS), f"127.0.0.1:{ports.admin}"
    command = prometheus.prepare(program, folder, scraped, ports.prometheus)
    return Part("prometheus", command, lambda: prometheus.is_ready(f"127.0.0.1:{ports.prometheus}"))


def _module(name: str, *arguments: str, ready: Callable[[], bool]) -> Part:
    command = (sys.executable, "-m", f"infra.local.{name}", *arguments)
    return Part(name, command, ready, {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"})


def _function(name: str, port: int, environ: Mapping[str, str]) -> Part:
    source = ROOT / "functions" / name / "main.py"
    options = ("--source", str(source), "--host", "127.0.0.1", "--port", str(port))
    command = (sys.executable, "-m", "functions_framework", "--target", name, *options)
    return Part(name, command, _answers(f"http://127.0.0.1:{port}/"), environ)


def _environ(state: Path, ports: Ports) -> Mapping[str, str]:
    """What a deployment would set, with the lab's addresses; proxies stay out of it."""
    return {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": "127.0.0.1",
        "THREADS": "8",
        "POD_NAMESPACE": "spillway",
        "KUBECONFIG": str(state / "kubeconfig"),
        "K_SINK": f"{ports.bus}/spillway/default",
        "SPILLWAY_METRICS_SERVER": ports.metrics,
        "SPILLWAY_CLOCK": "pingsource",
        "SPILLWAY_BEAT": "1s",
        "SPILLWAY_SECRETS": str(state / "secrets"),
    }


def _answers(url: str, containing: str = "") -> Callable[[], bool]:
    def ready() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=_ASK_SECONDS) as answer:  # noqa: S310 - http
                return containing in answer.read().decode()
        except OSError:
            return False

    return ready
