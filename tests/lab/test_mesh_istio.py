"""Istio's objects are read as Istio reads them; what the mesh cannot do is refused by its path."""

from datetime import timedelta

import pytest

from infra.local.kube import Tree
from infra.local.mesh.istio import (
    Condition,
    Destination,
    DestinationRule,
    Match,
    destination_rule,
    virtual_service,
)
from shared.domain.errors import Refused
from tests.lab import mesh_objects as objects

WEB = "web.shop.svc.cluster.local"
PRIMARY = "web-primary.shop.svc.cluster.local"
CANARY = "web-canary.shop.svc.cluster.local"


@pytest.mark.parametrize(
    ("host", "whole"),
    [
        pytest.param("web", WEB, id="short: the Service of that name beside it"),
        pytest.param("web.example.com", "web.example.com", id="with dots: as it stands"),
        pytest.param(
            "web.other", "web.other", id="a Service elsewhere is not found by half a name"
        ),
        pytest.param("*", "*", id="any"),
        pytest.param("*.example.com", "*.example.com", id="any below"),
    ],
)
def test_a_host_is_resolved_as_istio_does(host: str, whole: str):
    read = virtual_service(objects.virtual_service(objects.to("web"), hosts=(host,)))

    assert read.hosts == (whole,)


@pytest.mark.parametrize(
    ("route", "destinations"),
    [
        pytest.param(
            objects.split(90, 10),
            (Destination(PRIMARY, 0, 90), Destination(CANARY, 0, 10)),
            id="two shares",
        ),
        pytest.param(objects.split(100, 0), (Destination(PRIMARY, 0, 100),), id="0 gets nothing"),
        pytest.param(
            {"route": [{"destination": {"host": "web-canary"}, "weight": 0}]},
            (Destination(CANARY, 0, 0),),
            id="a single one gets all, even at 0",
        ),
        pytest.param(
            {"route": [{"destination": {"host": "web-canary", "port": {"number": 8080}}}]},
            (Destination(CANARY, 8080, 0),),
            id="a port of its own",
        ),
    ],
)
def test_weights_are_read_as_istio_does(route: Tree, destinations: tuple[Destination, ...]):
    (read,) = virtual_service(objects.virtual_service(route)).routes

    assert read.destinations == destinations


@pytest.mark.parametrize(
    ("match", "matches"),
    [
        pytest.param([], (Match(),), id="no list matches all"),
        pytest.param([{}], (Match(),), id="no condition matches all"),
        pytest.param(
            [{"uri": {"exact": "/a"}, "headers": {"x-user": {"prefix": "b"}}}],
            (Match(Condition("exact", "/a"), {"x-user": Condition("prefix", "b")}),),
            id="all conditions of one entry",
        ),
        pytest.param(
            [{"uri": {"regex": "/[ab]"}}, {"headers": {"x-user": {}}}],
            (
                Match(Condition("regex", "/[ab]")),
                Match(headers={"x-user": Condition("present")}),
            ),
            id="any entry of the list",
        ),
        pytest.param(
            [{"method": {"exact": "GET"}, "authority": {"exact": "a.example.com"}}],
            (
                Match(
                    headers={
                        ":method": Condition("exact", "GET"),
                        ":authority": Condition("exact", "a.example.com"),
                    }
                ),
            ),
            id="method and authority",
        ),
    ],
)
def test_matches_are_lists_of_conditions(match: list[Tree], matches: tuple[Match, ...]):
    (read,) = virtual_service(objects.virtual_service(objects.to("web", match=match))).routes

    assert read.matches == matches


@pytest.mark.parametrize(
    ("more", "seconds"),
    [
        pytest.param({}, 0, id="absent: none"),
        pytest.param({"timeout": "0s"}, 0, id="none"),
        pytest.param({"timeout": "1m0.5s"}, 60.5, id="as Go writes durations"),
    ],
)
def test_a_timeout_is_a_duration(more: Tree, seconds: float):
    (read,) = virtual_service(objects.virtual_service(objects.to("web", **more))).routes

    assert read.timeout == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("route", "reason"),
    [
        pytest.param(objects.split(0, 0), r"spec\.http\.0\.route: total .* = 0", id="weights of 0"),
        pytest.param({}, r"spec\.http\.0\.route: total .* = 0", id="no destination"),
        pytest.param(
            objects.split(101, -1), r"spec\.http\.0\.route\.1: wanted .* -1", id="below 0"
        ),
        pytest.param(
            objects.to("web", mirror={"host": "x"}), r"spec\.http\.0\.mirror", id="unknown field"
        ),
        pytest.param(
            objects.to("web", match=[{"queryParams": {}}]),
            r"spec\.http\.0\.match\.0\.queryParams",
            id="unknown condition",
        ),
        pytest.param(
            objects.to("web", match=[{"uri": {"exact": "/", "prefix": "/"}}]),
            r"match\.0\.uri: wanted one of exact, prefix, regex",
            id="two conditions for one thing",
        ),
        pytest.param(
            {"route": [{"destination": {"host": "web", "subset": "v2"}}]},
            r"spec\.http\.0\.route\.0\.destination\.subset",
            id="subsets",
        ),
        pytest.param(
            objects.to("web", timeout="soon"), r"spec\.http\.0\.timeout: .*'soon'", id="no duration"
        ),
    ],
)
def test_what_the_mesh_cannot_do_is_refused_by_its_path(route: Tree, reason: str):
    with pytest.raises(Refused, match=reason):
        virtual_service(objects.virtual_service(route))


def test_routes_other_than_http_are_refused():
    obj = objects.virtual_service()
    obj["spec"]["tcp"] = [objects.to("web")]

    with pytest.raises(Refused, match=r"spec\.tcp: the lab's mesh routes HTTP only"):
        virtual_service(obj)


@pytest.mark.parametrize(
    ("policy", "balancing"),
    [
        pytest.param({}, "LEAST_REQUEST", id="Istio's default"),
        pytest.param({"loadBalancer": {"simple": "ROUND_ROBIN"}}, "ROUND_ROBIN", id="in turn"),
        pytest.param({"loadBalancer": {"simple": "LEAST_CONN"}}, "LEAST_REQUEST", id="an old name"),
    ],
)
def test_a_destination_rule_says_how_requests_are_spread(policy: Tree, balancing: str):
    obj: Tree = {
        "metadata": {"namespace": "shop"},
        "spec": {"host": "web", "trafficPolicy": policy},
    }

    assert destination_rule(obj) == DestinationRule(WEB, balancing)


def test_a_load_balancer_that_envoy_has_not_is_refused():
    policy = {"loadBalancer": {"simple": "PASSTHROUGH"}}
    obj: Tree = {
        "metadata": {"namespace": "shop"},
        "spec": {"host": "web", "trafficPolicy": policy},
    }

    with pytest.raises(Refused, match=r"loadBalancer\.simple: wanted one of .* 'PASSTHROUGH'"):
        destination_rule(obj)
