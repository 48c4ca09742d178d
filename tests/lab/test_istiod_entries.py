"""What istiod is told of pods: ready ones only, and where they really listen."""

from collections.abc import Iterator, Mapping

import pytest

from infra.local.apiserver.server import Server
from infra.local.apiserver.trees import copied
from infra.local.istiod.entries import Entries, entries
from infra.local.kube import Kube, Tree
from tests.lab import mesh_objects as objects

KIND = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "workloadentries.networking.istio.io"},
    "spec": {
        "group": "networking.istio.io",
        "names": {"kind": "WorkloadEntry", "plural": "workloadentries"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "x-kubernetes-preserve-unknown-fields": True,
                    }
                },
            }
        ],
    },
}
PATH = "/apis/networking.istio.io/v1/namespaces/shop/workloadentries"


def ready_pod(name: str = "web-a", *, ready: str = "True", **metadata: object) -> Tree:
    pod = objects.pod(name, "192.0.2.1", "127.0.0.1:4001")
    more = {"uid": f"uid-of-{name}", "labels": {"app": "web"}, **metadata}
    conditions = [{"type": "Ready", "status": ready}]
    return {
        **pod,
        "metadata": {**pod["metadata"], **more},
        "status": {**pod["status"], "conditions": conditions},
    }


def service(**port: object) -> Tree:
    found = objects.service("web")
    return {**found, "spec": {**found["spec"], "ports": [{"port": 80, **port}]}}


def test_an_entry_is_where_the_process_listens_in_the_network_of_loopback():
    found = entries([ready_pod()], [service(name="http", targetPort=8080)])

    assert found[("shop", "web-a")]["spec"] == {
        "address": "127.0.0.1",
        "network": "loopback",
        "labels": {"app": "web"},
        "ports": {"http": 4001},
    }


@pytest.mark.parametrize(
    ("port", "ports"),
    [
        pytest.param({"name": "http"}, {"http": 4001}, id="by its own name"),
        pytest.param({"name": "http", "targetPort": "web"}, {"web": 4001}, id="by its target's"),
        pytest.param({"targetPort": 8080}, {}, id="without a name there is none"),
    ],
)
def test_a_service_looks_for_a_port_by_name(port: Tree, ports: Mapping[str, int]):
    found = entries([ready_pod()], [service(**port)])

    assert found[("shop", "web-a")]["spec"]["ports"] == ports


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(ready_pod(ready="False"), id="not ready"),
        pytest.param(ready_pod(deletionTimestamp="2026-11-23T05:00:00Z"), id="on its way out"),
        pytest.param(ready_pod(annotations={}), id="without a process"),
    ],
)
def test_a_pod_that_takes_no_requests_has_no_entry(pod: Tree):
    assert entries([pod], [service(name="http")]) == {}


def test_a_service_of_other_pods_adds_no_port():
    found = entries([ready_pod()], [objects.service("web", app="other")])

    assert found[("shop", "web-a")]["spec"]["ports"] == {}


@pytest.fixture
def kube(apiserver: Server) -> Iterator[Kube]:
    apiserver.install([copied(KIND)])
    client = Kube(apiserver.url)
    yield client
    client.close()


def a_namespace(kube: Kube, *pods: str) -> list[Tree]:
    """With pods that are there: what belongs to none is removed."""
    kube.create("/api/v1/namespaces", {"metadata": {"name": "shop"}})
    made = [kube.create("/api/v1/namespaces/shop/pods", ready_pod(name)) for name in pods]
    return [ready_pod(pod["metadata"]["name"], uid=pod["metadata"]["uid"]) for pod in made]


@pytest.mark.loopback
def test_entries_follow_the_pods(kube: Kube):
    written, services = Entries(kube), [service(name="http")]
    one, other = a_namespace(kube, "web-a", "web-b")
    moved = {**one, "metadata": {**one["metadata"], "labels": {"app": "cart"}}}

    written.bring(entries([one, other], services))
    written.bring(entries([moved], services))

    (left,), _ = kube.list(PATH)
    assert left["metadata"]["name"] == "web-a"
    assert left["spec"]["labels"] == {"app": "cart"}


@pytest.mark.loopback
def test_what_the_server_does_not_take_is_tried_again(kube: Kube):
    written, services = Entries(kube), [service(name="http")]

    refused = written.bring(entries([ready_pod()], services))
    taken = written.bring(entries(a_namespace(kube, "web-a"), services))

    assert (refused, taken) == (False, True)
    assert kube.get(f"{PATH}/web-a") is not None
