"""What is seen, in the classes that the rules tell apart: pods, revisions, routes, snapshots."""

import pytest

from shared.domain.analysis import Verdict, VerdictKind
from shared.domain.canary import Refusal
from shared.domain.machine import Phase
from shared.domain.observation import Pods, Revision, Route
from shared.domain.observe import Moment, observe
from shared.domain.revision import revision_of
from shared.domain.seen import Gone, Support, Unread
from shared.domain.status import Generations, LastPromotion
from shared.domain.subject import Request
from tests.domain.sights import (
    BEFORE,
    PROMOTED,
    RUN,
    TARGET,
    a_primary,
    a_route,
    a_sight,
    a_subject,
    observed,
)
from tests.domain.situations import BEAT, NOW, a_spec
from tests.domain.workloads import target, template

UNREAD = Unread("deployments/cart: timed out")
STUCK = {"conditions": [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]}
NO_PODS = {"updatedReplicas": 2, "readyReplicas": 0, "availableReplicas": 0}
ELSE = template(containers=[{"name": "cart", "image": "cart:9"}])


@pytest.mark.parametrize(
    ("found", "pods", "idle"),
    [
        pytest.param(target(), Pods.READY, False, id="ready"),
        pytest.param(target(status={"availableReplicas": 1}), Pods.UNREADY, False, id="unready"),
        pytest.param(target(status=NO_PODS), Pods.EMPTY, False, id="empty"),
        pytest.param(target(spec={"replicas": 0}), Pods.EMPTY, True, id="asked-for-none"),
        pytest.param(target(status=STUCK), Pods.STALLED, False, id="stalled"),
        pytest.param(target(status={**STUCK, **NO_PODS}), Pods.STUCK, False, id="stuck"),
        pytest.param(Gone(), Pods.GONE, True, id="gone"),
        pytest.param(UNREAD, Pods.UNREAD, False, id="unread"),
    ],
)
def test_a_target_is_seen_by_what_it_can_serve(found, pods, idle):
    look = observed(target=found).seen

    assert (look.canary, look.idle) == (pods, idle)


def test_each_workload_has_its_own_threshold():
    spec = a_spec(primary_ready_threshold=50, canary_ready_threshold=100)
    half = {"readyReplicas": 1, "availableReplicas": 1}

    look = observed(
        a_subject(spec=spec), target=target(status=half), primary=a_primary(**half)
    ).seen

    assert (look.canary, look.primary) == (Pods.UNREADY, Pods.READY)


@pytest.mark.parametrize(
    ("found", "revision"),
    [
        pytest.param(target(), Revision.SAME, id="the-runs"),
        pytest.param(target(spec={"template": BEFORE}), Revision.PROMOTED, id="the-promoted-one"),
        pytest.param(target(spec={"template": ELSE}), Revision.NEW, id="neither"),
    ],
)
def test_a_template_is_told_by_its_hash(found, revision):
    assert observed(target=found).seen.revision is revision


@pytest.mark.parametrize(
    ("generation", "revision"),
    [
        pytest.param(3, Revision.SAME, id="recorded"),  # the server defaulted a new field
        pytest.param(4, Revision.NEW, id="another"),
    ],
)
def test_a_template_is_not_hashed_while_its_generation_is_the_recorded_one(generation, revision):
    known = a_subject(target_revision=RUN, generations=Generations(target=3))

    look = observed(known, target=target(spec={"template": ELSE}, generation=generation)).seen

    assert look.revision is revision


@pytest.mark.parametrize("found", [Gone(), UNREAD])
def test_a_target_that_was_not_seen_has_the_revision_it_had(found):
    situation = observed(a_subject(target_revision=RUN), target=found)

    assert situation.facts.target_revision == RUN
    assert situation.seen.revision is Revision.SAME


def written_again(route):
    return {**route, "metadata": {**route["metadata"], "generation": 3}}


