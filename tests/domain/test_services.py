"""The Services: as a real Flagger makes them, and careful with those it finds."""

from dataclasses import replace

import pytest

from shared.domain import services
from shared.domain.canary import Metadata, ServiceSpec
from shared.domain.fields import Json, Object, at, mapping, objects
from shared.domain.ownership import HANDS_OFF, Owner, reference
from tests.domain import recordings
from tests.domain.workloads import target, template

OWNER = Owner("shop", "cart", "uid-1")
SPEC = ServiceSpec("cart", 80, target_port=8080)
FLUX = dict(HANDS_OFF)
PORT: Object = {"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}


def made(spec=SPEC):
    return services.services(spec, target(), OWNER)


def apex(spec=SPEC):
    return made(spec)[2]


def seen(desired, *, metadata=None, spec=None):
    """The object as a server has it, with these fields on top."""
    return {
        **desired,
        "metadata": {**desired["metadata"], "uid": "u", "resourceVersion": "9", **(metadata or {})},
        "spec": {**desired["spec"], "clusterIP": "10.0.0.1", **(spec or {})},
    }


def foreign(**spec):
    """A Service that was there before the Canary."""
    return seen(
        apex(),
        metadata={
            "labels": {"chart": "cart"},
            "annotations": {"note": "keep"},
            "ownerReferences": [],
        },
        spec=spec,
    )


def change(found, spec=SPEC):
    return services.service_change(found, apex(spec), spec, OWNER)


@pytest.mark.parametrize("name", recordings.NAMES)
def test_the_services_are_made_as_flagger_made_them(name):
    recording = recordings.read(name)

    found = services.services(recording.spec.service, recording.target, recording.owner)

    assert [recordings.as_made(service) for service in found] == [
        recordings.as_made(recording.counterpart(service)) for service in found
    ]


@pytest.mark.parametrize("name", recordings.NAMES)
def test_flaggers_services_are_right_as_they_are(name):
    recording = recordings.read(name)
    spec, owner = recording.spec.service, recording.owner

    changes = [
        services.service_change(recording.counterpart(service), service, spec, owner)
        for service in services.services(spec, recording.target, owner)
    ]

    assert changes == [None, None, None]


def test_only_the_canarys_service_leads_to_the_target():
    assert [at(service, "spec", "selector", "app") for service in made()] == [
        "cart",
        "cart-primary",
        "cart-primary",
    ]


def test_each_service_has_its_own_metadata_and_ours_wins():
    said = Metadata(labels={"app": "x", "tier": "y"}, annotations={"note": "z"})

    canary, primary, main = made(replace(SPEC, canary=said))

    assert at(canary, "metadata", "labels") == {"app": "cart-canary", "tier": "y"}
    assert at(canary, "metadata", "annotations") == {"note": "z", **FLUX}
    assert at(primary, "metadata", "labels") == {"app": "cart-primary"}
    assert at(main, "metadata", "labels") == {"app": "cart"}


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        pytest.param(ServiceSpec("cart", 80), {"name": "http", "targetPort": 80}, id="port alone"),
        pytest.param(
            ServiceSpec("cart", 80, port_name="web", target_port="main", app_protocol="http"),
            {"name": "web", "targetPort": "main", "appProtocol": "http"},
            id="all of it",
        ),
    ],
)
def test_the_first_port_is_the_specs(spec, wanted):
    assert at(apex(spec), "spec", "ports") == [{"protocol": "TCP", "port": 80, **wanted}]


PORTS: Json = [
    {"name": "web", "containerPort": 8080},
    {"name": "metrics", "containerPort": 9090},
    {"containerPort": 7070},
    {"name": "http", "containerPort": 6060},
    {"name": "again", "containerPort": 9090},
    {"name": "apex", "containerPort": 80},
]
PODS = template(
    containers=[
        {"name": "cart", "ports": PORTS},
        {"name": "istio-proxy", "ports": [{"containerPort": 15090}]},
        {"name": "envoy", "ports": [{"containerPort": 15000}]},
        {"name": "silent"},
    ]
)


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        pytest.param(
            SPEC, [("metrics", 9090), ("tcp-cart-2", 7070)], id="but the one served, by number"
        ),
        pytest.param(
            replace(SPEC, target_port="metrics"),
            [("web", 8080), ("tcp-cart-2", 7070), ("again", 9090)],
            id="but the one served, by name",
        ),
        pytest.param(
            ServiceSpec("cart", 7070),
            [("web", 8080), ("metrics", 9090), ("apex", 80)],
            id="but the service's own",
        ),
    ],
)
def test_ports_are_discovered_in_containers_but_sidecars(spec, wanted):
    found = services.discovered_ports(replace(spec, port_discovery=True), PODS)

    assert found == [
        {"name": name, "protocol": "TCP", "port": port, "targetPort": port} for name, port in wanted
    ]


