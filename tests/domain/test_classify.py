"""What a pass found, in one word: an example on each side of every boundary, and priorities."""

import pytest

from shared.domain.analysis import VerdictKind
from shared.domain.classify import classify
from shared.domain.machine import Phase, Signal
from shared.domain.observation import Pods, Revision, Route
from tests.domain.situations import NOW, OLD, RUN, a_situation, a_spec

NEW, INITIALIZING, INITIALIZED = Phase.NEW, Phase.INITIALIZING, Phase.INITIALIZED
PROGRESSING, PROMOTING, FINALISING = Phase.PROGRESSING, Phase.PROMOTING, Phase.FINALISING
SUCCEEDED, FAILED = Phase.SUCCEEDED, Phase.FAILED
SUSPENDED = a_spec(suspend=True)
WAITING = {"waiting_since": NOW}
TOLD = {"waiting_since": NOW, "waiting_told": True}
UNROUTED = {"weighed": 0, "weighed_at": None, "promoted": "", "primary_revision": RUN}
NEVER = {**UNROUTED, "initialized": False}
RESTORING = {"restoring": True, "weight": 40, "next_tick": NOW}
UNREADY = {"canary": Pods.UNREADY}
AT_WORK = {"canary": Pods.READY, "idle": False}


def found(phase, status=None, spec=None, **look):
    return classify(a_situation(phase, status=status, spec=spec, **look))


@pytest.mark.parametrize("phase", [NEW, INITIALIZED, SUCCEEDED, FAILED])
def test_a_wish_is_harmless_in_a_phase_of_rest(phase):
    assert found(phase, wished=True) == found(phase)


@pytest.mark.parametrize("phase", [INITIALIZING, PROGRESSING, PROMOTING, FINALISING])
def test_a_wish_is_possible_in_every_phase_that_is_under_way(phase):
    assert found(phase, wished=True) is Signal.WITHDRAWN
    assert found(phase, wished=True, spec=SUSPENDED, canary=Pods.UNREAD) is Signal.WITHDRAWN


@pytest.mark.parametrize(
    ("phase", "status", "signal"),
    [
        pytest.param(PROGRESSING, {}, Signal.REFUSED, id="a-run-is-ended"),
        pytest.param(SUCCEEDED, {}, Signal.REFUSED, id="at-rest"),
        pytest.param(NEW, {}, Signal.REFUSED, id="new"),
        pytest.param(SUCCEEDED, {"refused_generation": 1}, Signal.NOTHING, id="told-already"),
        pytest.param(SUCCEEDED, {"refused_generation": 9}, Signal.REFUSED, id="another-generation"),
        pytest.param(FAILED, RESTORING, Signal.UNREADY, id="not-while-it-goes-back"),
        pytest.param(
            SUCCEEDED,
            {"refused_generation": 1, "settled_at": None},
            Signal.DRIFTED,
            id="to-be-settled-first",
        ),
    ],
)
def test_a_spec_that_is_not_run_is_refused_once_and_at_rest(phase, status, signal):
    look = {**AT_WORK, "primary": Pods.UNREADY} if status is RESTORING else {}

    assert found(phase, status, accepted=False, **look) is signal


def test_a_canary_that_is_not_at_rest_is_not_refused_yet():
    assert found(SUCCEEDED, accepted=False, idle=False) is Signal.DRIFTED


@pytest.mark.parametrize(
    ("phase", "refused", "signal"),
    [
        pytest.param(SUCCEEDED, 1, Signal.ACCEPTED, id="mended"),
        pytest.param(SUCCEEDED, 0, Signal.NOTHING, id="never-refused"),
        pytest.param(PROGRESSING, 1, Signal.PASSED, id="under-way"),
    ],
)
def test_a_spec_that_was_mended_is_accepted_again(phase, refused, signal):
    assert found(phase, {"refused_generation": refused}) is signal


