"""What moves the generation of an object, and what does not."""

from tests.cluster.conformance.asking import STRATEGIC, Api
from tests.cluster.conformance.kinds import Tree, config_map, service, widget, workload

_LABEL = {"metadata": {"labels": {"a": "b"}}}
_ANNOTATION = {"metadata": {"annotations": {"a": "b"}}}


def _moves(api: Api, plural: str, body: Tree, *changes: Tree) -> None:
    """Notes the generation after each change; a controller may write the status meanwhile."""
    made = api.post(api.path(plural), body, quiet=True)
    api.note("at first", made.metadata.get("generation"))
    for change in changes:
        path = api.path(plural, body["metadata"]["name"])
        changed = api.patch(path, change, quiet=True)
        api.note(f"after {change}", (changed.code, changed.metadata.get("generation")))


def of_a_custom_object(api: Api) -> None:
    _moves(
        api, "widgets", widget(), {"spec": {"size": 2}}, _LABEL, _ANNOTATION, {"spec": {"size": 2}}
    )


def of_a_custom_object_whose_status_changes(api: Api) -> None:
    api.post(api.path("widgets"), widget())
    api.patch(api.path("widgets", "one", "status"), {"status": {"phase": "Ready"}})


def of_a_deployment(api: Api) -> None:
    none = workload(replicas=0)
    _moves(api, "deployments", none, {"spec": {"paused": True}}, _LABEL, _ANNOTATION)


def of_a_deployment_whose_status_changes(api: Api) -> None:
    api.post(api.path("deployments"), workload(replicas=0), quiet=True)
    change = {"status": {"replicas": 3}, "spec": {"paused": True}, **_ANNOTATION}
    changed = api.patch(api.path("deployments", "web", "status"), change, quiet=True)
    api.note("generation", changed.metadata["generation"])
    api.note("annotations", changed.metadata["annotations"].get("a"))
    api.note("paused", changed.body["spec"].get("paused"))


def of_a_replica_set(api: Api) -> None:
    none = workload("ReplicaSet", replicas=0)
    _moves(api, "replicasets", none, {"spec": {"minReadySeconds": 1}}, _LABEL, _ANNOTATION)


def of_a_stateful_set(api: Api) -> None:
    none = workload("StatefulSet", replicas=0, serviceName="web")
    _moves(api, "statefulsets", none, {"spec": {"minReadySeconds": 1}}, _LABEL, _ANNOTATION)


def of_a_daemon_set(api: Api) -> None:
    nowhere = workload("DaemonSet")
    nowhere["spec"]["template"]["spec"]["nodeSelector"] = {"no": "where"}
    _moves(api, "daemonsets", nowhere, {"spec": {"minReadySeconds": 1}}, _LABEL, _ANNOTATION)


def of_a_service(api: Api) -> None:
    _moves(api, "services", service(), {"spec": {"selector": {"app": "x"}}}, _LABEL)


def of_a_config_map(api: Api) -> None:
    _moves(api, "configmaps", config_map(), {"data": {"a": "2"}}, _LABEL)


def of_a_disruption_budget(api: Api) -> None:
    body = {"metadata": {"name": "one"}, "spec": {"minAvailable": 1, "selector": {}}}
    _moves(api, "poddisruptionbudgets", body, {"spec": {"minAvailable": 2}}, _LABEL)


def of_an_autoscaler(api: Api) -> None:
    target = {"kind": "Deployment", "name": "web", "apiVersion": "apps/v1"}
    body = {"metadata": {"name": "one"}, "spec": {"scaleTargetRef": target, "maxReplicas": 3}}
    _moves(api, "horizontalpodautoscalers", body, {"spec": {"maxReplicas": 4}}, _LABEL)


def of_an_endpoint_slice(api: Api) -> None:
    body = {"metadata": {"name": "one"}, "addressType": "IPv4", "endpoints": []}
    change = {"endpoints": [{"addresses": ["192.0.2.1"]}]}
    _moves(api, "endpointslices", body, change, _LABEL)


def of_a_default_that_is_written_out(api: Api) -> None:
    _moves(api, "deployments", workload(replicas=0), {"spec": {"revisionHistoryLimit": 10}})


def of_a_template_that_is_set_to_what_it_is(api: Api) -> None:
    api.post(api.path("deployments"), workload(replicas=0), quiet=True)
    same = {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "app:1"}]}}}}
    changed = api.patch(api.path("deployments", "web"), same, STRATEGIC, quiet=True)
    api.note("generation", changed.metadata["generation"])
