"""What `kubectl get` shows of the builtin kinds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from infra.local.apiserver.ages import age
from infra.local.apiserver.resources import Column
from infra.local.apiserver.trees import Tree, Value, at, objects_at

# the words of the API's own documentation, which every table has
NAME = (
    "Name must be unique within a namespace. Is required when creating resources, although some "
    "resources may allow a client to request the generation of an appropriate name automatically. "
    "Name is primarily intended for creation idempotence and configuration definition. Cannot be "
    "updated. More info: "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"
)
_NONE = "<none>"
_WIDE = 1  # the priority of what only -o wide shows


@dataclass(frozen=True, slots=True)
class Printed:
    """A column, and how its cell is made where a path is not enough."""

    column: Column
    show: Callable[[Tree], Value] | None = None


def _path(name: str, path: str, type_: str = "string", priority: int = 0) -> Printed:
    return Printed(Column(name, path, type_, priority))


def _made(
    name: str, show: Callable[[Tree], Value], type_: str = "string", priority: int = 0
) -> Printed:
    return Printed(Column(name, "", type_, priority), show)


def _number(*path: str) -> Callable[[Tree], Value]:
    return lambda obj: at(obj, *path) or 0


def _or_none(*path: str) -> Callable[[Tree], Value]:
    return lambda obj: at(obj, *path) or _NONE


def _pod_ready(obj: Tree) -> str:
    statuses = list(objects_at(obj, "status", "containerStatuses"))
    ready = sum(bool(status.get("ready")) for status in statuses)
    return f"{ready}/{len(list(objects_at(obj, 'spec', 'containers')))}"


def _pod_status(obj: Tree) -> str:
    if "deletionTimestamp" in obj["metadata"]:
        return "Terminating"
    for status in objects_at(obj, "status", "containerStatuses"):
        for state in ("waiting", "terminated"):
            reason = at(status, "state", state, "reason")
            if reason:
                return str(reason)
    return str(at(obj, "status", "reason") or at(obj, "status", "phase") or "")


def _restarts(obj: Tree) -> int:
    statuses = objects_at(obj, "status", "containerStatuses")
    return sum(int(status.get("restartCount", 0)) for status in statuses)


def _ready_of(obj: Tree) -> str:
    return f"{at(obj, 'status', 'readyReplicas') or 0}/{at(obj, 'spec', 'replicas') or 0}"


def _containers(field: str) -> Callable[[Tree], str]:
    def show(obj: Tree) -> str:
        found = objects_at(obj, "spec", "template", "spec", "containers")
        return ",".join(container.get(field, "") for container in found)

    return show


def _labels(*path: str) -> Callable[[Tree], str]:
    def show(obj: Tree) -> str:
        labels = at(obj, *path) or {}
        return ",".join(f"{key}={value}" for key, value in labels.items()) or _NONE

    return show


def _service_ports(obj: Tree) -> str:
    ports = objects_at(obj, "spec", "ports")
    return ",".join(f"{port['port']}/{port['protocol']}" for port in ports) or _NONE


def _slice_ports(obj: Tree) -> str:
    return ",".join(str(port.get("port", "")) for port in objects_at(obj, "ports")) or "<unset>"


def _slice_addresses(obj: Tree) -> str:
    ends = objects_at(obj, "endpoints")
    return ",".join(address for end in ends for address in end["addresses"]) or "<unset>"


def _involved(obj: Tree) -> str:
    involved = obj["involvedObject"]
    return f"{involved.get('kind', '').lower()}/{involved.get('name', '')}"


def _event_source(obj: Tree) -> str:
    source = obj.get("source") or {}
    return ", ".join(source[field] for field in ("component", "host") if source.get(field))


def _controller(obj: Tree) -> str:
    owners = objects_at(obj, "metadata", "ownerReferences")
    owner = next((owner for owner in owners if owner.get("controller")), None)
    if owner is None:
        return _NONE
    group = owner["apiVersion"].rpartition("/")[0]
    return f"{owner['kind'].lower()}{group and '.' + group}/{owner['name']}"


def _node_status(obj: Tree) -> str:
    conditions = objects_at(obj, "status", "conditions")
    ready = next((one["status"] for one in conditions if one["type"] == "Ready"), "Unknown")
    return {"True": "Ready", "False": "NotReady"}.get(ready, "Unknown")


def _since(field: str) -> Callable[[Tree], str]:
    return lambda obj: age(obj.get(field), datetime.now(UTC))


def _count(*path: str) -> Callable[[Tree], int]:
    return lambda obj: len(at(obj, *path) or ())


_AGE = _path("Age", ".metadata.creationTimestamp")
_SELECTOR = _made("Selector", _labels("spec", "selector", "matchLabels"), priority=_WIDE)
_TEMPLATE = (
    _made("Containers", _containers("name"), priority=_WIDE),
    _made("Images", _containers("image"), priority=_WIDE),
    _SELECTOR,
)
PRINTED: dict[str, tuple[Printed, ...]] = {
    "Pod": (
        _made("Ready", _pod_ready),
        _made("Status", _pod_status),
        _made("Restarts", _restarts),
        _AGE,
        _made("IP", _or_none("status", "podIP"), priority=_WIDE),
        _made("Node", _or_none("spec", "nodeName"), priority=_WIDE),
        _made("Nominated Node", _or_none("status", "nominatedNodeName"), priority=_WIDE),
        _made("Readiness Gates", lambda _: _NONE, priority=_WIDE),
    ),
    "Deployment": (
        _made("Ready", _ready_of),
        _made("Up-to-date", _number("status", "updatedReplicas")),
        _made("Available", _number("status", "availableReplicas")),
        _AGE,
        *_TEMPLATE,
    ),
    "ReplicaSet": (
        _made("Desired", _number("spec", "replicas"), "integer"),
        _made("Current", _number("status", "replicas"), "integer"),
        _made("Ready", _number("status", "readyReplicas"), "integer"),
        _AGE,
        *_TEMPLATE,
    ),
    "StatefulSet": (_made("Ready", _ready_of), _AGE, *_TEMPLATE[:2]),
    "Service": (
        _path("Type", ".spec.type"),
        _path("Cluster-IP", ".spec.clusterIP"),
        _made("External-IP", lambda obj: obj["spec"].get("externalName") or _NONE),
        _made("Port(s)", _service_ports),
        _AGE,
        _made("Selector", _labels("spec", "selector"), priority=_WIDE),
    ),
    "EndpointSlice": (
        _path("AddressType", ".addressType"),
        _made("Ports", _slice_ports),
        _made("Endpoints", _slice_addresses),
        _AGE,
    ),
    "Event": (
        _made("Last Seen", _since("lastTimestamp")),
        _path("Type", ".type"),
        _path("Reason", ".reason"),
        _made("Object", _involved),
        _made("Source", _event_source, priority=_WIDE),
        _path("Message", ".message"),
        _made("First Seen", _since("firstTimestamp"), priority=_WIDE),
        _path("Count", ".count", "integer", _WIDE),
        _path("Name", ".metadata.name", priority=_WIDE),
    ),
    "ConfigMap": (_made("Data", _count("data")), _AGE),
    "Secret": (_path("Type", ".type"), _made("Data", _count("data")), _AGE),
    "Namespace": (_path("Status", ".status.phase"), _AGE),
    "Node": (
        _made("Status", _node_status),
        _AGE,
        _path("Version", ".status.nodeInfo.kubeletVersion"),
    ),
    "ControllerRevision": (
        _made("Controller", _controller),
        _path("Revision", ".revision", "integer"),
        _AGE,
    ),
    "HorizontalPodAutoscaler": (
        _made("Reference", lambda obj: "{kind}/{name}".format(**obj["spec"]["scaleTargetRef"])),
        _path("MinPods", ".spec.minReplicas", "integer"),
        _path("MaxPods", ".spec.maxReplicas", "integer"),
        _made("Replicas", _number("status", "currentReplicas"), "integer"),
        _AGE,
    ),
    "CustomResourceDefinition": (_path("Created At", ".metadata.creationTimestamp"),),
}