@pytest.mark.parametrize(
    "unread",
    [
        pytest.param({"canary": Pods.UNREAD}, id="target"),
        pytest.param({"primary": Pods.UNREAD}, id="primary"),
        pytest.param({"route": Route.UNREAD}, id="route"),
    ],
)
def test_a_failed_read_holds_everything(unread):
    changed = {"revision": Revision.NEW, "overdue": True, **unread}

    assert found(SUCCEEDED, **changed) is Signal.UNREAD
    assert found(PROMOTING, **changed) is Signal.UNREAD
    assert found(PROGRESSING, due=False, **changed) is Signal.UNREAD
    assert found(PROGRESSING, spec=SUSPENDED, **changed) is Signal.UNREAD


@pytest.mark.parametrize(
    ("inconclusive", "failed", "signal"),
    [
        pytest.param(0, 0, Signal.INCONCLUSIVE, id="below-the-limit"),
        pytest.param(1, 0, Signal.BREACHED, id="at-the-limit"),
        pytest.param(1, 1, Signal.EXHAUSTED, id="at-the-threshold-too"),
        pytest.param(0, 1, Signal.INCONCLUSIVE, id="the-limit-counts-first"),
    ],
)
@pytest.mark.parametrize(
    "look",
    [
        pytest.param({"canary": Pods.UNREAD}, id="a-read-failed"),
        pytest.param({"verdict": VerdictKind.INCONCLUSIVE}, id="no-verdict"),
        pytest.param({"route": Route.OTHER}, id="measured-at-another-weight"),
        pytest.param(
            {"route": Route.OTHER, "verdict": VerdictKind.BREACHED}, id="and-breached-there"
        ),
    ],
)
def test_what_is_inconclusive_is_a_failed_check_only_past_the_limit(
    inconclusive, failed, signal, look
):
    status = {"inconclusive": inconclusive, "failed_checks": failed}

    assert found(PROGRESSING, status, **look) is signal


@pytest.mark.parametrize(
    ("failed", "signal"),
    [pytest.param(0, Signal.BREACHED, id="before"), pytest.param(1, Signal.EXHAUSTED, id="at")],
)
def test_a_breach_ends_the_run_at_the_threshold(failed, signal):
    assert found(PROGRESSING, {"failed_checks": failed}, verdict=VerdictKind.BREACHED) is signal


@pytest.mark.parametrize(
    ("look", "status"),
    [
        pytest.param({"due": False}, {}, id="before-its-time"),
        pytest.param(UNREADY, WAITING, id="while-the-canary-is-unready"),
        pytest.param({}, {"settled_at": None}, id="of-a-decision-that-is-not-in-force"),
    ],
)
def test_metrics_are_not_judged(look, status):
    breached = {"verdict": VerdictKind.BREACHED, **look}

    assert found(PROGRESSING, status, **breached) in (Signal.NOTHING, Signal.DRIFTED)


@pytest.mark.parametrize(
    ("look", "status", "signal"),
    [
        pytest.param({"canary": Pods.GONE}, {}, Signal.ABSENT, id="no-target"),
        pytest.param(
            {"canary": Pods.GONE}, {"waiting_told": True}, Signal.NOTHING, id="told-already"
        ),
        pytest.param({}, {}, Signal.ARRIVED, id="with-a-target"),
        pytest.param({"canary": Pods.EMPTY}, {}, Signal.ARRIVED, id="without-pods"),
    ],
)
def test_a_new_canary_is_taken_up_with_its_target(look, status, signal):
    assert found(NEW, status, **look) is signal


def test_a_suspended_canary_is_not_taken_up():
    assert found(NEW, spec=SUSPENDED) is Signal.SUSPENDED
    assert found(NEW, {"suspension_told": True}, spec=SUSPENDED) is Signal.NOTHING


@pytest.mark.parametrize(
    ("revision", "signal"),
    [(Revision.NEW, Signal.ARRIVED), (Revision.SAME, Signal.NOTHING)],
)
def test_an_initialisation_that_failed_is_tried_again_with_another_revision(revision, signal):
    assert found(FAILED, NEVER, revision=revision) is signal


