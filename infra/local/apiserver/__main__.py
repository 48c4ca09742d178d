"""`python -m infra.local.apiserver`: serves until SIGTERM; a kubeconfig says that it is ready."""

import argparse
import json
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from infra.local.apiserver import server

OBJECTS = "objects.jsonl"  # what survives a restart, in the folder of the state
_LOCAL_CRDS = Path(__file__).parent.parent / "crds"
_OUR_CRDS = Path(__file__).parents[2] / "crds"


def main(arguments: Sequence[str] | None = None) -> None:
    """Serves until SIGTERM or Ctrl-C."""
    options = _options(arguments)
    options.state.mkdir(parents=True, exist_ok=True)
    running = server.start(options.port, memory=options.state / OBJECTS)
    for folder in options.crds or [_OUR_CRDS, _LOCAL_CRDS]:
        running.install(server.manifests(folder))
    write_kubeconfig(options.state, running.url)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    running.stop()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="infra.local.apiserver", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument(
        "--state", type=Path, required=True, help="where the kubeconfig goes, and the objects are"
    )
    parser.add_argument("--crds", type=Path, action="append", help="a folder of definitions")
    return parser.parse_args(arguments)


def write_kubeconfig(folder: Path, url: str) -> None:
    """Writes the kubeconfig in one step: who finds it finds all of it."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "lab", "cluster": {"server": url}}],
        "users": [{"name": "lab", "user": {}}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
        "current-context": "lab",
    }
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".kubeconfig.{os.getpid()}"
    draft.write_text(json.dumps(config, indent=2) + "\n")
    draft.replace(folder / "kubeconfig")


if __name__ == "__main__":
    main()
