"""The defaults of pods and of pod templates, and what may not be missing in them."""

import re

from infra.local.apiserver import errors
from infra.local.apiserver.errors import Cause
from infra.local.apiserver.trees import Tree, at, objects_at

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_TOLERATIONS = tuple(
    {
        "key": f"node.kubernetes.io/{state}",
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": 300,
    }
    for state in ("not-ready", "unreachable")
)
_DEFAULT_MODE = 0o644
_VOLUMES_WITH_MODE = ("configMap", "secret", "projected", "downwardAPI")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_CONTAINERS = ("initContainers", "containers")


def fill_spec(spec: Tree) -> None:
    """Sets the defaults of a pod's spec."""
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", "default-scheduler")
    if "serviceAccountName" in spec:
        spec.setdefault("serviceAccount", spec["serviceAccountName"])
    for containers in _CONTAINERS:
        for container in objects_at(spec, containers):
            _fill_container(container)
    for volume in objects_at(spec, "volumes"):
        if set(volume) == {"name"}:
            volume["emptyDir"] = {}
        for source in _VOLUMES_WITH_MODE:
            if isinstance(volume.get(source), dict):
                volume[source].setdefault("defaultMode", _DEFAULT_MODE)


def fill_pod(obj: Tree) -> None:
    """Sets the defaults of a pod that no template has."""
    spec = obj.setdefault("spec", {})
    fill_spec(spec)
    spec.setdefault("enableServiceLinks", True)
    for containers in _CONTAINERS:
        for container in objects_at(spec, containers):
            _fill_requests(container["resources"])


def admit(obj: Tree) -> None:
    """Sets what the real server's admission plugins set."""
    spec = obj["spec"]
    spec.setdefault("serviceAccountName", "default")
    spec.setdefault("serviceAccount", spec["serviceAccountName"])
    spec.setdefault("tolerations", [*_TOLERATIONS])
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")


def check_spec(spec: Tree, path: str) -> list[Cause]:
    """What is missing in a pod's spec."""
    containers = list(objects_at(spec, "containers"))
    if not containers:
        return [errors.required(f"{path}.containers")]
    causes = []
    names = set()
    for index, container in enumerate(containers):
        where = f"{path}.containers[{index}]"
        name = container.get("name")
        causes += [
            errors.required(f"{where}.{field}")
            for field in ("name", "image")
            if not container.get(field)
        ]
        if name and not _LABEL.fullmatch(name):
            causes.append(errors.invalid_value(f"{where}.name", f'"{name}"', _LABEL_RULE))
        if name and name in names:
            causes.append(errors.duplicate(f"{where}.name", f'"{name}"'))
        names.add(name)
    return causes


def _fill_container(container: Tree) -> None:
    container.setdefault("imagePullPolicy", _pull_policy(container.get("image") or ""))
    container.setdefault("resources", {})
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    for port in objects_at(container, "ports"):
        port.setdefault("protocol", "TCP")
    for variable in objects_at(container, "env"):
        reference = at(variable, "valueFrom", "fieldRef")
        if isinstance(reference, dict):
            reference.setdefault("apiVersion", "v1")
    for name in _PROBES:
        if isinstance(container.get(name), dict):
            _fill_probe(container[name])
    for hook in ("postStart", "preStop"):
        _fill_http(at(container, "lifecycle", hook))


def _fill_requests(resources: Tree) -> None:
    """A container asks for what it is limited to, where it does not say."""
    for name, amount in (resources.get("limits") or {}).items():
        resources.setdefault("requests", {}).setdefault(name, amount)


def _fill_probe(probe: Tree) -> None:
    defaults = {
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }
    for field, value in defaults.items():
        if not probe.get(field):  # 0 counts as unset
            probe[field] = value
    _fill_http(probe)


def _fill_http(action: Tree | None) -> None:
    http = at(action, "httpGet")
    if isinstance(http, dict):
        http.setdefault("path", "/")
        http.setdefault("scheme", "HTTP")


def _pull_policy(image: str) -> str:
    name = image.partition("@")[0].rpartition("/")[2]
    tag = name.partition(":")[2]
    return "Always" if tag in ("", "latest") and "@" not in image else "IfNotPresent"