@pytest.mark.parametrize(
    ("phase", "status", "look", "signal"),
    [
        pytest.param(SUCCEEDED, {}, {}, Signal.REVISED, id="at-rest"),
        pytest.param(FAILED, {}, {}, Signal.REVISED, id="after-a-failure"),
        pytest.param(SUCCEEDED, {}, {"canary": Pods.GONE}, Signal.NOTHING, id="target-gone"),
        pytest.param(SUCCEEDED, {}, {"primary": Pods.GONE}, Signal.DRIFTED, id="primary-gone"),
        pytest.param(FAILED, {"weight": 20}, AT_WORK, Signal.PRIMARY_READY, id="with-weight-left"),
        pytest.param(PROGRESSING, {}, {}, Signal.REVISED, id="in-mid-run"),
        pytest.param(
            PROGRESSING, {}, {"primary": Pods.EMPTY}, Signal.PRIMARY_EMPTY, id="nowhere-to-go"
        ),
        pytest.param(
            PROGRESSING, {"weight": 0}, {"primary": Pods.EMPTY}, Signal.REVISED, id="at-weight-0"
        ),
        pytest.param(PROMOTING, {}, {}, Signal.COMPLETED, id="after-the-promotion"),
        pytest.param(FINALISING, {}, {}, Signal.DRAINED, id="after-the-finalising"),
        pytest.param(INITIALIZING, UNROUTED, {}, Signal.REVISED, id="before-the-first-route"),
        pytest.param(INITIALIZING, {}, {}, Signal.DRAINED, id="after-the-first-route"),
        pytest.param(
            INITIALIZING,
            {**UNROUTED, "promoted": OLD, "primary_revision": OLD},
            {},
            Signal.PRIMARY_READY,
            id="with-a-primary-that-was-there",
        ),
    ],
)
def test_the_newest_revision_is_taken_up_where_it_can_be(phase, status, look, signal):
    assert found(phase, status, revision=Revision.NEW, **look) is signal


def test_a_suspension_holds_back_a_run_but_not_the_traffic():
    assert found(SUCCEEDED, spec=SUSPENDED, revision=Revision.NEW) is Signal.SUSPENDED
    assert found(PROGRESSING, spec=SUSPENDED, revision=Revision.NEW) is Signal.REVISED


@pytest.mark.parametrize(
    ("weight", "primary", "signal"),
    [
        pytest.param(20, Pods.READY, Signal.RETURNED, id="in-mid-run"),
        pytest.param(20, Pods.EMPTY, Signal.PRIMARY_EMPTY, id="nowhere-to-go"),
        pytest.param(0, Pods.EMPTY, Signal.RETURNED, id="without-weight"),
    ],
)
def test_back_to_the_promoted_revision_ends_the_run(weight, primary, signal):
    look = {"revision": Revision.PROMOTED, "primary": primary}

    assert found(PROGRESSING, {"weight": weight}, **look) is signal


@pytest.mark.parametrize(
    ("phase", "status", "look"),
    [
        pytest.param(PROGRESSING, WAITING, UNREADY, id="the-canary"),
        pytest.param(PROGRESSING, WAITING, {"primary": Pods.UNREADY}, id="the-primary"),
        pytest.param(PROMOTING, WAITING, {"primary": Pods.UNREADY}, id="promoting"),
        pytest.param(FINALISING, WAITING, {"primary": Pods.UNREADY}, id="finalising"),
        pytest.param(INITIALIZING, WAITING, {"primary": Pods.UNREADY}, id="initialising"),
    ],
)
def test_a_wait_is_over_at_its_deadline_if_it_still_waits(phase, status, look):
    told = {**status, "waiting_told": True}

    assert found(phase, told, overdue=True, **look) is Signal.EXPIRED
    assert found(phase, told, overdue=False, **look) is Signal.NOTHING
    assert found(phase, told, overdue=True) is not Signal.EXPIRED
    assert found(phase, told, overdue=True, spec=SUSPENDED, **look) is not Signal.EXPIRED


