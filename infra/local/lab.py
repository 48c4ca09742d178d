"""The whole lab: what a newcomer runs instead of a cluster, on loopback, in one folder.

The API server comes first, since the others speak through it; everything else starts side by side.
"""

import fcntl
import secrets
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from infra.local import apply, parts, promote, real
from infra.local.apiserver.__main__ import OBJECTS
from infra.local.istio_names import OURS, istiods
from infra.local.kube import connected
from infra.local.kubelet.reboot import reboot
from infra.local.parts import FUNCTIONS, Ports
from infra.local.processes import Failed, Processes
from shared.domain import events

STATE = Path(".lab")
SYSTEM = "spillway"  # the namespace of Spillway, its bus and its clock
_READY_SECONDS = 60.0
_SUBSCRIPTIONS = (
    ("promotions", events.PROMOTION_REQUESTED, "start_canary"),
    ("ticks", events.ANALYSIS_TICK, "analysis_tick"),
    ("pings", events.PING, "analysis_tick"),
    ("rollbacks", events.ROLLBACK_REQUESTED, "rollback"),
)
_DELIVERY = {
    "retry": 5,
    "backoffPolicy": "exponential",
    "backoffDelay": "PT0.2S",
    "timeout": "PT30S",
}


class Before(StrEnum):
    """What becomes of the objects that an earlier lab left in the folder."""

    KEPT = "kept"
    FORGOTTEN = "forgotten"


class ControlPlane(StrEnum):
    """Whose the API server, the controllers and the mesh's control plane are."""

    EMBEDDED = "embedded"  # the lab's own
    REAL = "real"  # Kubernetes' and Istio's


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab that runs: its folder, its addresses, its processes."""

    state: Path
    kubeconfig: Path
    ports: Ports
    processes: Processes

    @property
    def secret(self) -> Path:
        """What promotions are signed with."""
        return self.state / "secrets" / "pipeline"


@contextmanager
def running(
    state: Path = STATE,
    control_plane: ControlPlane = ControlPlane.EMBEDDED,
    before: Before = Before.FORGOTTEN,
) -> Iterator[Lab]:
    """A lab for as long as the block lasts; Failed where a part does not start.

    Only the embedded API server can keep what was before; a real control plane always begins anew.
    """
    state = state.resolve()
    state.mkdir(parents=True, exist_ok=True)
    with _alone(state), _stopping(Processes(state / "logs")) as processes:
        if before is Before.FORGOTTEN:
            (state / OBJECTS).unlink(missing_ok=True)
        yield _start(state, processes, control_plane)


def choose(options: ArgumentParser) -> None:
    """Which lab it is, as a program's options."""
    options.add_argument("--state", type=Path, default=STATE, help="the lab's folder")
    options.add_argument(
        "--control-plane",
        type=ControlPlane,
        choices=list(ControlPlane),
        default=ControlPlane.EMBEDDED,
        help="the lab's own (embedded), or Kubernetes' and Istio's (real)",
    )


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Makes SIGTERM, Ctrl-C and the failure of a part a clean end, with a word about it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    # A shell that starts a program in the background makes it deaf to this one.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        print("\nstopped")
        sys.exit(128 + signal.SIGINT)
    except Failed as error:
        sys.exit(str(error))


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """One lab per folder."""
    with (state / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Failed(f"another lab runs in {state}") from error
        yield


@contextmanager
def _stopping(processes: Processes) -> Iterator[Processes]:
    try:
        yield processes
    finally:
        processes.stop()


def _start(state: Path, processes: Processes, control_plane: ControlPlane) -> Lab:
    for sign in ("kubeconfig", "mesh.json"):
        (state / sign).unlink(missing_ok=True)
    lab = Lab(state, state / "kubeconfig", parts.choose_ports(), processes)
    _write_secret(state / "secrets")
    (state / "webhook").write_text(lab.ports.webhook + "\n")
    starting = _start_real if control_plane is ControlPlane.REAL else _start_embedded
    starting(lab)
    for part in parts.others(state, lab.ports):
        processes.start(part)
    _subscribe(lab)
    processes.wait(_READY_SECONDS)
    return lab


def _start_embedded(lab: Lab) -> None:
    """The lab's own API server, controllers and mesh."""
    state, ports, processes = lab.state, lab.ports, lab.processes
    processes.start(parts.metrics(state, ports, OURS))
    processes.start(parts.apiserver(state))
    for part in parts.functions(state, ports, dict.fromkeys(FUNCTIONS, lab.kubeconfig)):
        processes.start(part)
    processes.wait(_READY_SECONDS, "apiserver")
    _wake(lab)
    _furnish(lab)
    for part in parts.own_mesh(state, ports):
        processes.start(part)


def _start_real(lab: Lab) -> None:
    """Kubernetes' own control plane and Istio's."""
    state, ports, processes = lab.state, lab.ports, lab.processes
    real.prepare()
    processes.start(parts.metrics(state, ports, istiods({})))
    plane = real.start(state, processes)
    for part in parts.functions(state, ports, real.kubeconfigs(plane)):
        processes.start(part)
    real.install(plane)
    _furnish(lab)
    processes.wait(_READY_SECONDS, "prometheus")  # it is told of Services
    processes.start(parts.istio(state, ports))


def _wake(lab: Lab) -> None:
    """Says of the pods of an earlier lab that they do not run, before anybody sees them."""
    kube = connected(lab.kubeconfig)
    reboot(kube)
    kube.close()


def _furnish(lab: Lab) -> None:
    """What is there before Spillway comes; the Gateway is where the mesh takes requests."""
    kube = connected(lab.kubeconfig)
    for obj in apply.read("cluster.yaml"):
        if obj["kind"] == "Gateway":
            (server,) = obj["spec"]["servers"]
            server |= {"bind": "127.0.0.1", "port": {**server["port"], "number": lab.ports.ingress}}
        apply.renew(kube, obj)
    kube.close()


def _subscribe(lab: Lab) -> None:
    """Tells the bus who wants what, and the clock to sweep."""
    kube = connected(lab.kubeconfig)
    for name, event_type, function in _SUBSCRIPTIONS:
        trigger = {
            "apiVersion": "eventing.knative.dev/v1",
            "kind": "Trigger",
            "metadata": {"namespace": SYSTEM, "name": name},
            "spec": {
                "broker": "default",
                "filter": {"attributes": {"type": event_type}},
                "subscriber": {"uri": lab.ports.function(function)},
                "delivery": _DELIVERY,
            },
        }
        apply.renew(kube, trigger)  # the functions have new addresses
    for obj in apply.read("sweep.yaml"):
        apply.bring(kube, obj)


def _write_secret(folder: Path) -> None:
    """The pipeline's key: new for each lab, and only for the namespace of the sample app."""
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "pipeline").write_text(secrets.token_hex(32))
    (folder / "pipeline.namespaces").write_text(promote.NAMESPACE)
