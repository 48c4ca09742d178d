"""What is filled into builtin kinds, and what is refused of them."""

from tests.cluster.conformance.asking import Api
from tests.cluster.conformance.kinds import Tree, container, service, workload

_REVISION: Tree = {"metadata": {"name": "one"}, "data": {"a": {"b": [1]}}, "revision": 1}


def _filled(api: Api, plural: str, body: Tree) -> None:
    api.post(api.path(plural, query="dryRun=All"), body)


def defaults_of_a_deployment(api: Api) -> None:
    app = container(
        ports=[{"containerPort": 80}],
        env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
        readinessProbe={"httpGet": {"port": 80}},
        livenessProbe={"tcpSocket": {"port": 80}, "periodSeconds": 0},
        resources={"limits": {"cpu": "1"}},
    )
    body = workload("Deployment", app, container("latest", image="app"))
    body["spec"]["template"]["spec"]["volumes"] = [
        {"name": "config", "configMap": {"name": "x"}},
        {"name": "secret", "secret": {"secretName": "x"}},
        {"name": "empty"},
    ]
    _filled(api, "deployments", body)


def defaults_of_a_deployment_that_recreates(api: Api) -> None:
    _filled(api, "deployments", workload(strategy={"type": "Recreate"}))


def defaults_of_a_replica_set(api: Api) -> None:
    _filled(api, "replicasets", workload("ReplicaSet"))


def defaults_of_a_stateful_set(api: Api) -> None:
    _filled(api, "statefulsets", workload("StatefulSet", serviceName="web"))


def defaults_of_a_daemon_set(api: Api) -> None:
    _filled(api, "daemonsets", workload("DaemonSet"))


def defaults_of_a_pod(api: Api) -> None:
    account = {"metadata": {"name": "own"}}  # that of the namespace comes when it comes
    api.post(api.path("serviceaccounts"), account, quiet=True)
    body = {
        "metadata": {"name": "one"},
        "spec": {"containers": [container()], "serviceAccountName": "own"},
    }
    _filled(api, "pods", body)


def defaults_of_a_service(api: Api) -> None:
    api.post(api.path("services"), service())
    api.get(api.path("services", "web"))


def defaults_of_a_headless_service(api: Api) -> None:
    api.post(api.path("services"), service(clusterIP="None"))


def defaults_of_an_external_service(api: Api) -> None:
    api.post(
        api.path("services"),
        {"metadata": {"name": "web"}, "spec": {"type": "ExternalName", "externalName": "x.dev"}},
    )


def defaults_of_an_autoscaler(api: Api) -> None:
    target = {"kind": "Deployment", "name": "web", "apiVersion": "apps/v1"}
    body = {"metadata": {"name": "one"}, "spec": {"scaleTargetRef": target, "maxReplicas": 3}}
    _filled(api, "horizontalpodautoscalers", body)


def a_secret_is_encoded(api: Api) -> None:
    api.post(api.path("secrets"), {"metadata": {"name": "one"}, "stringData": {"a": "text"}})


def a_lease_is_kept_as_it_is(api: Api) -> None:
    spec = {"holderIdentity": "x", "renewTime": "2026-11-25T10:00:00.123456Z"}
    api.post(api.path("leases"), {"metadata": {"name": "one"}, "spec": spec})


def an_endpoint_slice_is_kept_as_it_is(api: Api) -> None:
    body = {
        "metadata": {"name": "one", "labels": {"kubernetes.io/service-name": "web"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["192.0.2.1"], "conditions": {"ready": True}}],
        "ports": [{"port": 80, "name": "http"}],
    }
    api.post(api.path("endpointslices"), body)


def an_event_is_kept_as_it_is(api: Api) -> None:
    body = {
        "metadata": {"name": "one"},
        "involvedObject": {"kind": "X", "namespace": api.namespace, "name": "y"},
        "reason": "Because",
        "message": "it is so",
        "type": "Normal",
        "source": {"component": "probe"},
        "firstTimestamp": "2026-11-25T10:00:00Z",
        "lastTimestamp": "2026-11-25T10:00:00Z",
        "count": 1,
    }
    api.post(api.path("events"), body)


