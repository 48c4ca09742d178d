"""How a client finds an API server on loopback."""

import json
from pathlib import Path


def a_kubeconfig(path: Path, url: str, **user: str) -> str:
    """Writes it, for that user, and returns where."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "lab", "cluster": {"server": url}}],
        "users": [{"name": "lab", "user": user}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
        "current-context": "lab",
    }
    path.write_text(json.dumps(config))
    return str(path)