def test_of_two_ports_of_one_name_the_last_is_had():
    twice = template(
        containers=[
            {"name": name, "ports": [{"name": "metrics", "containerPort": port}]}
            for name, port in (("cart", 9090), ("exporter", 9091), ("proxy", 80))
        ]
    )

    (found,) = services.discovered_ports(replace(SPEC, port_discovery=True, target_port=80), twice)

    assert at(found, "port") == 9091


def test_no_port_is_discovered_unasked():
    assert services.discovered_ports(SPEC, PODS) == []


def test_a_service_that_is_missing_is_made():
    assert change(None) == apex()


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({}, id="as it was made"),
        pytest.param({"type": "LoadBalancer", "sessionAffinity": "ClientIP"}, id="another type"),
        pytest.param({"ports": [{**PORT, "nodePort": 3}]}, id="node port"),
    ],
)
@pytest.mark.parametrize("found", [seen(apex()), foreign()], ids=["ours", "foreign"])
def test_a_service_with_the_right_ports_and_selector_is_left_alone(found, spec):
    assert change({**found, "spec": {**found["spec"], **spec}}) is None


def test_the_order_of_ports_means_nothing():
    spec = replace(SPEC, port_discovery=True)
    pods = target(spec={"template": PODS})
    desired = services.services(spec, pods, OWNER)[2]
    turned = seen(desired, spec={"ports": objects(desired, "spec", "ports")[::-1]})

    assert services.service_change(turned, desired, spec, OWNER) is None


def test_ports_and_selector_are_put_right_and_the_rest_stays():
    found = seen(apex(), spec={"selector": {"app": "cart"}, "ports": [{"name": "old", "port": 1}]})

    assert change(found) == seen(apex())


def test_a_node_port_stays_with_the_name_of_its_port():
    ports = [
        {"name": "http", "port": 1, "nodePort": 30001},
        {"name": "x", "port": 2, "nodePort": 3},
    ]

    wanted = change(seen(apex(), spec={"ports": ports}))

    assert at(wanted, "spec", "ports") == [{**PORT, "nodePort": 30001}]


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param({"labels": {"app": "cart", "x": "y"}}, id="a foreign label"),
        pytest.param({"labels": {}}, id="a label is gone"),
        pytest.param({"annotations": {**FLUX, "x": "y"}}, id="a foreign annotation"),
        pytest.param({"annotations": {}}, id="annotations are gone"),
        pytest.param(
            {"ownerReferences": [{**reference(OWNER), "uid": "uid-0"}]}, id="an earlier Canary's"
        ),
    ],
)
def test_a_service_of_ours_has_our_metadata_exactly(metadata):
    assert change(seen(apex(), metadata=metadata)) == seen(apex())


def test_metadata_that_is_left_to_others_stays():
    spec = replace(SPEC, unmanaged_labels=("x", "app"), unmanaged_annotations=("note",))
    theirs = {
        "labels": {"app": "cart", "x": "1", "y": "2"},
        "annotations": {"note": "keep", "other": "go", **FLUX},
    }
    said = Metadata(labels={"x": "0", "z": "3"}, annotations={"note": "go"})

    wanted = mapping(change(seen(apex(), metadata=theirs), replace(spec, apex=said)), "metadata")

    assert wanted["labels"] == {"app": "cart", "x": "1", "z": "3"}
    assert wanted["annotations"] == {"note": "keep", **FLUX}
    assert wanted["resourceVersion"] == "9"


def test_a_foreign_service_is_taken_over_by_its_selector_alone():
    wanted = change(foreign(selector={"app": "cart"}))

    assert at(wanted, "spec", "selector") == {"app": "cart-primary"}
    assert at(wanted, "metadata", "labels") == {"chart": "cart"}
    assert at(wanted, "metadata", "annotations") == {"note": "keep", **FLUX}
    assert at(wanted, "metadata", "ownerReferences") == []
    assert at(wanted, "metadata", "resourceVersion") == "9"


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(seen(apex(), metadata={"labels": {}}, spec={"selector": {}}), id="ours"),
        pytest.param(foreign(selector={}, ports=[]), id="foreign"),
    ],
)
def test_what_was_put_right_is_right(found):
    assert change(change(found)) is None
