"""A control plane of its own, on which Spillway is installed as the manual says it."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.local.controlplane import plane
from infra.local.controlplane.plane import ControlPlane
from infra.local.kube import Kube, connected
from tests.cluster.plane import ACCOUNTS, install_what_is_published
from tests.infra.rendering import INFRA, KUBECTL

Kubectl = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="package")
def cluster_of_a_platform_team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """One with the kinds of Istio, Knative, the Gateway API and the Prometheus operator."""
    users = tuple(ACCOUNTS.values())
    with plane.running(tmp_path_factory.mktemp("infra"), users=users) as running:
        kube = connected(running.kubeconfig())
        install_what_is_published(kube)
        kube.close()
        yield running


@pytest.fixture(scope="package")
def kubectl(cluster_of_a_platform_team: ControlPlane) -> Kubectl:
    """The real one, as the cluster's administrator; its exit code and words are the caller's."""

    def run(*arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
        config = f"--kubeconfig={cluster_of_a_platform_team.kubeconfig()}"
        return subprocess.run(
            [KUBECTL, config, *arguments], input=stdin, capture_output=True, text=True, timeout=60
        )

    return run


@pytest.fixture(scope="package")
def installation(kubectl: Kubectl) -> subprocess.CompletedProcess[str]:
    """What `kubectl apply -k infra/knative` said."""
    return kubectl("apply", "-k", INFRA / "knative")


@pytest.fixture
def kube(cluster_of_a_platform_team: ControlPlane) -> Iterator[Kube]:
    """That control plane as its administrator sees it."""
    client = connected(cluster_of_a_platform_team.kubeconfig())
    yield client
    client.close()
