"""Deployments and the other kinds with a pod template: defaults, and what is refused."""

from infra.local.apiserver import errors, pods
from infra.local.apiserver.errors import Cause
from infra.local.apiserver.trees import Tree, Value, at, shown

_IMMUTABLE = "field is immutable"


def fill(kind: str, obj: Tree) -> None:
    """Sets the defaults of a workload."""
    spec = obj.setdefault("spec", {})
    if kind != "DaemonSet":
        spec.setdefault("replicas", 1)
    if kind != "ReplicaSet":
        spec.setdefault("revisionHistoryLimit", 10)
    if kind in _FILLS:
        _FILLS[kind](obj, spec)
    template = spec.get("template")
    if isinstance(template, dict):
        pods.fill_spec(template.setdefault("spec", {}))


def _fill_deployment(_: Tree, spec: Tree) -> None:
    spec.setdefault("progressDeadlineSeconds", 600)
    _fill_strategy(spec.setdefault("strategy", {}), {"maxSurge": "25%"}, "25%")


def _fill_daemon_set(obj: Tree, spec: Tree) -> None:
    _fill_strategy(spec.setdefault("updateStrategy", {}), {"maxSurge": 0}, 1)
    notes = obj["metadata"].setdefault("annotations", {})
    notes.setdefault("deprecated.daemonset.template.generation", "1")


def _fill_stateful_set(_: Tree, spec: Tree) -> None:
    spec.setdefault("podManagementPolicy", "OrderedReady")
    _fill_strategy(spec.setdefault("updateStrategy", {}), {"partition": 0}, 1)
    claims = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    for moment in ("whenDeleted", "whenScaled"):
        claims.setdefault(moment, "Retain")


def check(new: Tree, old: Tree | None) -> list[Cause]:
    """What is wrong with a workload."""
    spec = new["spec"]
    causes = _check_replicas(spec.get("replicas"))
    selector = spec.get("selector") or {}
    labels = at(spec, "template", "metadata", "labels") or {}
    if not selector:
        causes.append(errors.required("spec.selector"))
    if not selector or not _selects(selector, labels):
        why = "`selector` does not match template `labels`"
        causes.append(errors.invalid_value("spec.template.metadata.labels", shown(labels), why))
    if old is not None and selector != old["spec"]["selector"]:
        causes.append(errors.invalid_value("spec.selector", shown(selector), _IMMUTABLE))
    return causes + pods.check_spec(at(spec, "template", "spec") or {}, "spec.template.spec")


def check_revision(new: Tree, old: Tree | None) -> list[Cause]:
    """What is wrong with a ControllerRevision: its data never changes."""
    if new.get("data") is None:
        return [errors.required("data", "data is mandatory")]
    if new["revision"] < 0:
        why = "must be greater than or equal to 0"
        return [errors.invalid_value("revision", shown(new["revision"]), why)]
    if old is not None and new["data"] != old["data"]:
        return [errors.invalid_value("data", shown(new["data"]), _IMMUTABLE)]
    return []


def _fill_strategy(strategy: Tree, first: Tree, unavailable: Value) -> None:
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        limits = strategy.setdefault("rollingUpdate", {})
        for field, value in {**first, "maxUnavailable": unavailable}.items():
            limits.setdefault(field, value)


def _check_replicas(replicas: Value) -> list[Cause]:
    if replicas is None or (isinstance(replicas, int) and replicas >= 0):
        return []
    why = "must be greater than or equal to 0"
    return [errors.invalid_value("spec.replicas", shown(replicas), why)]


def _selects(selector: Tree, labels: Tree) -> bool:
    wanted = selector.get("matchLabels") or {}
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _meets(rule, labels) for rule in selector.get("matchExpressions") or ()
    )


def _meets(rule: Tree, labels: Tree) -> bool:
    found, values = labels.get(rule.get("key", "")), rule.get("values") or ()
    match rule.get("operator"):
        case "In":
            return found in values
        case "NotIn":
            return found not in values
        case "Exists":
            return found is not None
        case _:
            return found is None


_FILLS = {
    "Deployment": _fill_deployment,
    "DaemonSet": _fill_daemon_set,
    "StatefulSet": _fill_stateful_set,
}
