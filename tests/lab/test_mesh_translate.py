"""Envoy is told what Istio would tell it."""

import pytest

from infra.local.kube import Tree
from infra.local.mesh.backends import Backend
from infra.local.mesh.istio import virtual_service
from infra.local.mesh.translate import Documents, translate
from shared.domain import fields
from tests.lab import mesh_objects as objects

PRIMARY = Backend("shop", "web-primary", 80, "web-primary", ("127.0.0.1:4001",))
CANARY = Backend("shop", "web-canary", 80, "web")
ALL = {"match": {"prefix": "/"}}


def cluster(service: str, port: int = 80) -> str:
    return f"outbound|{port}||{service}.shop.svc.cluster.local"


def hosts(documents: Documents) -> list[tuple[str, ...]]:
    return [
        fields.texts(host, "domains") for host in fields.objects(documents.routes, "virtual_hosts")
    ]


def routes_of_the_first_host(*routes: Tree) -> tuple[fields.Object, ...]:
    documents = translate([virtual_service(objects.virtual_service(*routes))], [PRIMARY, CANARY])
    return fields.objects(fields.objects(documents.routes, "virtual_hosts")[0], "routes")


@pytest.mark.parametrize(
    ("host", "domains"),
    [
        pytest.param("web.example.com", ("web.example.com",), id="a name"),
        pytest.param("*.example.com", ("*.example.com",), id="many names"),
        pytest.param("*", ("*",), id="all names"),
        pytest.param(
            "web",
            ("web.shop.svc.cluster.local", "web.shop.svc", "web.shop"),
            id="a Service",
        ),
    ],
)
def test_a_host_is_served_by_each_of_its_names(host: str, domains: tuple[str, ...]):
    service = virtual_service(objects.virtual_service(objects.to("web"), hosts=(host,)))

    assert hosts(translate([service], [])) == [domains]


def test_a_service_without_routes_goes_to_itself_port_by_port():
    backends = [Backend("shop", "web", 8080, "web"), Backend("shop", "web", 80, "web")]

    (host,) = fields.objects(translate([], backends).routes, "virtual_hosts")

    named = [{"name": ":authority", "string_match": {"suffix": ":80"}}]
    assert fields.texts(host, "domains") == (
        "web.shop.svc.cluster.local",
        "web.shop.svc",
        "web.shop",
    )
    assert host["routes"] == [
        {
            "match": {**ALL["match"], "headers": named},
            "route": {"cluster": cluster("web"), "timeout": "0s"},
        },
        {**ALL, "route": {"cluster": cluster("web", 8080), "timeout": "0s"}},
    ]


def test_a_port_in_a_name_is_no_part_of_the_host():
    assert translate([], []).routes["ignore_port_in_host_matching"] is True


def test_no_name_is_given_twice():
    older = virtual_service(objects.virtual_service(objects.to("web-primary")))
    younger = virtual_service(
        objects.virtual_service(objects.to("web-canary"), hosts=("web", "web.shop", "b.example"))
    )

    found = hosts(translate([older, younger], [Backend("shop", "web", 80, "web")]))

    names = [domain for domains in found for domain in domains]
    assert len(names) == len(set(names))
    assert found[1:] == [("b.example",)]


def test_shares_become_weighted_clusters():
    (route,) = routes_of_the_first_host(objects.split(90, 10))

    weighted = {
        "clusters": [
            {"name": cluster("web-primary"), "weight": 90},
            {"name": cluster("web-canary"), "weight": 10},
        ]
    }
    assert route == {**ALL, "route": {"weighted_clusters": weighted, "timeout": "0.000000s"}}


def test_all_for_one_becomes_one_cluster():
    (route,) = routes_of_the_first_host(objects.split(100, 0, timeout="1.5s"))

    assert route == {**ALL, "route": {"cluster": cluster("web-primary"), "timeout": "1.500000s"}}


def test_a_destination_may_name_its_port():
    destination = {"host": "web-primary", "port": {"number": 9090}}

    (route,) = routes_of_the_first_host({"route": [{"destination": destination}]})

    assert fields.at(route, "route", "cluster") == cluster("web-primary", 9090)


def test_a_destination_that_does_not_exist_has_a_cluster_that_does_not_exist():
    (route,) = routes_of_the_first_host(objects.to("nobody"))

    assert fields.at(route, "route", "cluster") == cluster("nobody", 0)


def test_routes_and_their_matches_stay_in_order():
    first = objects.to("web-canary", match=[{"uri": {"exact": "/a"}}, {"uri": {"regex": "/b+"}}])

    found = routes_of_the_first_host(first, objects.to("web-primary"))

    assert [(route["match"], fields.at(route, "route", "cluster")) for route in found] == [
        ({"path": "/a"}, cluster("web-canary")),
        ({"safe_regex": {"regex": "/b+"}}, cluster("web-canary")),
        ({"prefix": "/"}, cluster("web-primary")),
    ]


@pytest.mark.parametrize(
    ("condition", "matcher"),
    [
        pytest.param({"exact": "a"}, {"string_match": {"exact": "a"}}, id="exact"),
        pytest.param({"prefix": "a"}, {"string_match": {"prefix": "a"}}, id="prefix"),
        pytest.param(
            {"regex": "a|b"}, {"string_match": {"safe_regex": {"regex": "a|b"}}}, id="regex"
        ),
        pytest.param({}, {"present_match": True}, id="present"),
    ],
)
def test_a_header_is_matched_in_envoys_words(condition: Tree, matcher: Tree):
    match = [{"uri": {"prefix": "/shop"}, "headers": {"x-user": condition}}]

    (route,) = routes_of_the_first_host(objects.to("web-primary", match=match))

    assert route["match"] == {"prefix": "/shop", "headers": [{"name": "x-user", **matcher}]}


def test_nothing_is_retried():
    (route,) = routes_of_the_first_host(
        objects.to("web-primary", retries={"attempts": 3, "retryOn": "5xx"})
    )

    assert route == {**ALL, "route": {"cluster": cluster("web-primary"), "timeout": "0.000000s"}}


def test_statistics_are_named_by_namespace_workload_and_service():
    documents = translate([], [PRIMARY, CANARY])

    assert [one["alt_stat_name"] for one in documents.clusters] == [
        "shop|web-primary|web-primary",
        "shop|web|web-canary",
    ]


def test_endpoints_are_the_addresses_of_the_processes():
    documents = translate([], [PRIMARY, CANARY])

    endpoint = {
        "endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 4001}}}
    }
    assert [one["endpoints"] for one in documents.endpoints] == [
        [{"lb_endpoints": [endpoint]}],
        [{"lb_endpoints": []}],
    ]
