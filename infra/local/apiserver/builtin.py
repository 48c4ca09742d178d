"""What the real server fills into builtin kinds, and what it refuses of them."""

import base64

from infra.local.apiserver import errors, pods, services, workloads
from infra.local.apiserver.errors import Cause
from infra.local.apiserver.trees import Tree, Value, shown

_WORKLOADS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet")


def fill(kind: str, obj: Tree) -> None:
    """Sets the defaults of a builtin kind. Its nulls are dropped: typed objects have none."""
    _drop_nulls(obj)
    match kind:
        case "Pod":
            pods.fill_pod(obj)
        case "Service":
            services.fill(obj)
        case "Secret":
            _fill_secret(obj)
        case "Namespace":
            name = obj["metadata"].get("name")
            obj["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = name
        case "HorizontalPodAutoscaler":
            obj.setdefault("spec", {}).setdefault("minReplicas", 1)
        case _ if kind in _WORKLOADS:
            workloads.fill(kind, obj)
        case _:
            return


def begin(kind: str, obj: Tree) -> None:
    """Gives a new object its first status."""
    match kind:
        case "Namespace":
            obj.setdefault("spec", {})["finalizers"] = ["kubernetes"]
            obj["status"] = {"phase": "Active"}
        case "Pod":
            obj["status"] = {"phase": "Pending", "qosClass": "BestEffort"}
        case "Service":
            services.allot(obj)
            obj["status"] = {"loadBalancer": {}}
        case _ if kind in _WORKLOADS:
            obj["status"] = {} if kind == "Deployment" else {"replicas": 0}
        case _:
            return


def carry_over(kind: str, old: Tree, new: Tree) -> None:
    """Keeps what a client may leave out of a change."""
    if kind == "Service":
        services.carry_over(old, new)


def check(kind: str, new: Tree, old: Tree | None) -> list[Cause]:
    """What is wrong with an object of a builtin kind."""
    match kind:
        case "Pod":
            return pods.check_spec(new["spec"], "spec")
        case "Service":
            return services.check(new, old)
        case "ControllerRevision":
            return workloads.check_revision(new, old)
        case "Event":
            return _check_event(new)
        case _ if kind in _WORKLOADS:
            return workloads.check(new, old)
        case _:
            return []


def _fill_secret(obj: Tree) -> None:
    obj.setdefault("type", "Opaque")
    plain = obj.pop("stringData", None) or {}
    if plain:
        data = obj.setdefault("data", {})
        data.update({key: base64.b64encode(text.encode()).decode() for key, text in plain.items()})


def _check_event(obj: Tree) -> list[Cause]:
    involved = obj.get("involvedObject")
    if not isinstance(involved, dict):
        return [errors.required("involvedObject")]
    namespace = involved.get("namespace") or "default"
    if namespace != obj["metadata"]["namespace"]:
        why = "does not match event.namespace"
        return [errors.invalid_value("involvedObject.namespace", shown(namespace), why)]
    return []


def _drop_nulls(value: Value) -> None:
    if isinstance(value, dict):
        for key in [key for key, item in value.items() if item is None]:
            del value[key]
        for item in value.values():
            _drop_nulls(item)
    elif isinstance(value, list):
        for item in value:
            _drop_nulls(item)
