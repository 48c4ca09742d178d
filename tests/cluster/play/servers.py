"""The API servers that rollouts are played on: the lab's own, and a real one."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local.apply import create
from infra.local.kube import Kube, Tree, connected
from infra.local.parts import ROOT
from infra.local.processes import Part, Processes
from tests.cluster.plane import ACCOUNTS, SYSTEM, a_control_plane
from tests.cluster.play import policy

_READY_SECONDS = 30.0
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_KUBECTL = str(ROOT / ".venv" / "bin" / "kubectl")

EMBEDDED = "embedded"
CLUSTER_WIDE = "cluster-wide"
NAMESPACED = "namespaced"


@dataclass(frozen=True, slots=True)
class Server:
    """One that runs, with the namespaces of the play, and Spillway's identities set up."""

    folder: Path
    admin: Path  # the kubeconfig of whoever may do everything
    accounts: dict[str, Path]  # the kubeconfig of each function
    namespaces: str = ""  # the setting: those that an installation is limited to
    audit: Path | None = None

    def kube(self) -> Kube:
        """A client of the administrator's."""
        return connected(self.admin)


@contextmanager
def serving(name: str, folder: Path, namespaces: Sequence[str]) -> Iterator[Server]:
    """The server of that name, for as long as the block lasts."""
    if name == EMBEDDED:
        with _embedded(folder) as server:
            _make_namespaces(server, (SYSTEM, *namespaces))
            yield server
        return
    with a_control_plane(folder) as plane:
        accounts = {name: plane.kubeconfig(user.name) for name, user in ACCOUNTS.items()}
        limited = ",".join(namespaces) if name == NAMESPACED else ""
        server = Server(folder, plane.kubeconfig(), accounts, limited, plane.audit)
        _make_namespaces(server, namespaces)
        _install(server, namespaces if name == NAMESPACED else ())
        kube = server.kube()
        policy.install(kube)
        kube.close()
        yield server


@contextmanager
def _embedded(folder: Path) -> Iterator[Server]:
    """The lab's API server and controllers. It knows no identities."""
    config, processes = folder / "kubeconfig", Processes(folder / "logs")
    try:
        processes.start(_module("apiserver", "--state", str(folder), sign=config))
        processes.wait(_READY_SECONDS)
        processes.start(_module("controllers", "--kubeconfig", str(config)))
        yield Server(folder, config, dict.fromkeys(ACCOUNTS, config))
        processes.check()
    finally:
        processes.stop()


def _module(name: str, *arguments: str, sign: Path | None = None) -> Part:
    command = (sys.executable, "-m", f"infra.local.{name}", *arguments)
    return Part(name, command, lambda: sign is None or sign.exists(), {"PYTHONPATH": str(ROOT)})


def _make_namespaces(server: Server, names: Sequence[str]) -> None:
    kube = server.kube()
    for name in names:
        create(kube, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    kube.close()


def _install(server: Server, namespaces: Sequence[str]) -> None:
    """What infra has, as its user applies it: with one role for all, or a role in each of these."""
    if not namespaces:
        _kubectl(server, "apply", "-k", str(ROOT / "infra" / "knative"))
        return
    _kubectl(server, "apply", "-k", str(ROOT / "infra" / "namespaced"))
    for name in namespaces:
        _kubectl(server, "apply", "-n", name, "-k", str(ROOT / "infra" / "rbac" / "namespace"))


def _kubectl(server: Server, *arguments: str) -> None:
    command = [_KUBECTL, "--kubeconfig", str(server.admin), *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr


def roles(kube: Kube) -> list[Tree]:
    """The roles that came with the installation."""
    kinds = ("clusterroles", "roles")
    found = [role for kind in kinds for role in kube.list(f"{_RBAC}/{kind}")[0]]
    return [role for role in found if role["metadata"]["name"].startswith("spillway")]
