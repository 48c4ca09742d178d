"""What the real server fills into builtin kinds, and what it refuses of them."""

import base64
import re
from collections.abc import Callable

from infra.local.apiserver import errors, pods, services, workloads
from infra.local.apiserver.errors import Cause
from infra.local.apiserver.trees import Tree, Value, copied, objects_at, shown

_CPU = [
    {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
    }
]
_FIRST_STATUS: dict[str, Tree] = {
    "Deployment": {},
    "ReplicaSet": {"replicas": 0},
    "StatefulSet": {"replicas": 0, "availableReplicas": 0},
    "DaemonSet": dict.fromkeys(
        (
            *("currentNumberScheduled", "desiredNumberScheduled", "numberMisscheduled"),
            "numberReady",
        ),
        0,
    ),
}
_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_KEY_RULE = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name', "
    " or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)
_WORKLOADS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet")


def fill(kind: str, obj: Tree) -> None:
    """Sets the defaults of a builtin kind. Its nulls are dropped: typed objects have none."""
    _drop_nulls(obj)
    if kind in _WORKLOADS:
        workloads.fill(kind, obj)
    elif kind in _FILLS:
        _FILLS[kind](obj)


def begin(kind: str, obj: Tree) -> None:
    """Gives a new object its first status."""
    match kind:
        case "Namespace":
            obj.setdefault("spec", {})["finalizers"] = ["kubernetes"]
            obj["status"] = {"phase": "Active"}
        case "Pod":
            pods.admit(obj)
            obj["status"] = {"phase": "Pending", "qosClass": "BestEffort"}
        case "Service":
            services.allot(obj)
            obj["status"] = {"loadBalancer": {}}
        case "HorizontalPodAutoscaler":
            obj["status"] = {"desiredReplicas": 0, "currentMetrics": None}
        case _ if kind in _WORKLOADS:
            obj["status"] = dict(_FIRST_STATUS[kind])
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
        case "ConfigMap" | "Secret":
            return _check_data("data", new, old)
        case "ControllerRevision":
            return workloads.check_revision(new, old)
        case "Event":
            return _check_event(new)
        case _ if kind in _WORKLOADS:
            return workloads.check(new, old)
        case _:
            return []


def _check_base64(text: Value) -> None:
    """Raises 400 for what is no base64, as the decoder of the real server does."""
    wrong = re.search(r"[^A-Za-z0-9+/=]", text) if isinstance(text, str) else None
    if wrong:
        raise errors.bad_request(
            'Secret in version "v1" cannot be handled as a Secret: '
            f"illegal base64 data at input byte {wrong.start()}"
        )


def _fill_namespace(obj: Tree) -> None:
    labels = obj["metadata"].setdefault("labels", {})
    labels.setdefault("kubernetes.io/metadata.name", obj["metadata"].get("name"))


def _fill_autoscaler(obj: Tree) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("minReplicas", 1)
    spec.setdefault("metrics", copied(_CPU))


def _fill_slice(obj: Tree) -> None:
    for port in objects_at(obj, "ports"):
        port.setdefault("protocol", "TCP")


def _fill_event(obj: Tree) -> None:
    obj.setdefault("eventTime", None)
    for field in ("reportingComponent", "reportingInstance"):
        obj.setdefault(field, "")


def _fill_secret(obj: Tree) -> None:
    obj.setdefault("type", "Opaque")
    _drop_empty(obj, "data")
    plain = obj.pop("stringData", None) or {}
    for text in (obj.get("data") or {}).values():
        _check_base64(text)
    if plain:
        data = obj.setdefault("data", {})
        data.update({key: base64.b64encode(text.encode()).decode() for key, text in plain.items()})


def _drop_empty(obj: Tree, *fields: str) -> None:
    for field in fields:
        if not obj.get(field, True):
            del obj[field]


def _check_data(field: str, new: Tree, old: Tree | None) -> list[Cause]:
    """What is wrong with the keys of a ConfigMap or a Secret; an immutable one stays as it is."""
    causes = [
        errors.invalid_value(f"{field}[{key}]", shown(key), _KEY_RULE)
        for key in new.get(field) or ()
        if not _KEY.fullmatch(key)
    ]
    if old is not None and old.get("immutable") and new.get(field) != old.get(field):
        why = "field is immutable when `immutable` is set"
        causes.append(errors.forbidden_field(field, why))
    return causes


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


_FILLS: dict[str, Callable[[Tree], object]] = {
    "Pod": pods.fill_pod,
    "Service": services.fill,
    "Secret": _fill_secret,
    "Namespace": _fill_namespace,
    "HorizontalPodAutoscaler": _fill_autoscaler,
    "ConfigMap": lambda obj: _drop_empty(obj, "data", "binaryData"),
    "EndpointSlice": _fill_slice,
    "Event": _fill_event,
    "ControllerRevision": lambda obj: obj.setdefault("revision", 0),
    "Lease": lambda obj: obj.setdefault("spec", {}),
}
