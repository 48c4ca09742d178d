"""What a pass found of pods, traffic, drains and steps: examples on each side of a boundary."""

import pytest

from shared.domain.analysis import VerdictKind
from shared.domain.classify import classify
from shared.domain.machine import Phase, Signal
from shared.domain.observation import Pods, Route
from tests.domain.situations import NOW, RUN, a_situation, a_spec

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
        pytest.param(FAILED, {**NEVER, "next_tick": NOW}, {}, Signal.DRAINED, id="failed-at-first"),
        pytest.param(SUCCEEDED, {"next_tick": NOW}, {}, Signal.DRAINED, id="nothing-came"),
        pytest.param(SUCCEEDED, {"next_tick": None}, {}, Signal.NOTHING, id="at-rest"),
        pytest.param(
            SUCCEEDED, {"next_tick": NOW}, {"drained": False}, Signal.NOTHING, id="drains-at-rest"
        ),
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
