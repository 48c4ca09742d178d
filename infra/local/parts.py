"""The parts of the lab: how each is started, and how it shows that it is ready."""

import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local import prometheus
from infra.local.istio_names import Names
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


def metrics(state: Path, ports: Ports, names: Names) -> Part:
    """Prometheus. It looks at its targets only some 6 s after its start, so it is the first."""
    program, scraped = prometheus.fetched(PROGRAMS), f"127.0.0.1:{ports.admin}"
    command = prometheus.prepare(program, state / "prometheus", scraped, ports.prometheus, names)
    return Part("prometheus", command, lambda: prometheus.is_ready(f"127.0.0.1:{ports.prometheus}"))


def apiserver(state: Path) -> Part:
    """The lab's own."""
    return _module("apiserver", "--state", str(state), ready=(state / "kubeconfig").exists)


def functions(state: Path, ports: Ports, kubeconfigs: Mapping[str, Path]) -> Iterator[Part]:
    """The four, each with its kubeconfig, which may appear a moment later."""
    for name, port in ports.functions.items():
        environ = {**_environ(state, ports), "KUBECONFIG": str(kubeconfigs[name])}
        yield _function(name, port, environ)


def own_mesh(state: Path, ports: Ports) -> Iterator[Part]:
    """The lab's own translator with its Envoy, and its own controllers."""
    mesh = (*_mesh(state, ports), "--ingress", str(ports.ingress))
    yield _module("mesh", *_known(state), *mesh, ready=_routes(state))
    yield _module("controllers", *_known(state), ready=lambda: True)


def istio(state: Path, ports: Ports) -> Part:
    """Istio's own istiod with an Envoy; the port of its requests stands in the Gateway."""
    more = (*_mesh(state, ports), "--prometheus", str(ports.prometheus))
    return _module("istiod", *_known(state), *more, ready=_routes(state))


def others(state: Path, ports: Ports) -> Iterator[Part]:
    """What the lab has of its own whatever the control plane is."""
    known = _known(state)
    yield _module("kubelet", *known, ready=lambda: True)
    broker = (*known, "--port", str(ports.broker))
    yield _module("broker", *broker, ready=_answers(f"{ports.bus}/triggers", containing="ticks"))
    yield _module("clock", *known, "--broker", ports.bus, ready=lambda: True)


def _known(state: Path) -> tuple[str, str]:
    return "--kubeconfig", str(state / "kubeconfig")


def _mesh(state: Path, ports: Ports) -> tuple[str, ...]:
    return ("--state", str(state), "--admin", str(ports.admin))


def _routes(state: Path) -> Callable[[], bool]:
    return (state / "mesh.json").exists


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
