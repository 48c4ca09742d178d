"""Everything that a measurement needs: a real control plane, real function servers, bus and beat.

Each function speaks to the API server under an identity and with the grants of its own, and
through a wire that counts bytes. Its metrics are made up, its pods have no processes.
"""

import json
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from infra.local.apiserver import server
from infra.local.apply import create
from infra.local.bench.cluster import bus
from infra.local.bench.cluster.audit import Audit
from infra.local.bench.cluster.bus import Balancing
from infra.local.bench.cluster.source import Source
from infra.local.bench.cluster.wire import Wire
from infra.local.broker import serving
from infra.local.controlplane import plane
from infra.local.controlplane.definitions import install
from infra.local.controlplane.plane import ControlPlane, service_account
from infra.local.controlplane.published import EVENTING, ISTIO, definitions
from infra.local.kube import Kube, connected
from infra.local.message import Message
from infra.local.parts import FUNCTIONS, ROOT
from infra.local.processes import Part, Processes, free_ports

SYSTEM = "spillway"
KEY = b"a key that is long enough for the bench"
_GRANTS = ("rbac/cluster/rules.yaml", "rbac/cluster/binding.yaml", "base/beat.yaml")
_SECONDS = 60.0
_NONE: Mapping[str, str] = {}
_ACCOUNTS = {name: service_account(SYSTEM, name.replace("_", "-")) for name in FUNCTIONS}


@dataclass(frozen=True, slots=True)
class Stand:
    """What runs."""

    kube: Kube  # the administrator's
    plane: ControlPlane
    processes: Processes  # of the functions
    webhook: str  # its address
    broker: Balancing
    source: Source
    wire: Wire

    def audit(self) -> Audit:
        """What the functions ask of the API server, from now on."""
        return Audit(self.plane.audit, [user.name for user in _ACCOUNTS.values()])

    def publish(self, message: Message) -> None:
        """Hands an event to the bus."""
        self.broker.publish(bus.ADDRESS, message)


@contextmanager
def running(
    folder: Path, *, controllers: bool = True, ticking: int = 1, environ: Mapping[str, str] = _NONE
) -> Iterator[Stand]:
    """All of it for as long as the block lasts; processes.Failed where a part does not start.

    So many servers of `analysis_tick` take turns. The environment is added to that of all.
    """
    users, broker = tuple(_ACCOUNTS.values()), Balancing()
    with ExitStack() as stack:
        control = stack.enter_context(plane.running(folder, users=users, controllers=controllers))
        kube = connected(control.kubeconfig())
        stack.callback(kube.close)
        _prepare(kube)
        wire, source = Wire(int(urlsplit(control.url).port or 0)), Source()
        stack.callback(wire.close)
        stack.callback(source.stop)
        url = stack.enter_context(serving(broker))
        stack.enter_context(bus.beating(kube, url))
        processes = Processes(folder / "logs")
        stack.callback(processes.stop)
        said = {"K_SINK": url + bus.ADDRESS, "SPILLWAY_METRICS_SERVER": source.url, **environ}
        servers = {
            name: _serve(folder, name, control, wire, processes, said, ticking)
            for name in FUNCTIONS
        }
        processes.wait(_SECONDS)
        broker.subscribe(servers)
        (webhook,) = servers["promotion_webhook"]
        yield Stand(kube, control, processes, webhook, broker, source, wire)


def _prepare(kube: Kube) -> None:
    """The kinds that Spillway speaks of, its namespace and its grants."""
    install(kube, server.manifests(ROOT / "infra" / "crds"))
    for published in (ISTIO, EVENTING):
        install(kube, definitions(published))
    create(kube, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}})
    for name in _GRANTS:
        for grant in yaml.safe_load_all((ROOT / "infra" / name).read_text()):
            if grant["kind"].startswith("Role"):
                grant["metadata"]["namespace"] = SYSTEM
            for subject in grant.get("subjects", ()):
                subject["namespace"] = SYSTEM
            group, version, rest = "/apis/rbac.authorization.k8s.io", "v1", grant["kind"].lower()
            place = f"/namespaces/{SYSTEM}" if grant["kind"].startswith("Role") else ""
            kube.create(f"{group}/{version}{place}/{rest}s", grant)


def _serve(
    folder: Path,
    name: str,
    control: ControlPlane,
    wire: Wire,
    processes: Processes,
    environ: Mapping[str, str],
    ticking: int,
) -> list[str]:
    """The addresses of a function's servers, which start."""
    said = {
        **_environ(folder),
        "KUBECONFIG": str(_kubeconfig(folder, control, name, wire)),
        **environ,
    }
    ports = free_ports(ticking if name == "analysis_tick" else 1)
    for number, port in enumerate(ports):
        processes.start(_server(name, number, port, said))
    return [f"http://127.0.0.1:{port}/" for port in ports]


def _environ(folder: Path) -> Mapping[str, str]:
    secrets = folder / "secrets"
    secrets.mkdir(exist_ok=True)
    (secrets / "bench").write_bytes(KEY)
    return {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": "127.0.0.1",
        "THREADS": "8",
        "POD_NAMESPACE": SYSTEM,
        "SPILLWAY_CLOCK": "pingsource",
        "SPILLWAY_BEAT": "1s",
        "SPILLWAY_SECRETS": str(secrets),
    }


def _kubeconfig(folder: Path, control: ControlPlane, function: str, wire: Wire) -> Path:
    """That of a function's identity, over the wire."""
    config = json.loads(control.kubeconfig(_ACCOUNTS[function].name).read_text())
    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{wire.port}"
    path = folder / f"{function}.kubeconfig"
    path.write_text(json.dumps(config))
    return path


def _server(name: str, number: int, port: int, environ: Mapping[str, str]) -> Part:
    source = ROOT / "functions" / name / "main.py"
    options = ("--source", str(source), "--host", "127.0.0.1", "--port", str(port))
    command = (sys.executable, "-m", "functions_framework", "--target", name, *options)
    return Part(f"{name}-{number}", command, _answers(f"http://127.0.0.1:{port}/"), environ)


def _answers(url: str) -> Callable[[], bool]:
    def ready() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=1.0) as answer:  # noqa: S310 - http
                return bool(answer.status == 204)
        except OSError:
            return False

    return ready
