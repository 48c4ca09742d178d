"""What ends a run: promoted, or taken back; each end is told with its reason."""

import pytest

from shared.domain.analysis import VerdictKind
from shared.domain.decide import decide
from shared.domain.machine import Phase
from shared.domain.observation import Pods
from shared.domain.status import Note
from tests.domain.situations import INTERVAL, NEW, NOW, OLD, RUN, a_situation, a_spec, after, told

BREACH = {"verdict": VerdictKind.BREACHED}
WAITING = {"waiting_since": NOW - INTERVAL}
VERDICT = "Halt cart.shop advancement success rate 50.00% < 99%"
WHY = "cart-primary.shop not ready: why"


def test_the_last_failed_check_takes_the_traffic_off_in_the_same_decision():
    decision = decide(a_situation(status={"failed_checks": 1}, **BREACH))

    assert (decision.status.phase, decision.status.weight) == (Phase.FAILED, 0)
    assert [type(effect).__name__ for effect in decision.effects] == ["SetRoute"]
    assert told(decision.status) == [
        ("Halted", VERDICT),
        ("Exhausted", "2", "cart:2", VERDICT),
        ("Failed", "cart:1"),
    ]
    assert decision.status.failed_checks == 0


@pytest.mark.parametrize(
    ("look", "status", "note"),
    [
        pytest.param({"wished": True}, {}, ("Withdrawn", "errors (alice)"), id="a-wish"),
        pytest.param({"accepted": False}, {}, ("Withdrawn", "spec.x: no"), id="a-refused-field"),
        pytest.param(
            {"overdue": True, "canary": Pods.UNREADY}, WAITING, ("Expired", WHY), id="a-deadline"
        ),
        pytest.param(
            {"overdrawn": True},
            {"settled_at": None, "unsettled_reason": "forbidden"},
            ("Unsettled", "forbidden"),
            id="never-in-force",
        ),
    ],
)
def test_every_rollback_is_told_with_its_reason(look, status, note):
    found = after(Phase.PROGRESSING, status, facts={"refusal": "spec.x: no"}, **look)

    assert (found.phase, found.weight, found.next_tick) == (Phase.FAILED, 0, NOW)
    assert told(found) == [note, ("Failed", "cart:1")]


def test_a_rollback_keeps_the_weight_until_the_primary_can_take_it():
    status = after(Phase.PROGRESSING, {"weight": 100}, primary=Pods.EMPTY, wished=True)

    assert (status.phase, status.weight, status.weighed) == (Phase.FAILED, 100, 6)


@pytest.mark.parametrize("phase", [Phase.PROMOTING, Phase.FINALISING])
def test_from_promoting_on_a_rollback_restores_the_promoted_snapshot_first(phase):
    before = {"weight": 40}

    decision = decide(a_situation(phase, status=before, wished=True))

    status = decision.status
    assert (status.phase, status.restoring, status.weight) == (Phase.FAILED, True, 40)
    assert (status.waiting_since, status.primary_revision) == (NOW, "")
    assert [type(effect).__name__ for effect in decision.effects] == [
        "KeepServices",
        "WritePrimary",
    ]
    assert told(status) == [("Withdrawn", "errors (alice)"), ("Failed", "cart:1")]


@pytest.mark.parametrize(
    ("canary", "primary", "weight"),
    [
        pytest.param(Pods.READY, Pods.UNREADY, 40, id="it-serves-until-the-primary-is-ready"),
        pytest.param(Pods.EMPTY, Pods.UNREADY, 0, id="it-cannot"),
        pytest.param(Pods.EMPTY, Pods.EMPTY, 40, id="nobody-can"),
    ],
)
def test_a_restored_canary_keeps_its_weight_if_it_can(canary, primary, weight):
    status = after(Phase.PROMOTING, {"weight": 40}, canary=canary, primary=primary, wished=True)

    assert status.weight == weight


@pytest.mark.parametrize(
    ("look", "note"),
    [
        pytest.param(
            {"overdue": True, "primary": Pods.UNREADY},
            ("PromotionFailed", f"primary not ready: {WHY}"),
            id="not-ready",
        ),
        pytest.param({"overdrawn": True}, ("Unsettled", "forbidden"), id="never-in-force"),
    ],
)
def test_a_promotion_that_fails_says_why(look, note):
    before = {**WAITING, "settled_at": None, "unsettled_reason": "forbidden"}

    assert told(after(Phase.PROMOTING, before, **look)) == [note, ("Failed", "cart:1")]


