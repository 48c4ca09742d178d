"""One real control plane for all tests of a run; each test takes a namespace of its own.

And one without controllers, for the tests in which nobody but the test is to write.
"""

import itertools
from collections.abc import Iterator

import pytest

from infra.local.apiserver import server
from infra.local.apply import create
from infra.local.controlplane import plane
from infra.local.controlplane.definitions import install
from infra.local.controlplane.plane import ControlPlane, service_account
from infra.local.controlplane.published import (
    EVENTING,
    GATEWAY_API,
    ISTIO,
    PROMETHEUS_OPERATOR,
    SERVING,
    definitions,
)
from infra.local.kube import Kube, connected
from infra.local.parts import FUNCTIONS, ROOT
from shared.adapters.cluster import Cluster
from tests.cluster.etcd import Etcd
from tests.cluster.lockstep import Shop

SYSTEM = "spillway"
ACCOUNTS = {name: service_account(SYSTEM, name.replace("_", "-")) for name in FUNCTIONS}
_PUBLISHED = (ISTIO, GATEWAY_API, EVENTING, SERVING, PROMETHEUS_OPERATOR)
_numbers = itertools.count()


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """etcd, kube-apiserver with RBAC and audit, kube-controller-manager, and the real kinds."""
    folder = tmp_path_factory.mktemp("plane")
    with plane.running(folder, users=tuple(ACCOUNTS.values())) as running:
        kube = connected(running.kubeconfig())
        install(kube, server.manifests(ROOT / "infra" / "crds"))
        install_what_is_published(kube)
        create(kube, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}})
        kube.close()
        yield running


def install_what_is_published(kube: Kube) -> None:
    """The kinds of others, as a cluster with all of them has them."""
    for published in _PUBLISHED:
        install(kube, definitions(published))


@pytest.fixture(scope="session")
def bare_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """etcd and kube-apiserver with the kinds that a rollout needs, and nobody who reconciles."""
    with plane.running(tmp_path_factory.mktemp("bare"), controllers=False) as running:
        kube = connected(running.kubeconfig())
        install(kube, server.manifests(ROOT / "infra" / "crds"))
        for published in (ISTIO, EVENTING):
            install(kube, definitions(published))
        kube.close()
        yield running


@pytest.fixture(scope="session")
def shop(bare_plane: ControlPlane) -> Shop:
    """A namespace there that can be set back."""
    cluster = Cluster(str(bare_plane.kubeconfig()))
    cluster.create("/api/v1/namespaces", {"metadata": {"name": "shop"}})
    etcd = Etcd(bare_plane.etcd, "shop")
    return Shop(cluster, etcd, etcd.keep())


@pytest.fixture
def kube(control_plane: ControlPlane) -> Iterator[Kube]:
    """The control plane as its administrator sees it."""
    client = connected(control_plane.kubeconfig())
    yield client
    client.close()


@pytest.fixture
def cluster(control_plane: ControlPlane) -> Cluster:
    """The same through the product's own client."""
    return Cluster(str(control_plane.kubeconfig()))


@pytest.fixture
def namespace(kube: Kube) -> str:
    """A new one."""
    name = f"shop{next(_numbers)}"
    create(kube, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return name
