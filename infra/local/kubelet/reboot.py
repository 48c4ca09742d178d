"""The pods that an earlier lab left behind: its processes have ended, so none of them runs."""

from datetime import UTC, datetime

from infra.local.controllers import objects
from infra.local.kube import Kube, Tree
from infra.local.kubelet import pod as pods
from infra.local.kubelet.pod import Waiting
from infra.local.kubelet.worker import NODE

_PODS = "/api/v1/pods"
_WHY = Waiting("NodeRestarted", "the process ended with the lab, and will start again")


def reboot(kube: Kube) -> None:
    """Writes into the status of each pod of the node that it is not ready and has no address."""
    for pod in kube.list(_PODS)[0]:
        if pod["spec"].get("nodeName") == NODE and not objects.has_finished(pod):
            path = "/api/v1/namespaces/{namespace}/pods/{name}".format(**pod["metadata"])
            kube.patch(path, {"metadata": {"annotations": {pods.ADDRESS: None}}})
            kube.patch(f"{path}/status", {"status": _status(pod)})


def _status(pod: Tree) -> Tree:
    restarts = pods.restarts(pod)
    told = pods.status(pod, "", _WHY, restarts=restarts, last=None, now=datetime.now(UTC))
    return {**told, "podIP": None, "podIPs": None}
