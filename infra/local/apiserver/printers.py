"""What `kubectl get` shows of the builtin kinds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from infra.local.apiserver.ages import age
from infra.local.apiserver.resources import Column
from infra.local.apiserver.trees import Tree, Value, at, objects_at

NONE = "<none>"
WIDE = 1  # the priority of what only -o wide shows


@dataclass(frozen=True, slots=True)
class Printed:
    """A column, and how its cell is made where a path is not enough."""

    column: Column
    show: Callable[[Tree], Value] | None = None


def path(name: str, path: str, type_: str = "string", priority: int = 0) -> Printed:
    """A column that shows what stands at a path."""
    return Printed(Column(name, path, type_, priority))


def made(
    name: str, show: Callable[[Tree], Value], type_: str = "string", priority: int = 0
) -> Printed:
    """A column whose cell is made by a function."""
    return Printed(Column(name, "", type_, priority), show)


def number(*path: str) -> Callable[[Tree], Value]:
    """A number at a path; 0 where there is none."""
    return lambda obj: at(obj, *path) or 0


def or_none(*path: str) -> Callable[[Tree], Value]:
    """What stands at a path, or a word for nothing."""
    return lambda obj: at(obj, *path) or NONE


def pod_ready(obj: Tree) -> str:
    """How many containers of a pod are ready, of how many."""
    statuses = list(objects_at(obj, "status", "containerStatuses"))
    ready = sum(bool(status.get("ready")) for status in statuses)
    return f"{ready}/{len(list(objects_at(obj, 'spec', 'containers')))}"


def pod_status(obj: Tree) -> str:
    """The word for how a pod is."""
    if "deletionTimestamp" in obj["metadata"]:
        return "Terminating"
    for status in objects_at(obj, "status", "containerStatuses"):
        for state in ("waiting", "terminated"):
            reason = at(status, "state", state, "reason")
            if reason:
                return str(reason)
    return str(at(obj, "status", "reason") or at(obj, "status", "phase") or "")


def restarts(obj: Tree) -> int:
    """How often the containers of a pod have started again."""
    statuses = objects_at(obj, "status", "containerStatuses")
    return sum(int(status.get("restartCount", 0)) for status in statuses)


def ready_of(obj: Tree) -> str:
    """How many replicas are ready, of how many that are wanted."""
    return f"{at(obj, 'status', 'readyReplicas') or 0}/{at(obj, 'spec', 'replicas') or 0}"


def containers(field: str) -> Callable[[Tree], str]:
    """A field of all containers of a template."""

    def show(obj: Tree) -> str:
        found = objects_at(obj, "spec", "template", "spec", "containers")
        return ",".join(container.get(field, "") for container in found)

    return show


def labels(*path: str) -> Callable[[Tree], str]:
    """The labels at a path, as a selector is written."""

    def show(obj: Tree) -> str:
        labels = at(obj, *path) or {}
        return ",".join(f"{key}={value}" for key, value in labels.items()) or NONE

    return show


def service_ports(obj: Tree) -> str:
    """The ports of a Service."""
    ports = objects_at(obj, "spec", "ports")
    return ",".join(f"{port['port']}/{port['protocol']}" for port in ports) or NONE


def slice_ports(obj: Tree) -> str:
    """The ports of an EndpointSlice."""
    return ",".join(str(port.get("port", "")) for port in objects_at(obj, "ports")) or "<unset>"


def slice_addresses(obj: Tree) -> str:
    """The addresses of an EndpointSlice."""
    ends = objects_at(obj, "endpoints")
    return ",".join(address for end in ends for address in end["addresses"]) or "<unset>"


def involved(obj: Tree) -> str:
    """What an event is about."""
    involved = obj["involvedObject"]
    return f"{involved.get('kind', '').lower()}/{involved.get('name', '')}"


def event_source(obj: Tree) -> str:
    """Who tells an event."""
    source = obj.get("source") or {}
    return ", ".join(source[field] for field in ("component", "host") if source.get(field))


def controller(obj: Tree) -> str:
    """Who controls an object."""
    owners = objects_at(obj, "metadata", "ownerReferences")
    owner = next((owner for owner in owners if owner.get("controller")), None)
    if owner is None:
        return NONE
    group = owner["apiVersion"].rpartition("/")[0]
    return f"{owner['kind'].lower()}{group and '.' + group}/{owner['name']}"


def node_status(obj: Tree) -> str:
    """Whether a node is ready."""
    conditions = objects_at(obj, "status", "conditions")
    ready = next((one["status"] for one in conditions if one["type"] == "Ready"), "Unknown")
    return {"True": "Ready", "False": "NotReady"}.get(ready, "Unknown")


def since(field: str) -> Callable[[Tree], str]:
    """How long ago the time in a field was."""
    return lambda obj: age(obj.get(field), datetime.now(UTC))


def count(*path: str) -> Callable[[Tree], int]:
    """How many there are at a path."""
    return lambda obj: len(at(obj, *path) or ())
