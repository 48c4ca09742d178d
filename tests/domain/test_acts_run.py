"""What is done in a run: it begins, steps, waits and judges, up to the promotion."""

from datetime import timedelta

import pytest

from shared.domain.analysis import VerdictKind
from shared.domain.decide import decide
from shared.domain.machine import Phase
from shared.domain.observation import Pods, Revision, Route
from tests.domain.situations import (
    INTERVAL,
    NEW,
    NOW,
    OLD,
    a_situation,
    a_spec,
    after,
    told,
)

BREACH = {"verdict": VerdictKind.BREACHED}
NO_VERDICT = {"verdict": VerdictKind.INCONCLUSIVE}
WAITING = {"waiting_since": NOW - INTERVAL}
VERDICT = "Halt cart.shop advancement success rate 50.00% < 99%"
WHY = "cart-primary.shop not ready: why"


@pytest.mark.parametrize("phase", [Phase.INITIALIZED, Phase.SUCCEEDED, Phase.FAILED])
def test_a_run_begins_clean(phase):
    left = {"failed_checks": 1, "inconclusive": 1, "stranded": True}

    status = after(phase, left, facts={"target_revision": NEW}, revision=Revision.NEW)

    assert (status.phase, status.revision, status.promoted) == (Phase.PROGRESSING, NEW, OLD)
    assert (status.weight, status.failed_checks, status.inconclusive) == (0, 0, 0)
    assert (status.started_at, status.waiting_since, status.next_tick) == (NOW, NOW, NOW)
    assert not status.stranded
    assert told(status) == [("Detected",)]
    assert status.outbox[0].revision == NEW


def test_a_newer_revision_takes_the_traffic_to_the_primary_first():
    status = after(Phase.PROGRESSING, facts={"target_revision": NEW}, revision=Revision.NEW)

    assert (status.phase, status.revision, status.weight) == (Phase.PROGRESSING, NEW, 0)
    assert (status.weighed, status.weighed_at) == (8, None)
    assert told(status) == [("Restarted",)]


def test_the_promoted_revision_ends_the_run_and_drains():
    status = after(Phase.PROGRESSING, revision=Revision.PROMOTED)

    assert (status.phase, status.revision, status.weight) == (Phase.FINALISING, OLD, 0)
    assert told(status) == [("Returned",)]


@pytest.mark.parametrize(
    ("weight", "notes"),
    [
        pytest.param(0, [("Starting",), ("Advanced", "20")], id="the-first"),
        pytest.param(20, [("Advanced", "40")], id="the-next"),
        pytest.param(40, [("Advanced", "60")], id="the-last-overshoots"),
    ],
)
def test_a_step_raises_the_weight_and_says_so(weight, notes):
    status = after(Phase.PROGRESSING, {"weight": weight, "inconclusive": 1})

    assert status.weight == int(notes[-1][1])
    assert (status.weighed, status.weighed_at) == (8, None)
    assert told(status) == notes


@pytest.mark.parametrize(
    ("tick", "waited", "late", "start"),
    [
        pytest.param(NOW - timedelta(seconds=3), False, False, NOW - timedelta(seconds=3), id="on"),
        pytest.param(NOW - timedelta(hours=1), False, True, NOW, id="late"),
        pytest.param(NOW - timedelta(seconds=3), True, False, NOW, id="after-a-wait"),
        pytest.param(None, False, False, NOW, id="without-a-tick"),
    ],
)
def test_the_next_analysis_is_an_interval_after_this_one_was_due(tick, waited, late, start):
    status = {"next_tick": tick, **(WAITING if waited else {})}

    found = after(Phase.PROGRESSING, status, late=late)

    assert found.next_tick == start + INTERVAL
    assert found.waiting_since is None


def test_a_failed_check_is_counted_told_and_holds_the_weight():
    status = after(Phase.PROGRESSING, **BREACH)

    assert (status.failed_checks, status.weight, status.weighed) == (1, 20, 6)
    assert status.next_tick == NOW + INTERVAL
    assert told(status) == [("Halted", VERDICT)]


@pytest.mark.parametrize(
    ("counted", "notes"),
    [
        pytest.param(0, [("Inconclusive", VERDICT)], id="the-first-is-told"),
        pytest.param(1, [], id="the-next-is-not"),
    ],
)
def test_an_inconclusive_check_is_counted_apart(counted, notes):
    spec = a_spec(inconclusive_limit=5)

    status = after(Phase.PROGRESSING, {"inconclusive": counted}, spec, **NO_VERDICT)

    assert (status.inconclusive, status.failed_checks, status.weight) == (counted + 1, 0, 20)
    assert told(status) == notes