def an_event_of_another_namespace(api: Api) -> None:
    body = {"metadata": {"name": "one"}, "involvedObject": {"namespace": "other", "name": "y"}}
    api.post(api.path("events"), body)


def roles_are_kept_as_they_are(api: Api) -> None:
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    api.post(api.path("roles"), {"metadata": {"name": "one"}, "rules": rules})
    subjects = [{"kind": "ServiceAccount", "name": "x", "namespace": "y"}]
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "one"}
    body = {"metadata": {"name": "one"}, "roleRef": reference, "subjects": subjects}
    api.post(api.path("rolebindings"), body)


def nulls_are_nothing(api: Api) -> None:
    body = workload()
    body["spec"]["template"]["metadata"]["creationTimestamp"] = None
    body["spec"]["paused"] = None
    body["status"] = {}
    _filled(api, "deployments", body)


def a_wrong_deployment(api: Api) -> None:
    other = workload()
    other["spec"]["selector"] = {"matchLabels": {"app": "other"}}
    bare = workload()
    del bare["spec"]["selector"]
    for body in (
        other,
        bare,
        workload(replicas=-1),
        workload("Deployment", {"name": "app"}),
        workload("Deployment", container(), container()),
        workload("Deployment", container("App_1")),
    ):
        _filled(api, "deployments", body)


def a_deployment_without_containers(api: Api) -> None:
    body = workload()
    body["spec"]["template"]["spec"]["containers"] = []
    _filled(api, "deployments", body)


def a_selector_never_changes(api: Api) -> None:
    api.post(api.path("deployments"), workload(replicas=0), quiet=True)
    other = {"matchLabels": {"app": "web", "x": "y"}}
    change = {"spec": {"selector": other, "template": {"metadata": {"labels": {"x": "y"}}}}}
    api.patch(api.path("deployments", "web"), change)


def a_wrong_service(api: Api) -> None:
    specs: tuple[Tree, ...] = (
        {"ports": []},
        {"ports": [{"port": 0}]},
        {"ports": [{"port": 80}, {"port": 81}]},
        {"ports": [{"port": 80, "name": "a"}, {"port": 80, "name": "b"}]},
        {"type": "Other"},
    )
    for spec in specs:
        api.post(api.path("services"), service(**spec))


def an_address_never_changes(api: Api) -> None:
    api.post(api.path("services"), service())
    change = {"spec": {"clusterIP": "10.0.0.77", "clusterIPs": ["10.0.0.77"]}}
    api.patch(api.path("services", "web"), change)


def a_replace_may_leave_the_address_out(api: Api) -> None:
    api.post(api.path("services"), service())
    api.put(api.path("services", "web"), service(selector={"app": "other"}))


def a_revision_is_created_once(api: Api) -> None:
    api.post(api.path("controllerrevisions"), _REVISION)
    api.post(api.path("controllerrevisions"), _REVISION)


def the_data_of_a_revision_never_changes(api: Api) -> None:
    api.post(api.path("controllerrevisions"), _REVISION)
    api.patch(api.path("controllerrevisions", "one"), {"data": {"a": 2}})
    api.patch(
        api.path("controllerrevisions", "one"), {"revision": 2, "metadata": {"labels": {"a": "b"}}}
    )


def a_revision_needs_its_number(api: Api) -> None:
    api.post(api.path("controllerrevisions"), {"metadata": {"name": "one"}, "data": {}})
    api.post(api.path("controllerrevisions"), {"metadata": {"name": "two"}, "revision": 1})
    api.post(
        api.path("controllerrevisions"), {"metadata": {"name": "three"}, "data": {}, "revision": -1}
    )


def unknown_fields_are_refused_if_asked_for(api: Api) -> None:
    body = workload("Deployment", container(imagee="x"), replica=1)
    api.post(api.path("deployments", query="dryRun=All&fieldValidation=Strict"), body)


def a_value_of_another_type(api: Api) -> None:
    _filled(api, "deployments", workload(replicas="two"))


def a_namespace_is_filled_in(api: Api) -> None:
    api.post("/api/v1/namespaces?dryRun=All", {"metadata": {"name": f"{api.namespace}-x"}})
