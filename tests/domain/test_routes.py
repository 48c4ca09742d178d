"""The route: as a real Flagger shapes it, 100 in all, and no one else's notes are lost."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import plan, routes
from shared.domain.canary import AnalysisSpec, CanarySpec, Metadata, ServiceSpec, Target
from shared.domain.fields import Object, at, mapping, objects, pairs, whole
from shared.domain.ownership import HANDS_OFF, Owner, reference
from shared.domain.primary import DECISION
from shared.domain.routes import Share
from tests.domain import recordings

OWNER = Owner("shop", "cart", "uid-1")
SERVICE = ServiceSpec(
    "cart", 80, hosts=("cart.example.com", "cart"), gateways=("istio-system/public",)
)
SPEC = CanarySpec(Target("Deployment", "cart"), SERVICE, AnalysisSpec())
SHARES = (Share("cart-primary", 70), Share("cart-canary", 30))
UNSUPPORTED = ("corsPolicy", "headers", "retries", "rewrite")  # until their issue


def with_service(**fields):
    return replace(SPEC, service=replace(SERVICE, **fields))


def route(spec=SPEC, shares=SHARES):
    return routes.virtual_service(spec, OWNER, shares)


def seen(**metadata):
    found = route()
    return {
        **found,
        "metadata": {**found["metadata"], "uid": "u", "resourceVersion": "9", **metadata},
    }


def supported(obj):
    """A recorded route without the fields that a spec of ours cannot ask for, and the label that
    Flagger adds to it only where spec.service.apex is set.
    """
    rules = [
        {k: v for k, v in rule.items() if k not in UNSUPPORTED} for rule in obj["spec"]["http"]
    ]
    labels = {k: v for k, v in obj["metadata"].get("labels", {}).items() if k != "app"}
    metadata = {**obj["metadata"], **({"labels": labels} if labels else {})}
    return {**obj, "metadata": metadata, "spec": {**obj["spec"], "http": rules}}


def made_like(recording):
    """Our route with the shares of the recorded one."""
    shares = routes.shares_of(recording.objects["VirtualService", "app"], recording.spec)
    return routes.virtual_service(recording.spec, recording.owner, shares or ())


@pytest.mark.parametrize("name", recordings.NAMES)
def test_a_route_is_shaped_as_flagger_shaped_it(name):
    recording = recordings.read(name)

    made = made_like(recording)

    assert recordings.as_made(made) == supported(recordings.as_made(recording.counterpart(made)))


@pytest.mark.parametrize("name", [name for name in recordings.NAMES if "routes" not in name])
def test_flaggers_routes_and_rules_are_right_as_they_are(name):
    recording = recordings.read(name)

    made = (made_like(recording), *routes.destination_rules(recording.spec, recording.owner))

    assert all(routes.route_matches(recording.counterpart(obj), obj) for obj in made)


@pytest.mark.parametrize("name", [name for name in recordings.NAMES if "routes" not in name])
def test_destination_rules_are_made_as_flagger_made_them(name):
    recording = recordings.read(name)

    made = routes.destination_rules(recording.spec, recording.owner)

    assert [recordings.as_made(rule) for rule in made] == [
        recordings.as_made(recording.counterpart(rule)) for rule in made
    ]


def test_the_recorded_weights_are_read():
    recording = recordings.read("superseded/after-1-Progressing.yaml")

    shares = routes.shares_of(recording.objects["VirtualService", "app"], recording.spec)

    assert shares == (Share("app-primary", 60), Share("app-canary", 40))


def test_a_weight_of_zero_is_written_out():
    made = route(shares=(Share("cart-primary", 100), Share("cart-canary", 0)))

    assert at(made, "spec", "http") == [
        {
            "route": [
                {"destination": {"host": "cart-primary"}, "weight": 100},
                {"destination": {"host": "cart-canary"}, "weight": 0},
            ]
        }
    ]


@pytest.mark.parametrize(
    "shares",
    [
        pytest.param((), id="none"),
        pytest.param((Share("cart-primary", 99), Share("cart-canary", 0)), id="99"),
        pytest.param((Share("cart-primary", 100), Share("cart-canary", 1)), id="101"),
        pytest.param((Share("cart-primary", 110), Share("cart-canary", -10)), id="below zero"),
    ],
)
def test_a_route_that_is_not_100_in_all_is_never_made(shares):
    with pytest.raises(ValueError, match="route shop/cart: not 100 in all"):
        route(shares=shares)


def weights_in(made):
    return [whole(item, "weight") for item in objects(made["spec"]["http"][0], "route")]


@given(st.integers(0, 100), st.integers(0, 100))
def test_shares_come_back_from_the_route_they_made(weight, other):
    shares = plan.shares(SERVICE, weight)

    made = route(shares=shares)

    assert routes.shares_of(made, SPEC) == shares
    assert sum(weights_in(made)) == 100
    assert routes.route_matches(made, route(shares=plan.shares(SERVICE, other))) == (
        weight == other
    )


def test_a_match_and_a_timeout_stand_in_the_rule():
    match = ({"uri": {"prefix": "/api"}},)

    rule = route(with_service(match=match, timeout="15s"))["spec"]["http"][0]

    assert rule["match"] == list(match)
    assert rule["timeout"] == "15s"


@pytest.mark.parametrize(
    ("fields", "port"),
    [
        pytest.param({}, None, id="one port"),
        pytest.param({"port_discovery": True}, {"number": 80}, id="several, behind a gateway"),
        pytest.param({"port_discovery": True, "gateways": ("mesh",)}, None, id="in the mesh"),
        pytest.param({"port_discovery": True, "gateways": ()}, None, id="in the mesh by default"),
    ],
)
def test_the_port_is_named_where_flagger_names_it(fields, port):
    for item in route(with_service(**fields))["spec"]["http"][0]["route"]:
        assert at(item, "destination", "port") == port


def test_the_apexs_metadata_is_the_routes_too():
    made = route(with_service(apex=Metadata({"tier": "apex"}, {"note": "z"})))

    assert at(made, "metadata", "labels") == {"tier": "apex"}
    assert at(made, "metadata", "annotations") == {"note": "z", **HANDS_OFF}


def rules(*http):
    return {"spec": {"http": list(http)}}


def rule(*shares):
    return {"route": [{"destination": {"host": host}, "weight": weight} for host, weight in shares]}


@pytest.mark.parametrize(
    "found",
    [
        pytest.param({}, id="empty"),
        pytest.param(rules(), id="no rule"),
        pytest.param(
            rules(rule(("cart-primary", 100), ("cart-canary", 0)), rule(("cart-primary", 100))),
            id="two rules",
        ),
        pytest.param(rules(rule(("cart-primary", 100))), id="the canary is missing"),
        pytest.param(rules(rule(("cart-primary", 50), ("basket", 50))), id="another host"),
        pytest.param(rules(rule(("cart-primary", 0), ("cart-canary", 0))), id="nothing in all"),
        pytest.param(rules(rule(("cart-primary", "all"), ("cart-canary", 0))), id="no number"),
    ],
)
def test_a_route_of_another_shape_has_no_shares(found):
    assert routes.shares_of(found, SPEC) is None


def test_a_missing_weight_is_zero():
    found = rules(rule(("cart-primary", 100), ("cart-canary", None)))

    assert routes.shares_of(found, SPEC) == (Share("cart-primary", 100), Share("cart-canary", 0))


@pytest.mark.parametrize(
    ("found", "matches"),
    [
        pytest.param(seen(), True, id="as made"),
        pytest.param(seen(labels={"x": "y"}), True, id="a foreign label"),
        pytest.param(seen(annotations={**HANDS_OFF, "x": "y"}), True, id="a foreign annotation"),
        pytest.param(seen(annotations={}), False, id="our annotations are gone"),
        pytest.param({**seen(), "spec": {}}, False, id="no spec"),
        pytest.param(route(with_service(timeout="1s")), False, id="another timeout"),
        pytest.param(
            route(shares=(Share("cart-primary", 71), Share("cart-canary", 29))), False, id="weights"
        ),
    ],
)
def test_what_others_note_on_a_route_is_no_drift(found, matches):
    assert routes.route_matches(found, route()) is matches


def test_a_route_that_is_missing_is_made():
    assert routes.route_change(None, route(), OWNER) == route()


def test_a_change_keeps_what_others_noted_and_the_version_seen():
    found = {**seen(annotations={"x": "y"}, labels={"a": "b"}), "spec": {"hosts": ["other"]}}

    wanted = routes.route_change(found, route(), OWNER)

    assert mapping(wanted, "metadata") == {
        **route()["metadata"],
        "uid": "u",
        "resourceVersion": "9",
        "labels": {"a": "b"},
        "annotations": {"x": "y", **HANDS_OFF},
    }
    assert wanted["spec"] == route()["spec"]


def test_a_change_leaves_a_rule_without_labels_and_annotations():
    canary, _ = routes.destination_rules(SPEC, OWNER)

    assert routes.route_change(canary, canary, OWNER) == canary


@pytest.mark.parametrize(
    ("references", "foreign"),
    [
        pytest.param([reference(OWNER)], False, id="ours"),
        pytest.param([{**reference(OWNER), "uid": "uid-0"}], False, id="an earlier Canary's"),
        pytest.param([{**reference(OWNER), "name": "basket"}], True, id="another Canary's"),
        pytest.param([], True, id="nobody's"),
    ],
)
def test_a_route_is_foreign_unless_a_canary_of_the_name_controls_it(references, foreign):
    assert routes.is_foreign(seen(ownerReferences=references), OWNER) is foreign


def test_a_route_of_an_earlier_canary_of_the_name_becomes_ours():
    found = seen(ownerReferences=[{**reference(OWNER), "uid": "uid-0"}])

    wanted = routes.route_change(found, route(), OWNER)

    assert at(wanted, "metadata", "ownerReferences") == [reference(OWNER)]


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        pytest.param(
            rule(("cart-primary", 30), ("cart-canary", 70)),
            rule(("cart-primary", 70), ("cart-canary", 30)),
            id="both",
        ),
        pytest.param(
            rule(("cart-canary", 100)),
            rule(("cart-primary", 70), ("cart-canary", 30)),
            id="the canary alone",
        ),
        pytest.param(
            rule(("cart-canary", 40), ("basket", 60)),
            rule(("cart-primary", 70), ("cart-canary", 30)),
            id="the canary beside another",
        ),
        pytest.param(rule(("basket", 100)), rule(("basket", 100)), id="another alone"),
    ],
)
def test_a_route_is_reweighted_rule_by_rule_and_100_in_all(found, wanted):
    assert routes.reweighted(rules(found), SHARES) == rules(wanted)


def test_a_reweighted_route_is_otherwise_as_it_was_seen():
    before = route(with_service(timeout="1s", port_discovery=True), shares=plan.shares(SERVICE, 0))
    wanted = route(with_service(timeout="1s", port_discovery=True))

    assert routes.reweighted(before, SHARES) == wanted


def test_a_written_route_bears_its_decision_beside_what_it_bore():
    bare: Object = {"spec": {}}
    marked: Object = {"metadata": {"name": "cart", "annotations": {"a": "1"}}}

    assert pairs(routes.stamped(bare, 7), "metadata", "annotations") == {DECISION: "7"}
    assert routes.stamped(marked, 8) == {
        "metadata": {"name": "cart", "annotations": {"a": "1", DECISION: "8"}}
    }
