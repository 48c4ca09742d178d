"""Behind a Service are its ready pods, and a workload, also where there are none."""

import pytest

from infra.local.kube import Tree
from infra.local.mesh.backends import Backend, Seen, backends
from infra.local.mesh.istio import DestinationRule
from tests.lab import mesh_objects as objects

POD = objects.pod("web-a", "192.0.2.1", "127.0.0.1:4001")
OTHER = objects.pod("web-b", "192.0.2.2", "127.0.0.1:4002")


def going(pod: Tree) -> Tree:
    return {**pod, "metadata": {**pod["metadata"], "deletionTimestamp": "2026-11-23T05:00:00Z"}}


def without_process(pod: Tree) -> Tree:
    return {**pod, "metadata": {**pod["metadata"], "annotations": {}}}


def elsewhere(obj: Tree) -> Tree:
    return {**obj, "metadata": {**obj["metadata"], "namespace": "other"}}


@pytest.mark.parametrize(
    ("pods", "slices", "addresses"),
    [
        pytest.param(
            [POD, OTHER],
            [objects.slice_of("web", "192.0.2.1", "192.0.2.2")],
            ("127.0.0.1:4001", "127.0.0.1:4002"),
            id="ready ones",
        ),
        pytest.param(
            [POD], [objects.slice_of("web", "192.0.2.1", ready=False)], (), id="not ready"
        ),
        pytest.param(
            [POD],
            [objects.slice_of("web", "192.0.2.1", terminating=True)],
            (),
            id="one on its way out, though ready",
        ),
        pytest.param(
            [going(POD)], [objects.slice_of("web", "192.0.2.1")], (), id="deleted a moment ago"
        ),
        pytest.param(
            [without_process(POD)], [objects.slice_of("web", "192.0.2.1")], (), id="no process yet"
        ),
        pytest.param([POD], [objects.slice_of("api", "192.0.2.1")], (), id="of another Service"),
        pytest.param(
            [POD], [elsewhere(objects.slice_of("web", "192.0.2.1"))], (), id="of another namespace"
        ),
        pytest.param(
            [POD], [objects.slice_of("web", "192.0.2.1", ports=(81,))], (), id="of another port"
        ),
        pytest.param([POD], [], (), id="no slice yet"),
    ],
)
def test_only_pods_that_can_answer_get_requests(
    pods: list[Tree], slices: list[Tree], addresses: tuple[str, ...]
):
    seen = Seen(services=[objects.service("web")], endpoint_slices=slices, pods=pods)

    assert [backend.addresses for backend in backends(seen, ())] == [addresses]


@pytest.mark.parametrize(
    ("deployments", "workload"),
    [
        pytest.param([objects.deployment("shop-web", app="web")], "shop-web", id="by the selector"),
        pytest.param([objects.deployment("web", app="api")], "web-canary", id="none fits"),
        pytest.param(
            [elsewhere(objects.deployment("shop-web", app="web"))],
            "web-canary",
            id="not from another namespace",
        ),
        pytest.param(
            [objects.deployment("web-b", app="web"), objects.deployment("web-a", app="web")],
            "web-a",
            id="the first of several",
        ),
    ],
)
def test_a_service_without_pods_still_has_a_workload(deployments: list[Tree], workload: str):
    seen = Seen(services=[objects.service("web-canary", app="web")], deployments=deployments)

    assert [backend.workload for backend in backends(seen, ())] == [workload]


def test_a_service_without_selector_is_its_own_workload():
    service = objects.service("web")
    del service["spec"]["selector"]
    seen = Seen(services=[service], deployments=[objects.deployment("api")])

    assert [backend.workload for backend in backends(seen, ())] == ["web"]


def test_each_port_is_a_backend_in_the_order_of_the_service():
    seen = Seen(services=[objects.service("web", 8080, 80), objects.service("api")])

    assert backends(seen, ()) == (
        Backend("shop", "api", 80, "api"),
        Backend("shop", "web", 8080, "web"),
        Backend("shop", "web", 80, "web"),
    )


def test_the_oldest_destination_rule_of_a_host_counts():
    host = "web.shop.svc.cluster.local"
    rules = [DestinationRule(host, "RANDOM"), DestinationRule(host, "ROUND_ROBIN")]
    seen = Seen(services=[objects.service("web"), objects.service("api")])

    found = {backend.service: backend.balancing for backend in backends(seen, rules)}

    assert found == {"api": "LEAST_REQUEST", "web": "RANDOM"}