@pytest.mark.parametrize(
    ("found", "route"),
    [
        pytest.param(a_route(20), Route.AS_ASKED, id="as-asked"),
        pytest.param(a_route(40), Route.OTHER, id="another-weight"),
        pytest.param({**a_route(20), "spec": {}}, Route.OTHER, id="emptied"),
        pytest.param(Gone(), Route.GONE, id="gone"),
        pytest.param(UNREAD, Route.UNREAD, id="unread"),
    ],
)
def test_a_route_is_compared_with_what_the_status_asks(found, route):
    assert observed(route=found).seen.route is route


@pytest.mark.parametrize(
    ("found", "rerouted"),
    [
        pytest.param(a_route(20), False, id="as-it-was-written"),
        pytest.param(written_again(a_route(20)), True, id="edited-and-put-back"),
        pytest.param(Gone(), True, id="gone"),
        pytest.param(UNREAD, False, id="unread"),
    ],
)
def test_traffic_may_have_moved_where_a_route_was_written_since_it_was_known(found, rerouted):
    assert observed(route=found).seen.rerouted is rerouted


def test_a_route_that_is_known_to_be_gone_moves_nothing():
    known = a_subject(generations=Generations(1, 1, 0))

    assert not observed(known, route=Gone()).seen.rerouted


def bare(route):
    return {**route, "metadata": {"generation": 1}}


@pytest.mark.parametrize(
    ("found", "route"),
    [
        pytest.param(bare(a_route(20)), Route.AS_ASKED, id="the-weights-are-as-asked"),
        pytest.param(bare(a_route(40)), Route.OTHER, id="they-are-not"),
        pytest.param(Gone(), Route.AS_ASKED, id="it-is-gone"),
        pytest.param(UNREAD, Route.UNREAD, id="it-is-unread"),
    ],
)
def test_of_a_spec_that_is_refused_only_the_weights_of_its_route_are_known(found, route):
    refused = a_subject(spec=Refusal("spec.analysis.webhooks", "not supported"))

    assert observed(refused, route=found).seen.route is route


@pytest.mark.parametrize(
    ("support", "kept"),
    [
        pytest.param(None, (False, False), id="not-looked-at"),
        pytest.param(Support(), (False, False), id="none"),
        pytest.param(Support(snapshots={PROMOTED: BEFORE}), (True, False), id="the-promoted-one"),
        pytest.param(Support(snapshots={RUN: TARGET.template}), (False, True), id="the-targets"),
    ],
)
def test_snapshots_are_known_by_their_revisions(support, kept):
    look = observed(support=support).seen

    assert (look.promoted_kept, look.target_kept) == kept


KNOWN = Generations(target=3, primary=1, route=1)


@pytest.mark.parametrize(
    ("seen", "generations"),
    [
        pytest.param({}, KNOWN, id="seen"),
        pytest.param(
            {"target": Gone(), "primary": Gone(), "route": Gone()}, Generations(), id="gone"
        ),
        pytest.param(
            {"target": UNREAD, "primary": UNREAD, "route": UNREAD},
            Generations(7, 8, 9),
            id="unread",
        ),
    ],
)
def test_a_failed_read_is_never_taken_for_a_change(seen, generations):
    known = a_subject(generations=Generations(7, 8, 9))

    assert observed(known, **seen).facts.generations == generations


@pytest.mark.parametrize(
    ("subject", "unrecorded"),
    [
        pytest.param(a_subject(generations=KNOWN), False, id="as-recorded"),
        pytest.param(a_subject(generations=Generations(2, 1, 1)), True, id="target"),
        pytest.param(a_subject(generations=KNOWN, generation=2), True, id="canary"),
    ],
)
def test_a_generation_that_the_status_does_not_know_is_to_be_recorded(subject, unrecorded):
    assert observed(subject).seen.unrecorded is unrecorded