@pytest.mark.parametrize("pods", [Pods.STALLED, Pods.STUCK])
def test_a_deployment_that_gave_up_ends_the_wait_at_once(pods):
    alive = {"weight": 0}  # else a canary without pods loses its traffic first

    assert found(PROGRESSING, alive, canary=pods) is Signal.EXPIRED
    assert found(PROMOTING, {"weight": 100}, primary=pods) is Signal.EXPIRED
    assert found(PROMOTING, canary=Pods.STALLED) is Signal.COMPLETED


@pytest.mark.parametrize("phase", [INITIALIZING, PROGRESSING, PROMOTING, FINALISING])
def test_a_decision_that_does_not_come_into_force_ends_the_run(phase):
    assert found(phase, {"settled_at": None}, overdrawn=True) is Signal.EXPIRED


@pytest.mark.parametrize(
    ("canary", "primary", "signal"),
    [
        pytest.param(Pods.EMPTY, Pods.UNREADY, Signal.CANARY_EMPTY, id="the-canary"),
        pytest.param(Pods.GONE, Pods.READY, Signal.CANARY_EMPTY, id="the-canary-gone"),
        pytest.param(Pods.UNREADY, Pods.EMPTY, Signal.PRIMARY_EMPTY, id="the-primary"),
        pytest.param(Pods.READY, Pods.GONE, Signal.PRIMARY_EMPTY, id="the-primary-gone"),
        pytest.param(Pods.EMPTY, Pods.EMPTY, Signal.BOTH_EMPTY, id="both"),
    ],
)
@pytest.mark.parametrize("phase", [PROGRESSING, PROMOTING])
def test_a_workload_without_a_ready_pod_loses_its_weight_if_the_other_has_one(
    phase, canary, primary, signal
):
    assert found(phase, canary=canary, primary=primary) is signal


@pytest.mark.parametrize(
    ("phase", "status", "look", "signal"),
    [
        pytest.param(
            PROGRESSING, {"weight": 0}, {"canary": Pods.EMPTY}, Signal.UNREADY, id="no-weight"
        ),
        pytest.param(
            PROGRESSING, {"weight": 100}, {"primary": Pods.EMPTY}, Signal.UNREADY, id="all-of-it"
        ),
        pytest.param(
            FAILED,
            {"weight": 20},
            {**AT_WORK, "primary": Pods.EMPTY},
            Signal.UNREADY,
            id="never-to-a-failed",
        ),
        pytest.param(
            SUCCEEDED, {}, {"primary": Pods.EMPTY}, Signal.NOTHING, id="at-rest-nothing-to-take"
        ),
        pytest.param(
            PROGRESSING,
            TOLD,
            {"primary": Pods.EMPTY, "canary": Pods.EMPTY},
            Signal.NOTHING,
            id="both-and-told",
        ),
        pytest.param(
            FAILED,
            {"weight": 20},
            {"primary": Pods.EMPTY, "canary": Pods.EMPTY},
            Signal.BOTH_EMPTY,
            id="a-failed-one-with-weight",
        ),
        pytest.param(
            INITIALIZING,
            UNROUTED,
            {"primary": Pods.EMPTY, "canary": Pods.EMPTY},
            Signal.UNREADY,
            id="before-there-is-a-route",
        ),
    ],
)
def test_weight_is_taken_only_from_who_has_it_and_never_for_a_failed_revision(
    phase, status, look, signal
):
    assert found(phase, status, **look) is signal


