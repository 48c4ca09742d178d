"""What `kubectl apply -k` would send: the folders of infra, rendered."""

import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from infra.local.kube import Tree
from tests.readme import ROOT

INFRA = ROOT / "infra"
KUBECTL = ROOT / ".venv" / "bin" / "kubectl"


@cache
def rendered(folder: Path) -> tuple[Tree, ...]:
    """The objects of a folder with a kustomization."""
    ran = subprocess.run([KUBECTL, "kustomize", folder], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""  # a word of warning, on something that is deprecated, for instance
    return tuple(yaml.safe_load_all(ran.stdout))


def of_kind(objects: Iterable[Tree], kind: str) -> dict[str, Tree]:
    """Those of a kind, by name."""
    return {found["metadata"]["name"]: found for found in objects if found["kind"] == kind}


def customized(folder: Path, **fields: Any) -> tuple[Tree, ...]:
    """The objects of a kustomization of somebody's own, written into a folder, on top of ours.

    Our folders are paths in it; kustomize takes them only as seen from where it stands.
    """
    written = {name: _relative(value, folder) for name, value in fields.items()}
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(written))
    return rendered(folder)


def _relative(value: Any, folder: Path) -> Any:
    match value:
        case list():
            return [_relative(item, folder) for item in value]
        case Path():
            up = [".."] * (len(folder.resolve().parts) - 1)
            return "/".join((*up, *value.resolve().parts[1:]))
        case _:
            return value
