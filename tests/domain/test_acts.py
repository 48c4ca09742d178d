"""What each decision does to the status, and what it tells."""

from datetime import timedelta

import pytest

from shared.domain.analysis import VerdictKind
from shared.domain.decide import decide
from shared.domain.machine import Phase
from shared.domain.observation import Pods, Revision, Route
from shared.domain.status import Note
from tests.domain.situations import INTERVAL, MADE, NEW, NOW, OLD, RUN, a_situation, a_spec

BREACH = {"verdict": VerdictKind.BREACHED}
NO_VERDICT = {"verdict": VerdictKind.INCONCLUSIVE}
WAITING = {"waiting_since": NOW - INTERVAL}
UNROUTED = {"weighed": 0, "weighed_at": None, "promoted": "", "primary_revision": RUN}
VERDICT = "Halt cart.shop advancement success rate 50.00% < 99%"
WHY = "cart-primary.shop not ready: why"


def after(phase, status=None, spec=None, facts=None, late=False, **look):
    """The status that is saved."""
    return decide(
        a_situation(phase, status=status, spec=spec, facts=facts, late=late, **look)
    ).status


def told(status):
    return [(str(note.kind), *note.arguments) for note in status.outbox]


@pytest.mark.parametrize(
    ("found", "adopted"),
    [pytest.param("", "", id="no-primary"), pytest.param(OLD, OLD, id="a-primary-was-there")],
)
def test_a_new_canary_is_initialised_with_what_is_there(found, adopted):
    status = after(Phase.NEW, facts={"primary_revision": found}, revision=Revision.NEW)

    assert status.phase is Phase.INITIALIZING
    assert (status.revision, status.promoted, status.primary_revision) == (RUN, adopted, adopted)
    assert (status.made, status.started_at, status.waiting_since) == (MADE, NOW, NOW)
    assert (status.initialized, status.routed) == (False, False)
    assert told(status) == []


def test_a_failed_initialisation_begins_again_with_what_it_had_adopted():
    failed = {"initialized": False, "stranded": True, "failed_checks": 1}

    status = after(Phase.FAILED, failed, facts={"target_revision": NEW}, revision=Revision.NEW)

    assert (status.phase, status.revision, status.promoted) == (Phase.INITIALIZING, NEW, OLD)
    assert (status.stranded, status.failed_checks) == (False, 0)


def test_a_missing_target_is_told_once():
    status = after(Phase.NEW, canary=Pods.GONE, idle=True)

    assert told(status) == [("Absent",)]
    assert (status.phase, status.waiting_told) == (Phase.NEW, True)


def test_the_first_route_is_asked_for_when_the_primary_is_ready():
    status = after(Phase.INITIALIZING, {**UNROUTED, **WAITING})

    assert (status.weight, status.weighed, status.weighed_at) == (0, 8, None)
    assert (status.promoted, status.waiting_since, status.next_tick) == (OLD, None, NOW)


@pytest.mark.parametrize(
    ("revision", "tick"),
    [pytest.param(OLD, None, id="at-rest"), pytest.param(NEW, NOW, id="a-newer-revision-waits")],
)
def test_an_initialised_canary_rests(revision, tick):
    status = after(Phase.INITIALIZING, facts={"target_revision": revision})

    assert (status.phase, status.initialized) == (Phase.INITIALIZED, True)
    assert (status.revision, status.next_tick) == (OLD, tick)
    assert told(status) == [("Initialized",)]


@pytest.mark.parametrize(
    ("look", "note"),
    [
        pytest.param({"wished": True}, ("Withdrawn", "errors (alice)"), id="a-wish"),
        pytest.param({"overdue": True, "primary": Pods.UNREADY}, ("Expired", WHY), id="deadline"),
    ],
)
def test_an_initialisation_that_is_given_up_leaves_everything_as_it_is(look, note):
    status = after(Phase.INITIALIZING, WAITING, **look)

    assert (status.phase, status.waiting_since) == (Phase.FAILED, None)
    assert status.next_tick is None
    assert told(status) == [note]
    assert decide(a_situation(Phase.INITIALIZING, status=WAITING, **look)).effects == ()


def test_a_refusal_is_told_and_shown_and_nothing_else_is_touched():
    status = after(Phase.SUCCEEDED, facts={"refusal": "spec.x: no"}, accepted=False)

    assert (status.phase, status.refusal, status.refused_generation) == (
        Phase.SUCCEEDED,
        "spec.x: no",
        1,
    )
    assert [(c.type, c.status, c.message) for c in status.conditions] == [
        ("Accepted", "False", "spec.x: no")
    ]
    assert told(status) == [("Refused", "spec.x: no")]


@pytest.mark.parametrize("phase", [Phase.NEW, Phase.SUCCEEDED])
def test_nothing_is_left_of_a_refusal_once_the_spec_is_mended(phase):
    status = after(phase, {"refused_generation": 1, "refusal": "spec.x: no"})

    assert (status.refused_generation, status.refusal) == (0, "")
    assert [(c.type, c.status) for c in status.conditions] == [("Accepted", "True")]


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


def test_a_repair_leaves_the_weights_the_status_asks_for():
    decision = decide(a_situation(Phase.SUCCEEDED, route=Route.OTHER))

    assert (decision.status.weight, decision.status.weighed) == (0, 6)
    assert [str(effect) for effect in decision.effects] == ["SetRoute(weight=0)"]


def test_a_note_is_about_the_run_that_it_ends():
    status = after(Phase.PROGRESSING, wished=True)

    assert status.outbox[0] == Note(8, NOW, "Withdrawn", ("errors (alice)",), RUN)
