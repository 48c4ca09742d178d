"""The embedded API server: what it fills into builtin kinds, and what it refuses of them."""

from typing import Any

import pytest

from infra.local.apiserver import pods
from infra.local.apiserver.server import Server
from tests.lab.raw_http import DEPLOYMENTS, MERGE, ask, deployment

pytestmark = pytest.mark.loopback

_SERVICES = "/api/v1/namespaces/default/services"
_REVISIONS = "/apis/apps/v1/namespaces/default/controllerrevisions"
_EVENTS = "/api/v1/namespaces/default/events"
_SECRETS = "/api/v1/namespaces/default/secrets"
_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def test_a_deployment_is_filled_in_as_on_a_real_server(apiserver: Server) -> None:
    body = deployment()
    body["spec"]["template"]["spec"]["containers"][0]["ports"] = [{"containerPort": 8080}]

    spec = ask(apiserver, "POST", DEPLOYMENTS, body).body["spec"]

    # as a kube-apiserver 1.37.2 returned it
    assert spec == {
        "progressDeadlineSeconds": 600,
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "selector": {"matchLabels": {"app": "web"}},
        "strategy": {
            "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
            "type": "RollingUpdate",
        },
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "containers": [
                    {
                        "image": "app:1",
                        "imagePullPolicy": "IfNotPresent",
                        "name": "app",
                        "ports": [{"containerPort": 8080, "protocol": "TCP"}],
                        "resources": {},
                        "terminationMessagePath": "/dev/termination-log",
                        "terminationMessagePolicy": "File",
                    }
                ],
                "dnsPolicy": "ClusterFirst",
                "restartPolicy": "Always",
                "schedulerName": "default-scheduler",
                "securityContext": {},
                "terminationGracePeriodSeconds": 30,
            },
        },
    }


def test_a_probe_is_filled_in() -> None:
    spec: dict[str, Any] = {
        "containers": [
            {"image": "app", "readinessProbe": {"httpGet": {"port": 80}, "periodSeconds": 0}}
        ]
    }

    pods.fill_spec(spec)

    assert spec["containers"][0]["imagePullPolicy"] == "Always"
    assert spec["containers"][0]["readinessProbe"] == {
        "httpGet": {"path": "/", "port": 80, "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("app", "Always"),
        ("app:latest", "Always"),
        ("app:1", "IfNotPresent"),
        ("host:5000/app", "Always"),
        ("host:5000/app:1", "IfNotPresent"),
        ("app@sha256:abc", "IfNotPresent"),
    ],
)
def test_the_pull_policy_follows_from_the_tag(image: str, policy: str) -> None:
    spec: dict[str, Any] = {"containers": [{"image": image}]}

    pods.fill_spec(spec)

    assert spec["containers"][0]["imagePullPolicy"] == policy


def test_a_default_that_was_filled_in_moves_no_generation(apiserver: Server) -> None:
    ask(apiserver, "POST", DEPLOYMENTS, deployment())

    again = ask(apiserver, "PUT", f"{DEPLOYMENTS}/web", deployment()).body

    assert again["metadata"]["generation"] == 1


def test_a_null_is_nothing_in_a_builtin_object(apiserver: Server) -> None:
    body = deployment()
    body["spec"]["template"]["metadata"]["creationTimestamp"] = None

    template = ask(apiserver, "POST", DEPLOYMENTS, body).body["spec"]["template"]

    assert template["metadata"] == {"labels": {"app": "web"}}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(
            {"selector": {"matchLabels": {"app": "other"}}},
            'spec.template.metadata.labels: Invalid value: {"app":"web"}: '
            "`selector` does not match template `labels`",
            id="a selector of other pods",
        ),
        pytest.param({"selector": None}, "spec.selector: Required value", id="no selector"),
        pytest.param({"replicas": -1}, "spec.replicas: Invalid value: -1", id="replicas below 0"),
        pytest.param(
            {"template": {"metadata": {"labels": {"app": "web"}}}},
            "spec.template.spec.containers: Required value",
            id="no containers",
        ),
        pytest.param(
            {
                "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{"name": "app"}]},
                }
            },
            "spec.template.spec.containers[0].image: Required value",
            id="no image",
        ),
    ],
)
def test_a_deployment_is_refused(apiserver: Server, change: dict[str, Any], told: str) -> None:
    body = deployment()
    body["spec"].update(change)

    answer = ask(apiserver, "POST", DEPLOYMENTS, body)

    assert answer.code == 422
    assert told in answer.body["message"]


