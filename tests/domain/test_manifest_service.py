"""spec.service: what the app is called, where it listens, and who gets there."""

import pytest

from shared.domain.canary import CanarySpec, Metadata, Refusal, ServiceSpec
from shared.domain.fields import Json
from shared.domain.manifest import parse
from tests.domain.canaries import canary, serving


def read(**service: Json) -> ServiceSpec:
    """The service of a Canary that is expected to be run."""
    spec = parse(serving(**service))
    assert isinstance(spec, CanarySpec), str(spec)
    return spec.service


@pytest.mark.parametrize(
    ("service", "attribute", "value"),
    [
        pytest.param({"name": "basket"}, "name", "basket", id="a name"),
        pytest.param({"name": ""}, "name", "cart", id="the target's name"),
        pytest.param({"portName": "web"}, "port_name", "web", id="a port name"),
        pytest.param({"portName": ""}, "port_name", "http", id="an empty port name"),
        pytest.param({"targetPort": 8080}, "target_port", 8080, id="a target port"),
        pytest.param({"targetPort": "web"}, "target_port", "web", id="a named target port"),
        pytest.param({"targetPort": 0}, "target_port", 80, id="target port 0"),
        pytest.param({"targetPort": "0"}, "target_port", 80, id="target port 0 as Go writes it"),
        pytest.param({"targetPort": ""}, "target_port", 80, id="an empty target port"),
        pytest.param({"portDiscovery": True}, "port_discovery", True, id="port discovery"),
        pytest.param({"appProtocol": "http"}, "app_protocol", "http", id="http"),
        pytest.param({"appProtocol": "HTTP"}, "app_protocol", "HTTP", id="http in capitals"),
        pytest.param({"appProtocol": ""}, "app_protocol", None, id="an empty protocol"),
        pytest.param({"gateways": ["a/b"]}, "gateways", ("a/b",), id="a gateway"),
        pytest.param({"gateways": []}, "gateways", ("mesh",), id="no gateways"),
        pytest.param({"hosts": ["a.com"]}, "hosts", ("a.com", "cart"), id="a host and the apex"),
        pytest.param({"hosts": ["cart"]}, "hosts", ("cart",), id="the apex once"),
        pytest.param({"hosts": ["*"]}, "hosts", ("*",), id="every host"),
        pytest.param({"timeout": "15s"}, "timeout", "15s", id="a timeout"),
        pytest.param({"timeout": ""}, "timeout", None, id="an empty timeout"),
        pytest.param({"timeout": "0s"}, "timeout", "0s", id="Istio's word for no timeout"),
        pytest.param(
            {"apex": {"labels": {"a": "b"}, "annotations": {"c": "d"}}},
            "apex",
            Metadata({"a": "b"}, {"c": "d"}),
            id="metadata of the apex",
        ),
        pytest.param(
            {"primary": {"labels": {"a": "b"}}}, "primary", Metadata({"a": "b"}), id="the primary's"
        ),
        pytest.param(
            {"canary": {"labels": {"a": "b"}}}, "canary", Metadata({"a": "b"}), id="the canary's"
        ),
        pytest.param(
            {"unmanagedMetadata": {"labels": ["a"]}}, "unmanaged_labels", ("a",), id="labels"
        ),
        pytest.param(
            {"unmanagedMetadata": {"annotations": ["a"]}},
            "unmanaged_annotations",
            ("a",),
            id="annotations",
        ),
        pytest.param(
            {"match": [{"uri": {"prefix": "/a"}, "headers": {"x": {"regex": ".*"}}, "name": ""}]},
            "match",
            ({"uri": {"prefix": "/a"}, "headers": {"x": {"regex": ".*"}}},),
            id="uri and headers",
        ),
        pytest.param(
            {"match": [{"headers": {"x": {"exact": "y"}}}]},
            "match",
            ({"headers": {"x": {"exact": "y"}}},),
            id="headers alone",
        ),
        pytest.param(
            {"match": [{"headers": {"x": {}}}]},
            "match",
            ({"headers": {"x": {}}},),
            id="a header that is there",
        ),
        pytest.param({"match": [{}]}, "match", ({},), id="a match of everything"),
    ],
)
def test_a_service_is_read_with_flaggers_defaults(
    service: dict[str, Json], attribute: str, value: object
):
    assert getattr(read(**service), attribute) == value


@pytest.mark.parametrize(
    ("service", "path"),
    [
        pytest.param({"name": "Cart"}, "name", id="a name in capitals"),
        pytest.param({"name": "a" * 56}, "name", id="a name too long for -primary"),
        pytest.param({"port": None}, "port", id="no port"),
        pytest.param({"port": 65536}, "port", id="a port too high"),
        pytest.param({"port": "80"}, "port", id="a string for a port"),
        pytest.param({"targetPort": -1}, "targetPort", id="a negative target port"),
        pytest.param({"targetPort": "8080"}, "targetPort", id="digits for a port's name"),
        pytest.param({"targetPort": 1.5}, "targetPort", id="half a port"),
        pytest.param({"portDiscovery": "yes"}, "portDiscovery", id="a string for a boolean"),
        pytest.param({"appProtocol": "tcp"}, "appProtocol", id="tcp"),
        pytest.param({"hosts": "a.com"}, "hosts", id="a string for a list"),
        pytest.param({"hosts": [1]}, "hosts.0", id="a number for a host"),
        pytest.param({"gateways": [1]}, "gateways.0", id="a number for a gateway"),
        pytest.param({"timeout": "soon"}, "timeout", id="no duration"),
        pytest.param({"timeout": "-1s"}, "timeout", id="a negative duration"),
        pytest.param({"apex": []}, "apex", id="a list for metadata"),
        pytest.param({"apex": {"labels": {"a": 1}}}, "apex.labels.a", id="a number for a label"),
        pytest.param({"match": [1]}, "match.0", id="a number for a match"),
        pytest.param(
            {"match": [{}, {"method": {"exact": "GET"}}]}, "match.1.method", id="a method"
        ),
        pytest.param({"match": [{"uri": "/a"}]}, "match.0.uri", id="a string for a match"),
        pytest.param({"match": [{"uri": {}}]}, "match.0.uri", id="nothing to compare"),
        pytest.param({"match": [{"uri": {"suffix": "a"}}]}, "match.0.uri", id="a suffix"),
        pytest.param(
            {"match": [{"headers": {"x": {"exact": "a", "regex": "b"}}}]},
            "match.0.headers.x",
            id="two ways to compare",
        ),
        pytest.param(
            {"match": [{"uri": {"exact": 1}}]}, "match.0.uri.exact", id="a number to compare with"
        ),
    ],
)
def test_a_service_that_cannot_be_had_is_refused_by_path(service: dict[str, Json], path: str):
    refusal = parse(serving(**service))

    assert isinstance(refusal, Refusal)
    assert refusal.path == f"spec.service.{path}"


def test_a_target_whose_name_no_service_can_have_needs_a_name_for_the_service():
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart.v2"}

    assert parse(canary(targetRef=target)) == Refusal(
        "spec.service.name", "wanted a Service's name of at most 55 characters, found 'cart.v2'"
    )