@pytest.mark.parametrize(
    ("last", "request_id", "carried"),
    [
        pytest.param(LastPromotion("run-1", NOW, done=False), "run-1", True, id="carried-out"),
        pytest.param(LastPromotion("run-1", NOW, done=True), "run-1", False, id="done-before"),
        pytest.param(LastPromotion("run-2", NOW, done=False), "run-1", False, id="of-another"),
        pytest.param(LastPromotion("run-1", NOW, done=False), "", False, id="of-none"),
        pytest.param(None, "run-1", False, id="not-kept"),
    ],
)
def test_a_pass_carries_out_the_promotion_it_came_for(last, request_id, carried):
    subject = a_subject(last_promotion=last, generations=KNOWN)

    situation = observed(subject, request=Request(promotion=request_id))

    assert (situation.promotion_done, situation.seen.unrecorded) == (carried, carried)


def test_the_verdict_is_what_was_judged():
    verdict = Verdict(VerdictKind.BREACHED, "Halt cart.shop advancement …")
    moment = Moment(NOW, BEAT)

    situation = observe(a_subject(), a_sight(), spec=a_spec(), moment=moment, verdict=verdict)

    assert (situation.seen.verdict, situation.facts.verdict) == (verdict.kind, verdict.message)


def test_without_words_of_a_verdict_what_was_measured_was_not_what_was_asked_for():
    assert observed().facts.verdict == "what was measured is not what was asked for"


@pytest.mark.parametrize(
    ("initialized", "seen", "revision"),
    [
        pytest.param(True, {}, PROMOTED, id="later-it-is-the-promoted-one"),
        pytest.param(
            False, {"primary": a_primary(ELSE)}, revision_of(ELSE), id="before-it-is-hashed"
        ),
        pytest.param(False, {"primary": Gone()}, PROMOTED, id="there-is-none"),
        pytest.param(False, {"target": UNREAD}, PROMOTED, id="what-was-changed-cannot-be-undone"),
    ],
)
def test_a_primarys_revision_is_its_templates_with_our_changes_undone(initialized, seen, revision):
    situation = observed(a_subject(initialized=initialized), **seen)

    assert situation.facts.primary_revision == revision


@pytest.mark.parametrize(
    ("seen", "images"),
    [
        pytest.param({}, ("cart:1", "cart:0", "cart:0"), id="no-snapshot-was-looked-at"),
        pytest.param(
            {"support": Support(snapshots={PROMOTED: ELSE})},
            ("cart:1", "cart:0", "cart:9"),
            id="the-snapshot-says",
        ),
        pytest.param(
            {"support": Support(), "target": Gone(), "primary": UNREAD}, ("", "", ""), id="unknown"
        ),
        pytest.param(
            {"target": target(spec={"template": {}})}, ("", "cart:0", "cart:0"), id="none"
        ),
    ],
)
def test_an_artifact_is_known_by_the_first_image(seen, images):
    facts = observed(**seen).facts

    assert (facts.target_image, facts.primary_image, facts.promoted_image) == images


FEW = {"readyReplicas": 1, "availableReplicas": 1}
NOT_READY = (
    "not ready: waiting for rollout to finish: 1 of 2 (readyThreshold 100%) updated replicas"
)


@pytest.mark.parametrize(
    ("phase", "seen", "text"),
    [
        pytest.param(Phase.PROGRESSING, {}, "", id="nothing"),
        pytest.param(
            Phase.PROGRESSING,
            {"target": target(status=FEW)},
            f"canary deployment cart.shop {NOT_READY} are available",
            id="the-canary",
        ),
        pytest.param(
            Phase.PROGRESSING,
            {"target": target(status=FEW), "primary": a_primary(**FEW)},
            f"cart-primary.shop {NOT_READY} are available",
            id="the-primary-first",
        ),
        pytest.param(
            Phase.PROMOTING, {"target": target(status=FEW)}, "", id="only-in-the-analysis"
        ),
        pytest.param(
            Phase.PROGRESSING,
            {"target": Gone()},
            "canary deployment cart.shop not ready: not found",
            id="gone",
        ),
        pytest.param(
            Phase.PROMOTING,
            {"primary": UNREAD},
            "cart-primary.shop not ready: deployments/cart: timed out",
            id="unread",
        ),
    ],
)
def test_what_is_waited_for_is_told_in_flaggers_words(phase, seen, text):
    assert observed(a_subject(phase=phase), **seen).facts.waiting_for == text
