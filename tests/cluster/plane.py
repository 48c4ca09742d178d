"""The real control plane of the tests: who may speak to it, and the kinds that it has."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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

SYSTEM = "spillway"
ACCOUNTS = {name: service_account(SYSTEM, name.replace("_", "-")) for name in FUNCTIONS}
_PUBLISHED = (ISTIO, GATEWAY_API, EVENTING, SERVING, PROMETHEUS_OPERATOR)


@contextmanager
def a_control_plane(folder: Path) -> Iterator[ControlPlane]:
    """etcd, kube-apiserver with RBAC and audit, kube-controller-manager, and the real kinds."""
    with plane.running(folder, users=tuple(ACCOUNTS.values())) as running:
        kube = connected(running.kubeconfig())
        install(kube, server.manifests(ROOT / "infra" / "crds"))
        install_what_is_published(kube)
        create(kube, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}})
        kube.close()
        yield running


@contextmanager
def a_bare_plane(folder: Path) -> Iterator[ControlPlane]:
    """etcd and kube-apiserver with the kinds that a rollout needs, and nobody who reconciles."""
    with plane.running(folder, controllers=False) as running:
        kube = connected(running.kubeconfig())
        install(kube, server.manifests(ROOT / "infra" / "crds"))
        for published in (ISTIO, EVENTING):
            install(kube, definitions(published))
        kube.close()
        yield running


def install_what_is_published(kube: Kube) -> None:
    """The kinds of others, as a cluster with all of them has them."""
    for published in _PUBLISHED:
        install(kube, definitions(published))
