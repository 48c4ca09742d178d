"""Whether a Canary is run, on which objects, and why not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.canary import AnalysisSpec, CanarySpec, Refusal, ServiceSpec, Target
from shared.domain.machine import Phase
from shared.domain.ownership import Owner, reference
from shared.domain.seen import Gone, Support, Unread
from shared.domain.status import Made, Status
from shared.domain.subject import effective_spec, left_behind, made_of, refusal_of
from tests.domain.sights import a_primary, a_route, a_sight, a_subject, observed
from tests.domain.situations import MADE, a_spec
from tests.domain.workloads import target

REFUSAL = Refusal("spec.analysis.webhooks", "not supported yet")
OTHER_TARGET = replace(a_spec(), target=Target("Deployment", "till"))
OTHER_SERVICE = replace(a_spec(), service=ServiceSpec("till", port=80))
OTHER_PROVIDER = replace(a_spec(), provider="linkerd")
MOVED = [
    pytest.param(
        OTHER_TARGET, "spec.targetRef: was cart, and cannot be till now", id="another-target"
    ),
    pytest.param(
        OTHER_SERVICE, "spec.service.name: was cart, and cannot be till now", id="another-service"
    ),
    pytest.param(
        OTHER_PROVIDER, "spec.provider: was istio, and cannot be linkerd now", id="another-provider"
    ),
]


def test_a_spec_that_spillway_runs_is_accepted():
    assert observed().seen.accepted
    assert refusal_of(a_subject(), a_sight()) == ""


def test_a_spec_that_it_does_not_is_refused_by_its_field():
    assert refusal_of(a_subject(spec=REFUSAL), None) == "spec.analysis.webhooks: not supported yet"


@pytest.mark.parametrize(("spec", "why"), MOVED)
def test_what_was_made_is_never_left_behind(spec, why):
    assert refusal_of(a_subject(spec=spec), a_sight()) == why
    assert refusal_of(a_subject(spec=spec, initialized=False), a_sight()) == why


@pytest.mark.parametrize(("spec", "why"), MOVED)
def test_what_never_had_a_route_may_be_left_behind(spec, why):
    subject = a_subject(spec=spec, initialized=False, weighed=0)

    assert refusal_of(subject, None) == ""
    assert effective_spec(subject) is spec


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        pytest.param(
            {"route": a_route(20, Owner("shop", "somebody", "uid-2"))},
            "spec.service.name: VirtualService cart belongs to somebody else",
            id="a-foreign-route",
        ),
        pytest.param(
            {"support": Support(scalers={"cart": "cart-hpa"})},
            "spec.autoscalerRef: HorizontalPodAutoscaler cart-hpa scales cart",
            id="an-autoscaler",
        ),
        pytest.param(
            {"target": target(spec={"selector": {"matchLabels": {"team": "x"}}})},
            "spec.targetRef: getSelectorLabel failed: deployment cart.shop "
            "spec.selector.matchLabels must contain one of [app name app.kubernetes.io/name]",
            id="no-label",
        ),
        pytest.param(
            {"primary": replace(a_primary(), selector={"role": "db", "tier": "x"})},
            "spec.targetRef: cart-primary selects its pods by role=db,tier=x, "
            "not by app=cart-primary",
            id="a-primary-that-is-none",
        ),
        pytest.param(
            {"primary": replace(a_primary(), owners=(reference(Owner("shop", "till", "uid-2")),))},
            "spec.targetRef: cart-primary belongs to Canary till",
            id="another-canarys-primary",
        ),
    ],
)
def test_what_would_be_trampled_on_is_refused_by_name(seen, why):
    situation = observed(**seen)

    assert not situation.seen.accepted
    assert situation.facts.refusal == why


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param({"route": Gone(), "target": Gone()}, id="gone"),
        pytest.param({"route": Unread("slow"), "target": Unread("slow")}, id="unread"),
        pytest.param({"support": Support(scalers={"till": "till-hpa"})}, id="scales-another"),
        pytest.param(
            {"route": a_route(20, Owner("shop", "cart", "uid-0"))}, id="of-a-canary-deleted-since"
        ),
        pytest.param(
            {"primary": replace(a_primary(), owners=(reference(Owner("shop", "cart", "uid-0")),))},
            id="its-primary",
        ),
        pytest.param({"primary": replace(a_primary(), owners=())}, id="a-primary-of-nobodys"),
    ],
)
def test_what_is_not_there_or_not_known_is_no_objection(seen):
    assert observed(**seen).seen.accepted


def test_a_pass_works_with_the_spec():
    subject = a_subject()

    assert effective_spec(subject) is subject.spec


@pytest.mark.parametrize(
    ("spec", "suspend"),
    [
        pytest.param(REFUSAL, False, id="refused"),
        pytest.param(OTHER_TARGET, False, id="moved"),
        pytest.param(replace(OTHER_TARGET, suspend=True), True, id="moved-and-suspended"),
    ],
)
def test_a_run_is_ended_on_the_objects_it_was_made_for(spec, suspend):
    found = effective_spec(a_subject(spec=spec))

    assert isinstance(found, CanarySpec)
    assert made_of(found) == MADE
    assert found.suspend is suspend


@pytest.mark.parametrize(
    ("drain", "expected"),
    [
        pytest.param(None, AnalysisSpec().drain, id="flaggers-status-has-none"),
        pytest.param(timedelta(seconds=3), timedelta(seconds=3), id="as-it-was"),
    ],
)
def test_a_refused_spec_drains_as_the_last_that_ran(drain, expected):
    found = effective_spec(a_subject(spec=REFUSAL, drain=drain))

    assert isinstance(found, CanarySpec)
    assert found.analysis.drain == expected


@pytest.mark.parametrize(
    ("spec", "status", "target", "service"),
    [
        pytest.param(a_spec(), Status(promoted="5b5d"), "till", "", id="it-is-run"),
        pytest.param(REFUSAL, Status(), "till", "", id="nobody-ran-it"),
        pytest.param(REFUSAL, Status(promoted="5b5d"), "", "", id="it-names-no-target"),
        pytest.param(REFUSAL, Status(promoted="s1:x", made=MADE), "till", "", id="it-is-ours"),
    ],
)
def test_a_status_of_our_own_needs_no_names(spec, status, target, service):
    assert left_behind(spec, status, target=target, service=service) is status


@pytest.mark.parametrize(("service", "apex"), [("", "till"), ("shop-till", "shop-till")])
def test_what_somebody_else_ran_and_is_refused_here_is_known_by_its_names(service, apex):
    foreign = Status(promoted="5b5d9cbd7f")

    found = left_behind(REFUSAL, foreign, target="till", service=service)

    assert found == replace(foreign, made=Made(Target("Deployment", "till"), apex, "istio"))


def test_for_a_canary_that_was_refused_at_once_there_is_nothing_to_work_with():
    subject = replace(a_subject(spec=REFUSAL), status=Status())

    assert effective_spec(subject) is None
    assert subject.status.phase is Phase.NEW
