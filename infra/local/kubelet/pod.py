"""What a pod asks for, and what its status says: API objects in, values out, and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from infra.local.controllers import objects
from infra.local.kube import Tree

IMAGE = "croc-hunter"
ADDRESS = "lab.spillway.dev/address"  # the annotation that says where a pod really listens
NODE_ADDRESS = "192.0.2.254"


@dataclass(frozen=True, slots=True)
class Probe:
    """How a container is asked whether it is ready; times in seconds.

    In the lab every container is asked, once a second unless it says otherwise.
    """

    path: str = "/healthz"
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    period: float = 1.0
    timeout: float = 1.0
    successes: int = 1
    failures: int = 3


@dataclass(frozen=True, slots=True)
class Program:
    """The process that a pod is."""

    version: str
    environ: Mapping[str, str]
    probe: Probe


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why the container does not run."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Running:
    """Since when the container runs, and whether it is ready."""

    since: datetime
    ready: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How the container's last process ended."""

    code: int
    started: datetime
    finished: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """What the probes have shown: ready or not, and how many in a row said otherwise."""

    ready: bool = False
    otherwise: int = 0


def program(pod: Tree) -> Program | Waiting:
    """The process that a pod asks for, or why there can be none."""
    containers = pod["spec"]["containers"]
    if len(containers) != 1:
        return Waiting("CreateContainerConfigError", "the lab runs one container per pod")
    container = containers[0]
    name, _, version = container["image"].rpartition("/")[2].partition(":")
    if name != IMAGE or not version:
        message = f"image {container['image']!r}: the lab has only {IMAGE}:<version>"
        return Waiting("ErrImagePull", message)
    environ = container.get("env") or ()
    elsewhere = [variable["name"] for variable in environ if "valueFrom" in variable]
    if elsewhere or container.get("envFrom"):
        message = f"env {', '.join(elsewhere) or 'envFrom'}: the lab knows plain values only"
        return Waiting("CreateContainerConfigError", message)
    values = {variable["name"]: variable.get("value", "") for variable in environ}
    return Program(version, values, _probe(container.get("readinessProbe")))


def judged(health: Health, passed: bool, probe: Probe) -> Health:
    """The health after one more probe: it turns when enough in a row say so."""
    if passed == health.ready:
        return Health(health.ready)
    otherwise = health.otherwise + 1
    needed = probe.successes if passed else probe.failures
    return Health(passed) if otherwise >= needed else Health(health.ready, otherwise)


def binding(pod: Tree, node: str) -> Tree:
    """What puts a pod on a node."""
    metadata = pod["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
        "target": {"apiVersion": "v1", "kind": "Node", "name": node},
    }


def backoff(restarts: int) -> float:
    """Seconds before a crashed container starts again: doubling from half a second to 30."""
    return float(min(30.0, 0.5 * 2.0 ** min(restarts, 10)))


def restarts(pod: Tree) -> int:
    """How often the containers of a pod have started again; a pod that ran counts one more when it
    is found without its process.
    """
    found = [*((pod.get("status") or {}).get("containerStatuses") or ())]
    count = max((one["restartCount"] for one in found), default=0)
    return int(count) + any(one.get("started") for one in found)


def status(
    pod: Tree,
    ip: str,
    state: Running | Waiting,
    *,
    restarts: int,
    last: Ended | None,
    now: datetime,
) -> Tree:
    """The status of a pod on the lab's node."""
    ready = isinstance(state, Running) and state.ready
    before = pod.get("status") or {}
    began = isinstance(state, Running) or last is not None
    flags = {
        "PodScheduled": True,
        "Initialized": True,
        "ContainersReady": ready,
        "Ready": ready,
    }
    return {
        "phase": "Running" if began else "Pending",
        "conditions": [_condition(pod, kind, flag, now) for kind, flag in flags.items()],
        "hostIP": NODE_ADDRESS,
        "podIP": ip,
        "podIPs": [{"ip": ip}],
        "startTime": before.get("startTime") or objects.stamp(now),
        "containerStatuses": [
            {
                "name": container["name"],
                "image": container["image"],
                "imageID": container["image"],
                "ready": ready,
                "started": isinstance(state, Running),
                "restartCount": restarts,
                "state": _told(state),
                "lastState": {"terminated": _ending(last)} if last else {},
            }
            for container in pod["spec"]["containers"]
        ],
    }


def _probe(declared: Tree | None) -> Probe:
    """The probe of a container. Only httpGet is known; with any other kind, the usual path."""
    declared = declared or {}
    http = declared.get("httpGet") or {}
    headers = http.get("httpHeaders") or ()
    default = Probe()
    return Probe(
        path=http.get("path", "/") if http else default.path,
        headers=tuple((header["name"], header["value"]) for header in headers),
        delay=declared.get("initialDelaySeconds", default.delay),
        period=declared.get("periodSeconds", default.period),
        timeout=declared.get("timeoutSeconds", default.timeout),
        successes=declared.get("successThreshold", default.successes),
        failures=declared.get("failureThreshold", default.failures),
    )


def _condition(pod: Tree, kind: str, flag: bool, now: datetime) -> Tree:
    before, text = objects.condition(pod, kind), str(flag)
    same = before is not None and before["status"] == text
    since = before["lastTransitionTime"] if before and same else objects.stamp(now)
    return {"type": kind, "status": text, "lastTransitionTime": since}


def _told(state: Running | Waiting) -> Tree:
    if isinstance(state, Running):
        return {"running": {"startedAt": objects.stamp(state.since)}}
    return {"waiting": {"reason": state.reason, "message": state.message}}


def _ending(last: Ended) -> Tree:
    return {
        "exitCode": last.code,
        "reason": "Completed" if last.code == 0 else "Error",
        "startedAt": objects.stamp(last.started),
        "finishedAt": objects.stamp(last.finished),
    }
