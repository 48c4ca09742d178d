"""Runs the controllers until SIGTERM: `python -m infra.local.controllers --kubeconfig FILE`."""

import argparse
import logging
import signal
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.local.controllers import deployment, endpoints, objects, replicaset
from infra.local.controllers.work import Changes, Sync, Work, WorkQueue, work_off
from infra.local.kube import Informed, Kube, Tree, connected, informer

PATHS = {
    "Deployment": "/apis/apps/v1/deployments",
    "ReplicaSet": "/apis/apps/v1/replicasets",
    "Pod": "/api/v1/pods",
    "Service": "/api/v1/services",
    "EndpointSlice": "/apis/discovery.k8s.io/v1/endpointslices",
}
SYNCS: Mapping[str, Sync] = {
    "Deployment": deployment.sync,
    "ReplicaSet": replicaset.sync,
    "Endpoints": endpoints.sync,
}
_BEHIND_SERVICES = ("Pod", "Service", "EndpointSlice")


def main() -> None:
    """Runs until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.controllers", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True, help="of the API server")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(connected(options.kubeconfig), stop)


def run(kube: Kube, stop: threading.Event) -> None:
    """Runs the controllers in the calling thread until stopped; the client is closed then."""
    queue = WorkQueue()
    watching = [
        threading.Thread(target=_watch, args=(kube, kind, path, queue, stop))
        for kind, path in PATHS.items()
    ]
    for thread in watching:
        thread.start()
    try:
        work_off(queue, kube, SYNCS, stop)
    finally:
        stop.set()
        for thread in watching:
            thread.join()
        kube.close()


def touched(kind: str, obj: Tree) -> Iterator[Work]:
    """What has to be looked at when an object changes: itself, its owner, the endpoints."""
    namespace = obj["metadata"].get("namespace", "")
    if kind in SYNCS:
        yield Work(kind, namespace, obj["metadata"]["name"])
    owner = objects.controller_of(obj)
    if owner is not None and owner["kind"] in SYNCS:
        yield Work(owner["kind"], namespace, owner["name"])
    if kind in _BEHIND_SERVICES:
        yield Work("Endpoints", namespace, "")


def _watch(kube: Kube, kind: str, path: str, queue: WorkQueue, stop: threading.Event) -> None:
    changes = Changes()

    def on_change(store: Informed) -> None:
        for obj in changes.since(store):
            for work in touched(kind, obj):
                queue.add(work)

    try:
        informer(kube, path, on_change, stop)
    finally:
        stop.set()  # an informer that broke ends the process: half a controller does harm


if __name__ == "__main__":
    main()
