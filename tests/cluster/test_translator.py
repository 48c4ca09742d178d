"""The lab's translator tells Envoy what Istio tells it, for every route that Spillway writes.

Where it does not, docs/lab.md says so and why; each of these differences has its test here.
"""

import json
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from math import sqrt

import pytest

from infra.local.controlplane.plane import ControlPlane
from infra.local.kube import Tree, connected
from infra.local.load import Load
from infra.local.parts import ROOT
from tests.cluster import envoy_dump
from tests.cluster.both_meshes import NAMESPACE, Both, both_meshes
from tests.cluster.route_shapes import SHAPES, Shape

pytestmark = pytest.mark.cluster

NAMED = {shape.name: shape for shape in SHAPES}
OUTSIDE = [pytest.param(one, id=one.name) for one in SHAPES if one.is_called_from_without]
WITHIN = [pytest.param(one, id=one.name) for one in SHAPES if one.is_called_within]
REQUESTS = 2000
SIGMAS = 4
ISTIOS_RETRIES = "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes"
DIFFERENCES = {  # as docs/lab.md calls them
    "retries",
    "a route that names a gateway only",
    "names of Services at the gateway",
    "a Service's bare name",
}


@pytest.fixture(scope="module")
def both(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    kube = connected(control_plane.kubeconfig())
    with both_meshes(control_plane, kube, tmp_path_factory.mktemp("meshes")) as running:
        yield running
    kube.close()


def names_of(service: str) -> list[str]:
    """As it is called from another namespace."""
    return [f"{service}.{NAMESPACE}{rest}" for rest in ("", ".svc", ".svc.cluster.local")]


def version_of(both: Both, host: str) -> str:
    """The version that answers a request at the gateway, or the status of a failure."""
    connection = HTTPConnection(both.ingress, timeout=5)
    connection.request("GET", "/", headers={"Host": host})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.getheader("x-version", str(answer.status))


@pytest.mark.parametrize("shape", OUTSIDE)
def test_the_gateway_routes_each_host_as_ours_does(both: Both, shape: Shape):
    istio, ours = envoy_dump.routes(both.gateway), envoy_dump.routes(both.ours)
    hosts = shape.service["hosts"]
    apex = [] if "*" in hosts else [f"{shape.name}.{NAMESPACE}.svc.cluster.local"]

    for host in (*(host.replace("*", "any") for host in hosts), *apex):
        assert istio.of(host) is not None
        assert ours.of(host) == istio.of(host)


@pytest.mark.parametrize("shape", WITHIN)
def test_a_sidecar_routes_each_name_of_the_service_as_ours_does(both: Both, shape: Shape):
    istio, ours = envoy_dump.routes(both.sidecar), envoy_dump.routes(both.ours)

    for name in names_of(shape.name):
        assert istio.of(name) is not None
        assert ours.of(name) == istio.of(name)


@pytest.mark.parametrize("service", ["step-primary", "idle-canary"])
def test_a_service_without_a_route_leads_to_itself_in_both(both: Both, service: str):
    istio, ours = envoy_dump.routes(both.sidecar), envoy_dump.routes(both.ours)

    for name in names_of(service):
        assert istio.of(name) is not None
        assert ours.of(name) == istio.of(name)


def test_every_cluster_spreads_requests_over_the_same_processes_in_the_same_way(both: Both):
    istio, ours = envoy_dump.clusters(both.gateway), envoy_dump.clusters(both.ours)

    assert len(ours) > 3 * len(SHAPES)
    assert {name: istio.get(name) for name in ours} == ours


def test_pods_are_reached_where_they_listen_and_nowhere_else(both: Both):
    found = envoy_dump.clusters(both.gateway)

    endpoints = {
        name.split("|")[3].split(".")[0]: [address.split(":")[0] for address in one.endpoints]
        for name, one in found.items()
        if f".{NAMESPACE}." in name
    }
    assert endpoints["step-primary"] == endpoints["step-canary"] == ["127.0.0.1"]
    assert endpoints["idle-canary"] == []


def test_a_port_in_a_host_counts_in_neither(both: Both):
    assert envoy_dump.routes(both.gateway).ignores_port
    assert envoy_dump.routes(both.ours).ignores_port


def test_requests_are_split_by_the_weight_and_a_new_one_costs_none(both: Both):
    shape, load = NAMED["step"], Load(both.ingress, NAMED["step"].host, rate=1000)
    load.start()
    until(lambda: load.snapshot().requests >= REQUESTS)
    before = load.snapshot()
    both.route(shape, 50)
    until(lambda: load.snapshot().since(before).versions.get("2", 0) > REQUESTS / 5)
    moved = load.snapshot()
    until(lambda: load.snapshot().since(moved).requests >= REQUESTS)
    load.stop()
    after = load.snapshot().since(moved)

    assert load.snapshot().failures == ()
    assert_share(before.versions["2"], before.requests, 0.1)
    assert_share(after.versions["2"], after.requests, 0.5)


def test_a_new_weight_is_the_same_in_both(both: Both):
    shape = NAMED["half"]
    both.route(shape, 70)

    (ours,) = envoy_dump.routes(both.ours).of(shape.host) or ()

    assert sorted(share for _, share in ours.shares) == [30, 70]
    until(lambda: envoy_dump.routes(both.gateway).of(shape.host) == (ours,))


def test_the_rules_of_a_refused_canary_are_reweighted_in_both(both: Both):
    shape = NAMED["rules"]
    both.rules(
        shape,
        {"match": [{"headers": {"x-user": {"exact": "me"}}}], "route": all_for("rules-canary")},
        {"route": all_for("rules-primary"), "timeout": "5s"},
    )

    both.route(shape, 20)

    ours = envoy_dump.routes(both.ours).of(shape.host) or ()
    assert [sorted(share for _, share in entry.shares) for entry in ours] == [[20, 80], [20, 80]]
    until(lambda: envoy_dump.routes(both.gateway).of(shape.host) == ours)


def test_a_canary_without_pods_answers_503(both: Both):
    answers = {version_of(both, NAMED["idle"].host) for _ in range(200)}

    assert answers == {"1", "503"}


def test_istio_tries_twice_more_and_ours_never(both: Both):
    (istio,) = envoy_dump.routes(both.gateway).retries
    ours = envoy_dump.routes(both.ours).retries

    assert json.loads(istio)["retry_on"] == ISTIOS_RETRIES
    assert json.loads(istio)["num_retries"] == 2
    assert ours == {"{}"}


def test_a_route_for_the_gateway_only_is_ours_for_all(both: Both):
    name = f"step.{NAMESPACE}.svc.cluster.local"
    istio, ours = envoy_dump.routes(both.sidecar), envoy_dump.routes(both.ours)

    assert clusters_of(istio.of(name)) == {"step"}
    assert clusters_of(ours.of(name)) == {"step-primary", "step-canary"}


def test_the_gateway_of_istio_does_not_know_short_names(both: Both):
    istio, ours = envoy_dump.routes(both.gateway), envoy_dump.routes(both.ours)

    assert [name in istio.hosts for name in names_of("step")] == [False, False, True]
    assert [name in ours.hosts for name in names_of("step")] == [True, True, True]


def test_nobody_is_in_the_services_own_namespace_of_ours(both: Both):
    assert "inside" not in envoy_dump.routes(both.ours).hosts


def test_the_page_names_each_difference():
    page = (ROOT / "docs" / "lab.md").read_text()
    section = page.split("## Where its mesh differs from Istio\n")[1].split("\n## ")[0]

    rows = [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("| ")]
    assert set(rows) - {"what"} == DIFFERENCES


def all_for(host: str) -> list[Tree]:
    """As Flagger routes users of one kind, or everybody else."""
    return [{"destination": {"host": host}, "weight": 100}]


def clusters_of(entries: tuple[envoy_dump.Entry, ...] | None) -> set[str]:
    """The Services that get requests."""
    shares = [share for entry in entries or () for share in entry.shares]
    return {cluster.split("|")[3].split(".")[0] for cluster, _ in shares}


def assert_share(got: int, requests: int, share: float) -> None:
    tolerance = SIGMAS * sqrt(requests * share * (1 - share))
    assert got == pytest.approx(requests * share, abs=tolerance)


def until(holds) -> None:
    ends = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.02)