@pytest.mark.parametrize(
    ("look", "note"),
    [
        pytest.param({"overdue": True}, ("Stranded", WHY), id="not-ready"),
        pytest.param({"overdrawn": True}, ("Unsettled", "forbidden"), id="never-in-force"),
    ],
)
def test_a_restore_that_comes_to_nothing_is_left_to_the_sweep(look, note):
    before = {"restoring": True, **WAITING, "unsettled_reason": "forbidden"}

    status = after(Phase.FAILED, before, primary=Pods.UNREADY, **look)

    assert (status.stranded, status.next_tick) == (True, None)
    assert told(status) == [note]


def test_a_restored_primary_takes_the_traffic_back():
    before = {"restoring": True, "stranded": True, "weight": 40, **WAITING}

    status = after(Phase.FAILED, before, canary=Pods.READY, idle=False)

    assert (status.restoring, status.stranded, status.weight) == (False, False, 0)
    assert (status.waiting_since, status.next_tick) == (None, NOW)
    assert told(status) == [("Routing",)]


def test_a_primary_that_has_all_the_traffic_is_not_told_that_it_gets_it():
    status = after(Phase.FAILED, {"restoring": True, **WAITING})

    assert (status.restoring, told(status)) == (False, [])


def test_the_traffic_goes_back_step_by_step():
    status = after(Phase.PROMOTING, {"weight": 60}, a_spec(step_weight_promotion=25))

    assert (status.phase, status.weight) == (Phase.PROMOTING, 35)
    assert status.next_tick == NOW + INTERVAL
    assert told(status) == [("PrimaryAdvanced", "65")]


@pytest.mark.parametrize(
    ("spec", "weight", "notes"),
    [
        pytest.param(a_spec(), 40, [("Routing",)], id="at-once"),
        pytest.param(
            a_spec(step_weight_promotion=40), 40, [("PrimaryAdvanced", "100")], id="the-last-step"
        ),
        pytest.param(a_spec(), 0, [], id="without-weight"),
        pytest.param(a_spec(skip_analysis=True), 40, [], id="without-analysis"),
    ],
)
def test_when_all_traffic_is_back_the_promotion_is_finalised(spec, weight, notes):
    status = after(Phase.PROMOTING, {"weight": weight, **WAITING}, spec)

    assert (status.phase, status.weight, status.next_tick) == (Phase.FINALISING, 0, NOW)
    assert told(status) == notes


@pytest.mark.parametrize(
    ("status", "promoted", "previous"),
    [
        pytest.param({}, RUN, OLD, id="a-run"),
        pytest.param({"revision": OLD, "previous": "s1:x"}, OLD, "s1:x", id="a-return"),
    ],
)
def test_a_success_promotes_and_remembers_what_was_before(status, promoted, previous):
    before = {"primary_revision": promoted, "failed_checks": 1, **status}

    found = after(Phase.FINALISING, before, facts={"target_revision": promoted})

    assert found.phase is Phase.SUCCEEDED
    assert (found.promoted, found.previous, found.failed_checks) == (promoted, previous, 0)
    assert found.next_tick is None
    assert told(found) == [("Promoted", "cart:1")]


def test_a_success_without_an_analysis_says_so():
    assert told(after(Phase.FINALISING, spec=a_spec(skip_analysis=True))) == [("Skipped", "cart:1")]


@pytest.mark.parametrize(
    ("canary", "tick"),
    [
        pytest.param(Pods.READY, NOW, id="it-waits"),
        pytest.param(Pods.GONE, None, id="it-is-gone"),
    ],
)
def test_a_revision_that_came_in_the_meantime_keeps_a_success_awake(canary, tick):
    status = after(Phase.FINALISING, facts={"target_revision": NEW}, canary=canary)

    assert (status.phase, status.next_tick) == (Phase.SUCCEEDED, tick)


def test_a_failed_canary_that_is_drained_rests():
    decision = decide(
        a_situation(Phase.FAILED, status={"next_tick": NOW}, canary=Pods.READY, idle=False)
    )

    rested = decide(a_situation(Phase.FAILED, status={"next_tick": NOW}))
    assert [type(effect).__name__ for effect in decision.effects] == ["ScaleDown"]
    assert rested.status.next_tick is None


def test_a_note_is_about_the_run_that_it_ends():
    status = after(Phase.PROGRESSING, wished=True)

    assert status.outbox[0] == Note(8, NOW, "Withdrawn", ("errors (alice)",), RUN)
