"""Runs the mesh until SIGTERM: `python -m infra.local.mesh --kubeconfig FILE --state DIR`."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from infra.local.collected import Collected
from infra.local.kube import Kube, connected
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
    seen, view = Collected(PATHS), View()
    with seen.following(kube, stop):
        while not stop.is_set():
            envoy.check()
            seen.check()
            if seen.changed.wait(_CHECK_SECONDS) and _apply(envoy, seen, view):
                _write(ready, {"ingress": envoy.ingress, "admin": envoy.admin})


def _apply(envoy: Envoy, seen: Collected, view: View) -> bool:
    """Routes by what is seen now; changes that come meanwhile are the next turn's."""
    seen.changed.clear()
    if not seen.is_complete():
        return False
    try:
        envoy.apply(view.documents(seen.found()))
    except NotTaken as error:
        print(error, file=sys.stderr, flush=True)
    return True


def _write(path: Path, content: Mapping[str, str]) -> None:
    """Once, and in one step: who finds it finds all of it."""
    if path.exists():
        return
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(content) + "\n")
    draft.replace(path)


if __name__ == "__main__":
    main()
