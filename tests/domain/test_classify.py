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
        pytest.param(
            SUCCEEDED,
            {"refused_generation": 1, "next_tick": NOW},
            Signal.DRAINED,
            id="no-beat-for-it",
        ),
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
