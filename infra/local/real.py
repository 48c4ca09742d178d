"""A real control plane under the lab: what it is given before the lab's own parts come.

Spillway is installed as a user would: `kubectl apply -k infra/base`, with its definitions, its
identities and what they may do. Each function speaks as its own ServiceAccount.
"""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from infra.local.controlplane import plane, programs
from infra.local.controlplane.definitions import install as install_definitions
from infra.local.controlplane.plane import ControlPlane
from infra.local.controlplane.published import EVENTING, ISTIO, definitions
from infra.local.kube import connected
from infra.local.parts import FUNCTIONS, ROOT
from infra.local.processes import Failed, Processes

_ACCOUNTS = {name: plane.service_account("spillway", name.replace("_", "-")) for name in FUNCTIONS}
_PROGRAMS = (programs.ETCD, programs.APISERVER, programs.CONTROLLERS, programs.ISTIOD)
_EVENTING = ("brokers", "triggers", "pingsources")


def prepare() -> None:
    """Finds the programs, and builds those that are missing, while nothing waits for them."""
    for program in _PROGRAMS:
        programs.found(program)


def start(state: Path, processes: Processes) -> ControlPlane:
    """A new one, with nothing in it; the lab's kubeconfig is its administrator's."""
    folder = state / "plane"
    shutil.rmtree(folder, ignore_errors=True)
    running = plane.start(folder, processes, users=tuple(_ACCOUNTS.values()))
    shutil.copyfile(running.kubeconfig(), state / "kubeconfig")
    return running


def kubeconfigs(running: ControlPlane) -> Mapping[str, Path]:
    """Each function's own."""
    return {name: running.kubeconfig(account.name) for name, account in _ACCOUNTS.items()}


def install(running: ControlPlane) -> None:
    """The kinds of Istio and Knative that the lab uses; then Spillway."""
    kube = connected(running.kubeconfig())
    knatives = [one for one in definitions(EVENTING) if one["spec"]["names"]["plural"] in _EVENTING]
    install_definitions(kube, [*definitions(ISTIO), *knatives])
    kube.close()
    _apply(running.kubeconfig(), ROOT / "infra" / "base")


def _apply(kubeconfig: Path, folder: Path) -> None:
    kubectl = Path(sys.executable).parent / "kubectl"
    command = (str(kubectl), f"--kubeconfig={kubeconfig}", "apply", "-k", str(folder))
    applied = subprocess.run(command, capture_output=True, text=True)
    if applied.returncode:
        raise Failed(f"{' '.join(command)}:\n{applied.stderr}")
