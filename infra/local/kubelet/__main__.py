"""Runs the kubelet until SIGTERM: `python -m infra.local.kubelet --kubeconfig FILE`."""

import argparse
import logging
import signal
import threading
from pathlib import Path

from infra.local.controllers import objects
from infra.local.kube import Informed, Kube, KubeError, Tree, connected, informer
from infra.local.kubelet.pod import NODE_ADDRESS
from infra.local.kubelet.worker import NODE, Place, Worker
from infra.local.processes import free_ports

_IPS = tuple(f"192.0.2.{number}" for number in range(1, 240))  # TEST-NET-1: nobody's addresses
_PODS = "/api/v1/pods"


class Kubelet:
    """The pods of the node `lab`, each with its worker."""

    def __init__(self, kube: Kube, drain_seconds: float) -> None:
        self._kube, self._drain = kube, drain_seconds
        self._workers: dict[str, Worker] = {}  # by the pod's uid
        self._next_ip = 0

    def look(self, store: Informed) -> None:
        """Gives new pods a worker, ends those that were deleted, forgets those that are over."""
        found = {pod["metadata"]["uid"]: pod for pod in store.values() if _is_ours(pod)}
        for uid, worker in tuple(self._workers.items()):
            if uid not in found:
                worker.drop()
            if worker.is_over():
                del self._workers[uid]
        for uid, pod in found.items():
            if uid not in self._workers and len(self._workers) < len(_IPS):
                self._workers[uid] = Worker(self._kube, pod, self._place(), self._drain)
            if uid in self._workers:
                _move_on(self._workers[uid], pod)

    def stop(self) -> None:
        """Ends every process; the pods stay, for the next kubelet."""
        for worker in self._workers.values():
            worker.drop()
        for worker in self._workers.values():
            worker.wait()

    def _place(self) -> Place:
        """An address that no pod has, and had least lately; a port that none listens on."""
        places = [worker.place for worker in self._workers.values()]
        used = {place.ip for place in places}
        while _IPS[self._next_ip] in used:
            self._next_ip = (self._next_ip + 1) % len(_IPS)
        ip = _IPS[self._next_ip]
        self._next_ip = (self._next_ip + 1) % len(_IPS)
        ports = {place.port for place in places}
        port = next(port for port in free_ports(len(ports) + 1) if port not in ports)
        return Place(ip, port)


def run(kube: Kube, stop: threading.Event, *, drain_seconds: float = 2.0) -> None:
    """Runs the kubelet in the calling thread until stopped; the client is closed then."""
    _register(kube)
    kubelet = Kubelet(kube, drain_seconds)
    try:
        informer(kube, _PODS, kubelet.look, stop)
    finally:
        kubelet.stop()
        kube.close()


def main() -> None:
    """Runs until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.kubelet", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True, help="of the API server")
    parser.add_argument(
        "--drain-seconds",
        type=float,
        default=2.0,
        help="how long a deleted pod goes on serving while the mesh forgets it",
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(connected(options.kubeconfig), stop, drain_seconds=options.drain_seconds)


def _register(kube: Kube) -> None:
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": NODE, "labels": {"kubernetes.io/hostname": NODE}},
        "status": {
            "capacity": {"pods": str(len(_IPS))},
            "allocatable": {"pods": str(len(_IPS))},
            "addresses": [
                {"type": "InternalIP", "address": NODE_ADDRESS},
                {"type": "Hostname", "address": NODE},
            ],
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
        },
    }
    try:
        kube.create("/api/v1/nodes", node)
    except KubeError as error:
        if error.status != 409:  # it is there from an earlier start
            raise


def _move_on(worker: Worker, pod: Tree) -> None:
    """Tells a worker of its pod's end before its life begins, so that no dead pod is started."""
    if objects.is_going(pod):
        worker.retire(pod["metadata"].get("deletionGracePeriodSeconds", 0))
    worker.start()


def _is_ours(pod: Tree) -> bool:
    on_this_node = pod["spec"].get("nodeName") in (None, "", NODE)
    return on_this_node and not objects.has_finished(pod)


if __name__ == "__main__":
    main()
