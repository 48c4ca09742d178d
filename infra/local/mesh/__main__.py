"""Runs the mesh until SIGTERM: `python -m infra.local.mesh --kubeconfig FILE --state DIR`."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from infra.local.kube import Kube, connected, informer
from infra.local.mesh.envoy import Envoy, NotTaken
from infra.local.mesh.view import PATHS, View

_CHECK_SECONDS = 0.2  # how long the end of a thread or of Envoy may go unnoticed


def main() -> None:
    """Routes until SIGTERM or Ctrl-C; DIR/mesh.json says where, once it does."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.mesh", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True, help="of the API server")
    parser.add_argument("--state", type=Path, required=True, help="where mesh.json goes")
    parser.add_argument("--ingress", type=int, default=0, help="port for requests; 0: any free one")
    parser.add_argument("--admin", type=int, default=0, help="port of Envoy's admin interface")
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    envoy = Envoy(options.state / "mesh", ingress=options.ingress, admin=options.admin)
    try:
        run(connected(options.kubeconfig), envoy, options.state, stop)
    finally:
        envoy.stop()


def run(kube: Kube, envoy: Envoy, state: Path, stop: threading.Event) -> None:
    """Follows the API server in the calling thread until stopped."""
    ready = state / "mesh.json"
    ready.unlink(missing_ok=True)
    envoy.start()
    view = View()
    with ThreadPoolExecutor(len(PATHS)) as pool:
        informers = [pool.submit(informer, kube, path, view.follow(path), stop) for path in PATHS]
        try:
            while not stop.is_set():
                _check(envoy, informers)
                if view.changed.wait(_CHECK_SECONDS) and _apply(envoy, view) and not ready.exists():
                    _write(ready, {"ingress": envoy.ingress, "admin": envoy.admin})
        finally:
            stop.set()


def _apply(envoy: Envoy, view: View) -> bool:
    """Routes by what is seen now; changes that come meanwhile are the next turn's."""
    view.changed.clear()
    if not view.is_complete():
        return False
    try:
        envoy.apply(view.documents())
    except NotTaken as error:
        print(error, file=sys.stderr, flush=True)
    return True


def _check(envoy: Envoy, informers: Sequence[Future[None]]) -> None:
    """Raises what ended an informer, or Envoy."""
    envoy.check()
    for informing in informers:
        if informing.done():
            informing.result()


def _write(path: Path, content: Mapping[str, str]) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(content) + "\n")
    draft.replace(path)


if __name__ == "__main__":
    main()