def test_the_selector_of_a_deployment_never_changes(apiserver: Server) -> None:
    ask(apiserver, "POST", DEPLOYMENTS, deployment())
    other = deployment("other") | {"metadata": {"name": "web"}}

    answer = ask(apiserver, "PUT", f"{DEPLOYMENTS}/web", other)

    assert answer.code == 422
    assert "field is immutable" in answer.body["message"]


def test_a_service_gets_an_address_and_keeps_it(apiserver: Server) -> None:
    body = {"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}

    first = ask(apiserver, "POST", _SERVICES, body).body["spec"]
    second = ask(apiserver, "PUT", f"{_SERVICES}/web", body).body["spec"]

    address = first.pop("clusterIP")
    assert address.startswith("10.")
    assert first == {
        "clusterIPs": [address],
        "internalTrafficPolicy": "Cluster",
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}],
        "sessionAffinity": "None",
        "type": "ClusterIP",
    }
    assert second["clusterIP"] == address


def test_the_address_of_a_service_never_changes(apiserver: Server) -> None:
    body = {"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}
    ask(apiserver, "POST", _SERVICES, body)
    change = {"spec": {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"]}}

    answer = ask(apiserver, "PATCH", f"{_SERVICES}/web", change, content_type=MERGE)

    assert answer.code == 422
    assert "spec.clusterIPs[0]" in answer.body["message"]


def test_several_ports_need_names(apiserver: Server) -> None:
    body = {"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}, {"port": 81}]}}

    answer = ask(apiserver, "POST", _SERVICES, body)

    assert answer.code == 422
    assert "spec.ports[0].name: Required value" in answer.body["message"]


def test_the_data_of_a_revision_never_changes(apiserver: Server) -> None:
    ask(apiserver, "POST", _REVISIONS, {"metadata": {"name": "one"}, "data": {"a": 1}})
    path = f"{_REVISIONS}/one"

    labelled = {"metadata": {"labels": {"a": "b"}}}
    allowed = ask(apiserver, "PATCH", path, labelled, content_type=MERGE)
    refused = ask(apiserver, "PATCH", path, {"data": {"a": 2}}, content_type=MERGE)

    assert allowed.code == 200
    assert refused.code == 422
    assert "data: Invalid value" in refused.body["message"]


def test_an_event_stands_beside_what_it_is_about(apiserver: Server) -> None:
    about = {"kind": "Canary", "name": "web", "namespace": "default"}

    beside = {"metadata": {"name": "one"}, "involvedObject": about}
    apart = {"metadata": {"name": "two"}, "involvedObject": about | {"namespace": "shop"}}

    assert ask(apiserver, "POST", _EVENTS, beside).code == 201
    assert ask(apiserver, "POST", _EVENTS, apart).code == 422


def test_a_secret_is_stored_encoded(apiserver: Server) -> None:
    body = {"metadata": {"name": "one"}, "stringData": {"a": "b"}}

    stored = ask(apiserver, "POST", _SECRETS, body).body

    assert stored["data"] == {"a": "Yg=="}
    assert stored["type"] == "Opaque"
    assert "stringData" not in stored


def test_everybody_may_do_everything(apiserver: Server) -> None:
    body = {"spec": {"resourceAttributes": {"verb": "delete", "resource": "nodes"}}}

    answer = ask(apiserver, "POST", _REVIEWS, body)

    assert answer.code == 201
    assert answer.body["status"] == {"allowed": True}