def test_a_check_that_passes_ends_the_row_of_inconclusive_ones_and_not_that_of_failed_ones():
    status = after(Phase.PROGRESSING, {"inconclusive": 1, "failed_checks": 1})

    assert (status.inconclusive, status.failed_checks) == (0, 1)


@pytest.mark.parametrize(
    ("look", "weight", "who"),
    [
        pytest.param({"canary": Pods.EMPTY}, 0, "cart", id="the-canary"),
        pytest.param({"primary": Pods.EMPTY}, 100, "cart-primary", id="the-primary"),
    ],
)
def test_who_loses_its_pods_loses_its_weight_and_the_step_is_kept(look, weight, who):
    status = after(Phase.PROGRESSING, **look)

    assert (status.weight, status.held, status.waiting_since) == (weight, 20, NOW)
    assert told(status) == [("Emptied", who)]


def test_a_step_that_is_held_already_stays_the_one_and_the_wait_goes_on():
    held = {"held": 20, "weight": 0, **WAITING}

    status = after(Phase.PROGRESSING, held, primary=Pods.EMPTY)

    assert (status.weight, status.held) == (100, 20)
    assert status.waiting_since == NOW - INTERVAL


def test_outside_a_run_there_is_no_step_to_keep():
    assert after(Phase.PROMOTING, canary=Pods.EMPTY).held is None


@pytest.mark.parametrize(
    ("status", "since"),
    [pytest.param({}, NOW, id="a-new-wait"), pytest.param(WAITING, NOW - INTERVAL, id="an-old")],
)
def test_where_nobody_has_pods_a_warning_says_so_and_nothing_moves(status, since):
    found = after(Phase.PROGRESSING, status, canary=Pods.EMPTY, primary=Pods.EMPTY)

    assert (found.weight, found.weighed) == (20, 6)
    assert (found.waiting_since, found.waiting_told) == (since, True)
    assert told(found) == [("NoPods",)]


def test_a_held_step_resumes_with_a_whole_interval_before_it():
    status = after(Phase.PROGRESSING, {"held": 20, "weight": 0, **WAITING})

    assert (status.weight, status.held, status.weighed) == (20, None, 8)
    assert (status.waiting_since, status.next_tick) == (None, NOW + INTERVAL)
    assert told(status) == [("Resumed", "20")]


def test_a_wait_that_is_over_between_steps_changes_nothing_else():
    tick = NOW + timedelta(seconds=30)

    status = after(Phase.PROGRESSING, {**WAITING, "next_tick": tick}, due=False)

    assert (status.waiting_since, status.weight, status.next_tick) == (None, 20, tick)
    assert told(status) == []


@pytest.mark.parametrize(
    "tick",
    [pytest.param(NOW - INTERVAL, id="that-came"), pytest.param(NOW + INTERVAL, id="to-come")],
)
def test_a_wait_begins_quietly_and_cuts_no_interval_short(tick):
    status = after(Phase.PROGRESSING, {"next_tick": tick}, canary=Pods.UNREADY)

    assert (status.waiting_since, status.next_tick) == (NOW, max(tick, NOW))
    assert told(status) == []


def test_a_wait_is_told_when_it_outlasts_an_interval():
    status = after(Phase.PROGRESSING, WAITING, canary=Pods.UNREADY, outlasted=True)

    assert told(status) == [("Waiting", WHY)]
    assert (status.waiting_told, status.waiting_since) == (True, NOW - INTERVAL)


@pytest.mark.parametrize("skip", [False, True])
def test_the_end_of_the_plan_is_the_promotion(skip):
    spec = a_spec(skip_analysis=skip)

    status = after(Phase.PROGRESSING, {"weight": 0 if skip else 60}, spec)

    assert (status.phase, status.waiting_since, status.next_tick) == (Phase.PROMOTING, NOW, NOW)
    assert told(status) == [("Copying",)]


def test_a_repair_leaves_the_weights_the_status_asks_for():
    decision = decide(a_situation(Phase.SUCCEEDED, route=Route.OTHER))

    assert (decision.status.weight, decision.status.weighed) == (0, 6)
    assert [str(effect) for effect in decision.effects] == ["SetRoute(weight=0)"]
