"""Runs istiod and its Envoy until SIGTERM: `python -m infra.local.istiod --kubeconfig FILE …`.

Beside them it says where pods listen, and tells Prometheus which workload a Service leads to.
"""

import argparse
import json
import signal
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.local import prometheus
from infra.local.collected import Collected
from infra.local.istio_names import istiods
from infra.local.istiod import discovery
from infra.local.istiod.entries import Entries, entries
from infra.local.kube import Key, Kube, Tree, connected, key_of
from infra.local.mesh import envoy
from infra.local.mesh.backends import workload_of
from infra.local.processes import Processes, free_ports

_PODS = "/api/v1/pods"
_SERVICES = "/api/v1/services"
_DEPLOYMENTS = "/apis/apps/v1/deployments"
_CHECK_SECONDS = 0.2  # how long the end of a thread or of a process may go unnoticed
_START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Place:
    """The lab's folder, and the addresses of Envoy's admin interface and of Prometheus."""

    state: Path
    admin: str
    prometheus: str


def main() -> None:
    """Routes until SIGTERM or Ctrl-C; DIR/mesh.json is there once it does."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.istiod", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True, help="of the API server")
    parser.add_argument("--state", type=Path, required=True, help="where mesh.json goes")
    parser.add_argument("--admin", type=int, required=True, help="port of Envoy's admin interface")
    parser.add_argument("--prometheus", type=int, required=True, help="port of Prometheus")
    given = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    ports = (f"127.0.0.1:{port}" for port in (given.admin, given.prometheus))
    processes = Processes(given.state / "mesh")
    try:
        start(given.kubeconfig, given.state / "mesh", given.admin, processes)
        run(connected(given.kubeconfig), processes, Place(given.state, *ports), stop)
    finally:
        processes.stop()


def start(kubeconfig: Path, folder: Path, admin: int, processes: Processes) -> int:
    """Starts istiod, then its Envoy, and returns when that has its configuration: the port at
    which others get theirs.
    """
    grpc, http, monitoring = free_ports(3)
    config = folder / "envoy.json"
    config.write_text(json.dumps(discovery.bootstrap(admin, grpc)))
    processes.start(
        discovery.istiod(kubeconfig, folder, grpc=grpc, http=http, monitoring=monitoring)
    )
    processes.wait(_START_SECONDS)
    processes.start(envoy.part(config, f"127.0.0.1:{admin}"))
    processes.wait(_START_SECONDS)
    return grpc


def run(kube: Kube, processes: Processes, place: Place, stop: threading.Event) -> None:
    """Follows the API server in the calling thread until stopped."""
    ready = place.state / "mesh.json"
    ready.unlink(missing_ok=True)
    seen = Collected((_PODS, _SERVICES, _DEPLOYMENTS))
    written, labels = Entries(kube), Labels(place)
    with seen.following(kube, stop):
        while not stop.is_set():
            processes.check()
            seen.check()
            if seen.changed.wait(_CHECK_SECONDS) and seen.is_complete():
                _bring(seen, written, labels)
                ready.touch()


def _bring(seen: Collected, written: Entries, labels: "Labels") -> None:
    """Says what is seen now; changes that come meanwhile are the next turn's."""
    seen.changed.clear()
    found = seen.found()
    if not written.bring(entries(found[_PODS], found[_SERVICES])):
        seen.changed.set()  # what was not taken is tried again
    labels.bring(workloads(found[_SERVICES], found[_DEPLOYMENTS]))


class Labels:
    """What Prometheus knows of Services."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._known: Mapping[Key, str] = {}

    def bring(self, wanted: Mapping[Key, str]) -> None:
        """Tells it, where it does not know."""
        if wanted != self._known:
            folder, scraped = self._place.state / "prometheus", self._place.admin
            prometheus.write(folder, scraped, istiods(wanted))
            prometheus.reload(self._place.prometheus)
            self._known = wanted


def workloads(services: Sequence[Tree], deployments: Sequence[Tree]) -> Mapping[Key, str]:
    """The workload behind each Service."""
    return {key_of(service): workload_of(service, deployments) for service in services}


if __name__ == "__main__":
    main()
