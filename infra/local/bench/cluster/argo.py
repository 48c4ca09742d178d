"""`make bench-argo`: what Argo Rollouts costs in Spillway's place, on this machine.

The same control plane, pods without processes and made-up metrics as in `make bench-cluster`. How
long a hundred releases at once take depends on the machine: beside this it means something.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from infra.local.apply import create
from infra.local.bench.cluster import meter
from infra.local.bench.cluster.audit import Audit
from infra.local.bench.cluster.fleet import Watched, each, watching
from infra.local.bench.cluster.source import Source
from infra.local.controlplane import plane, programs
from infra.local.controlplane.definitions import install
from infra.local.controlplane.kubelet import a_kubelet
from infra.local.controlplane.plane import ControlPlane, User
from infra.local.controlplane.published import ARGO, ISTIO, definitions
from infra.local.kube import Key, Kube, Tree, connected
from infra.local.lab import stopped_by_signals
from infra.local.processes import Failed, Part, Processes, free_ports

_WHO = User("argo-rollouts", ("system:masters",))
_MANIFESTS = Path(__file__).with_name("argo.yaml")
_ROLLOUTS = "/apis/argoproj.io/v1alpha1/rollouts"
_PATIENCE = 300.0  # seconds
_POLL_SECONDS = 0.1
_STILL_SECONDS = 35.0  # the pods of the last release stay for 30


@dataclass(frozen=True, slots=True)
class Stand:
    """What runs: the administrator's API server, Argo's process, the metrics."""

    kube: Kube
    plane: ControlPlane
    processes: Processes
    source: Source


@dataclass(frozen=True, slots=True)
class Release:
    """A release of some at once, from the first changed image until the last is healthy."""

    size: int
    calls: int
    writes: int
    queries: int
    cpu: float  # seconds
    done: float  # seconds


def main() -> None:
    """Measures one release, and many at once."""
    options = argparse.ArgumentParser(
        prog="python -m infra.local.bench.cluster.argo", description=__doc__
    )
    options.add_argument("--fleet", type=int, default=100, help="rollouts that are released")
    given = options.parse_args()
    console = Console(file=sys.stdout)
    with stopped_by_signals(), _stand() as stand:
        console.print("One rollout, released by itself")
        one = _released(stand, "alone", 1, interval="10s")
        console.print(f"{given.fleet} good releases at once")
        many = _released(stand, "together", given.fleet, interval="15s")
    console.print(_table(one, many))


@contextmanager
def _stand() -> Iterator[Stand]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        controller = programs.found(programs.ARGO)
        control = stack.enter_context(plane.running(folder, users=(_WHO,)))
        kube = connected(control.kubeconfig())
        stack.callback(kube.close)
        for published in (ISTIO, ARGO):
            install(kube, definitions(published))
        kube.create("/api/v1/namespaces", {"metadata": {"name": _WHO.name}})
        stack.enter_context(a_kubelet(kube))
        source, processes = Source(), Processes(folder / "logs")
        stack.callback(source.stop)
        stack.callback(processes.stop)
        processes.start(_controller(controller, control.kubeconfig(_WHO.name)))
        processes.wait(1.0)
        yield Stand(kube, control, processes, source)


def _controller(program: Path, kubeconfig: Path) -> Part:
    """As it is installed, but for the choice of a leader: it is alone."""
    health, metrics = free_ports(2)
    command = (
        str(program),
        f"--kubeconfig={kubeconfig}",
        f"--namespace={_WHO.name}",
        f"--healthzPort={health}",
        f"--metricsport={metrics}",
        "--leader-elect=false",
        "--loglevel=warn",
    )
    return Part(_WHO.name, command, lambda: True)  # by its first rollout it is seen to work


def _released(stand: Stand, namespace: str, size: int, *, interval: str) -> Release:
    """Some are made, and released when they have been healthy for a while."""
    keys = [(namespace, f"cart-{number:04}") for number in range(size)]
    stand.source.namespaces |= {name: namespace for _, name in keys}
    stand.kube.create("/api/v1/namespaces", {"metadata": {"name": namespace}})
    each(keys, lambda key: _make(stand, key, interval))
    with watching(stand.kube, _ROLLOUTS) as rollouts:
        _wait(stand, rollouts, keys, "cart:1")
        time.sleep(_STILL_SECONDS)
        audit, queries = Audit(stand.plane.audit, [_WHO.name]), stand.source.queries
        cpu, began = meter.cpu_seconds(stand.processes), time.monotonic()
        each(keys, lambda key: _set_image(stand.kube, key, "cart:2"))
        _wait(stand, rollouts, keys, "cart:2")
        done, calls = time.monotonic() - began, audit.calls()
    return Release(
        size,
        calls=len(calls),
        writes=sum(call.writes for call in calls),
        queries=stand.source.queries - queries,
        cpu=meter.cpu_seconds(stand.processes) - cpu,
        done=done,
    )


def _wait(stand: Stand, rollouts: Watched, keys: Sequence[Key], image: str) -> None:
    """Until this image has all the traffic of each."""
    ends = time.monotonic() + _PATIENCE
    while not all(_runs(rollouts.store.get(key), image) for key in keys):
        if time.monotonic() > ends:
            raise Failed(f"not all run {image} after {_PATIENCE:g} s")
        stand.processes.check()
        time.sleep(_POLL_SECONDS)


def _make(stand: Stand, key: Key, interval: str) -> None:
    (namespace, name), text = key, _MANIFESTS.read_text()
    words = {"NAMESPACE": namespace, "NAME": name, "INTERVAL": interval, "SERVER": stand.source.url}
    for word, value in words.items():
        text = text.replace(word, value)
    for made in yaml.safe_load_all(text):
        create(stand.kube, made)


def _set_image(kube: Kube, key: Key, image: str) -> None:
    path = f"/apis/argoproj.io/v1alpha1/namespaces/{key[0]}/rollouts/{key[1]}"
    operation = {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image}
    kube.patch(path, [operation], "json")


def _runs(rollout: Tree | None, image: str) -> bool:
    """By what Argo says of the rollout as it now is."""
    if rollout is None or rollout.get("status", {}).get("phase") != "Healthy":
        return False
    status, (container,) = rollout["status"], rollout["spec"]["template"]["spec"]["containers"]
    seen = status["observedGeneration"] == str(rollout["metadata"]["generation"])
    stable = status["currentPodHash"] == status["stableRS"]
    return bool(seen and stable and container["image"] == image)


def _table(one: Release, many: Release) -> Table:
    """The figures of `make bench-cluster`, as far as Argo has them."""
    made = Table(title=f"Argo Rollouts {ARGO.version} on this machine", box=SIMPLE_HEAD)
    made.title_justify = "left"
    made.add_column("figure")
    made.add_column("Argo", justify="right")
    rows = {
        f"good release, API calls each of {many.size} at once": f"{many.calls / many.size:.1f}",
        "  writes among them": f"{many.writes / many.size:.1f}",
        "  metric queries": f"{many.queries / many.size:.1f}",
        "one good release, 5 × 10 s: all traffic moved": f"{one.done:.1f} s",
        f"{many.size} good ones at once, 5 × 15 s: the last done": f"{many.done:.1f} s",
        "  processor time of the controller": f"{many.cpu:.1f} s",
    }
    for row in rows.items():
        made.add_row(*row)
    return made


if __name__ == "__main__":
    main()
