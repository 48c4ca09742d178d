"""What docs/lab.md says that the API server does not do: it says so itself, and does nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.apiserver import __main__ as program
from infra.local.apiserver.server import Server

pytestmark = pytest.mark.loopback

_KUBECTL = Path(sys.executable).parent / "kubectl"
_JOB = '{"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "x"}}'
_INGRESS = '{"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "x"}}'
_VOLUME = '{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "x"}}'


@pytest.mark.parametrize(
    ("command", "given", "said"),
    [
        pytest.param(
            ("create", "configmap", "x"), "", "unknown format", id="create-sends-protobuf"
        ),
        pytest.param(
            ("auth", "can-i", "get", "pods"), "", "unknown format", id="can-i-sends-protobuf"
        ),
        pytest.param(("apply", "-f", "-"), _JOB, "could not find", id="jobs"),
        pytest.param(("apply", "-f", "-"), _INGRESS, "could not find", id="ingresses"),
        pytest.param(("apply", "-f", "-"), _VOLUME, "could not find", id="volumes"),
        pytest.param(("top", "pods"), "", "Metrics API not available", id="top"),
    ],
)
def test_it_is_refused_in_words(
    apiserver: Server, tmp_path: Path, command: tuple[str, ...], given: str, said: str
):
    program.write_kubeconfig(tmp_path, apiserver.url)
    environ = {"KUBECONFIG": str(tmp_path / "kubeconfig"), "HOME": str(tmp_path)}

    ran = subprocess.run(
        [_KUBECTL, *command],
        input=given,
        env=environ,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert ran.returncode != 0
    assert said in ran.stderr
