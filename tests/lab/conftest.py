"""The real kubectl, pointed at a fresh API server."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.apiserver import __main__ as program
from infra.local.apiserver.server import Server

_KUBECTL = Path(sys.executable).parent / "kubectl"
Kubectl = Callable[..., str]


@pytest.fixture
def environment(apiserver: Server, tmp_path: Path) -> dict[str, str]:
    program.write_kubeconfig(tmp_path, apiserver.url)
    return {"KUBECONFIG": str(tmp_path / "kubeconfig"), "HOME": str(tmp_path)}


@pytest.fixture
def kubectl(environment: dict[str, str]) -> Kubectl:
    def run(*arguments: str, given: str = "", fails: bool = False) -> str:
        done = subprocess.run(
            [_KUBECTL, *arguments],
            input=given,
            env=environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert (done.returncode != 0) is fails, done.stderr
        return done.stderr if fails else done.stdout

    return run