@pytest.mark.parametrize(
    ("status", "look", "signal"),
    [
        pytest.param({**RESTORING, **TOLD}, {"overdue": True}, Signal.STRANDED, id="overdue"),
        pytest.param({**RESTORING, **TOLD}, {}, Signal.NOTHING, id="in-time"),
        pytest.param(RESTORING, {"overdrawn": True}, Signal.STRANDED, id="never-in-force"),
        pytest.param(
            {**RESTORING, **TOLD, "stranded": True}, {"overdue": True}, Signal.NOTHING, id="told"
        ),
        pytest.param({}, {"overdue": True}, Signal.NOTHING, id="awaits-nothing"),
    ],
)
def test_a_restore_that_outlasts_its_deadline_is_left_to_the_sweep(status, look, signal):
    unready = {**AT_WORK, "primary": Pods.UNREADY} if status else {}

    assert found(FAILED, status, **unready, **look) is signal


@pytest.mark.parametrize(
    ("status", "look", "signal"),
    [
        pytest.param(RESTORING, AT_WORK, Signal.PRIMARY_READY, id="it-is-up"),
        pytest.param(
            {**RESTORING, "primary_revision": ""}, AT_WORK, Signal.UNREADY, id="another-is-up"
        ),
        pytest.param(
            {**RESTORING, "settled_at": None, **WAITING},
            AT_WORK,
            Signal.DRIFTED,
            id="not-in-force",
        ),
        pytest.param({"weight": 20}, AT_WORK, Signal.PRIMARY_READY, id="weight-to-take"),
        pytest.param(
            {"weight": 20},
            {**AT_WORK, "primary": Pods.UNREADY},
            Signal.PRIMARY_READY,
            id="one-pod-is-enough",
        ),
        pytest.param({"weight": 20}, {}, Signal.CANARY_EMPTY, id="without-pods-at-once"),
        pytest.param({}, {}, Signal.NOTHING, id="nothing-owed"),
    ],
)
def test_a_failed_canary_gives_its_weight_back_once_the_primary_can_take_it(status, look, signal):
    assert found(FAILED, status, **look) is signal


@pytest.mark.parametrize(
    ("status", "outlasted", "signal"),
    [
        pytest.param({}, False, Signal.UNREADY, id="first-seen"),
        pytest.param(WAITING, False, Signal.NOTHING, id="before-an-interval"),
        pytest.param(WAITING, True, Signal.OUTLASTING, id="at-an-interval"),
        pytest.param(TOLD, True, Signal.NOTHING, id="told-once"),
    ],
)
def test_a_wait_is_told_once_and_only_when_it_outlasts_an_interval(status, outlasted, signal):
    assert found(PROGRESSING, status, outlasted=outlasted, **UNREADY) is signal


@pytest.mark.parametrize(
    ("phase", "status", "look"),
    [
        pytest.param(SUCCEEDED, {}, {"route": Route.OTHER}, id="route"),
        pytest.param(SUCCEEDED, {}, {"primary": Pods.GONE}, id="primary"),
        pytest.param(SUCCEEDED, {}, {"idle": False}, id="replicas"),
        pytest.param(SUCCEEDED, {"settled_at": None}, {}, id="unsettled"),
        pytest.param(SUCCEEDED, {}, {"unrecorded": True}, id="generation"),
        pytest.param(PROGRESSING, {}, {"route": Route.OTHER, "due": False}, id="between-steps"),
        pytest.param(PROMOTING, {}, {"route": Route.OTHER}, id="promoting"),
    ],
)
def test_drift_is_repaired(phase, status, look):
    assert found(phase, status, **look) is Signal.DRIFTED


@pytest.mark.parametrize("due", [False, True])
def test_a_suspended_canary_is_repaired_all_the_same(due):
    told = {"suspension_told": True, "next_tick": None}
    look = {"due": due, "route": Route.OTHER}

    assert found(PROGRESSING, told, spec=SUSPENDED, **look) is Signal.DRIFTED
    assert found(PROGRESSING, told, spec=SUSPENDED, due=due) is Signal.NOTHING


def test_a_generation_is_not_recorded_before_a_canary_is_taken_up():
    told = {"waiting_told": True}

    assert found(NEW, told, canary=Pods.GONE, unrecorded=True) is Signal.NOTHING


@pytest.mark.parametrize(
    ("status", "look", "signal"),
    [
        pytest.param({"held": 20, "weight": 0, **WAITING}, {}, Signal.READY, id="a-held-step"),
        pytest.param(WAITING, {"due": False}, Signal.READY, id="a-wait-between-steps"),
        pytest.param(WAITING, {}, Signal.PASSED, id="a-wait-that-ends-in-time"),
        pytest.param({"weight": 0, **WAITING}, {}, Signal.STARTED, id="the-first-wait"),
        pytest.param({}, {"due": False}, Signal.NOTHING, id="no-wait"),
    ],
)
def test_when_both_are_ready_again_the_step_resumes(status, look, signal):
    assert found(PROGRESSING, status, **look) is signal


@pytest.mark.parametrize(
    ("phase", "status", "look", "signal"),
    [
        pytest.param(INITIALIZING, UNROUTED, {}, Signal.PRIMARY_READY, id="routes"),
        pytest.param(
            INITIALIZING, UNROUTED, {"primary": Pods.EMPTY}, Signal.UNREADY, id="not-without-pods"
        ),
        pytest.param(INITIALIZING, {}, {}, Signal.DRAINED, id="drained"),
        pytest.param(INITIALIZING, {}, {"drained": False}, Signal.NOTHING, id="drains"),
        pytest.param(INITIALIZING, {"weight": 100}, {}, Signal.PRIMARY_READY, id="was-lent"),
        pytest.param(PROMOTING, {"weight": 60}, {}, Signal.PRIMARY_READY, id="steps-back"),
        pytest.param(PROMOTING, {"weight": 60}, {"due": False}, Signal.NOTHING, id="not-yet"),
        pytest.param(PROMOTING, {"weight": 40}, {}, Signal.COMPLETED, id="the-last-step-back"),
        pytest.param(FINALISING, {}, {}, Signal.DRAINED, id="finalised"),
        pytest.param(FINALISING, {}, {"drained": False}, Signal.NOTHING, id="finalising"),
        pytest.param(FINALISING, {"weight": 100}, {}, Signal.PRIMARY_READY, id="finalising-lent"),
        pytest.param(FAILED, {"next_tick": NOW}, {}, Signal.DRAINED, id="failed-and-drained"),
        pytest.param(FAILED, {"next_tick": None}, {}, Signal.NOTHING, id="failed-and-at-rest"),
        pytest.param(FAILED, {**NEVER, "next_tick": NOW}, {}, Signal.NOTHING, id="failed-at-first"),
    ],
)
def test_the_ways_in_and_out_wait_for_the_primary_the_route_and_the_drain(
    phase, status, look, signal
):
    steps = a_spec(step_weight_promotion=40)

    assert found(phase, status, spec=steps, **look) is signal


@pytest.mark.parametrize(
    ("spec", "weight", "signal"),
    [
        pytest.param(a_spec(), 0, Signal.STARTED, id="the-first-step"),
        pytest.param(a_spec(), 20, Signal.PASSED, id="a-step"),
        pytest.param(a_spec(), 40, Signal.PASSED, id="the-last-step"),
        pytest.param(a_spec(), 60, Signal.COMPLETED, id="the-end-of-the-plan"),
        pytest.param(a_spec(skip_analysis=True), 0, Signal.SKIPPED, id="no-analysis-wanted"),
        pytest.param(a_spec(step_weight=0), 20, Signal.COMPLETED, id="no-steps-left"),
    ],
)
def test_a_healthy_run_goes_through_its_plan(spec, weight, signal):
    assert found(PROGRESSING, {"weight": weight, "revision": RUN}, spec=spec) is signal


def test_a_breach_at_the_end_of_the_plan_promotes_nothing():
    end = {"weight": 60}

    assert found(PROGRESSING, end, verdict=VerdictKind.BREACHED) is Signal.BREACHED
    assert found(PROGRESSING, end, verdict=VerdictKind.INCONCLUSIVE) is Signal.INCONCLUSIVE
