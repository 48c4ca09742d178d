"""Which canaries a pass looks at: those whose time has come, and those that were changed."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.canary import Refusal, Target
from shared.domain.instants import written
from shared.domain.machine import Phase
from shared.domain.observe import Moment
from shared.domain.ownership import Owner
from shared.domain.schedule import (
    asleep_until,
    drain_end,
    has_moved,
    is_due,
    is_in_hand,
    is_pending,
    is_touched,
    next_beat,
    next_due,
)
from shared.domain.status import Generations, Made, Status
from shared.domain.subject import Subject
from tests.domain.situations import BEAT, NOW, a_spec, a_status

RESTING = a_status(Phase.SUCCEEDED)
STRANDED = a_status(Phase.FAILED, stranded=True, restoring=True)
UNSETTLED = a_status(Phase.SUCCEEDED, settled_at=None)
SUSPENDED = a_spec(suspend=True)
REFUSAL = Refusal("spec.service", "no")
EVEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
MOMENT = Moment(NOW, BEAT)


def waiting(seconds, **more):
    return a_status(Phase.PROGRESSING, next_tick=NOW + timedelta(seconds=seconds), **more)


def subject(status, *, spec=None, generation=1):
    return Subject(Owner("shop", "cart", "u1"), generation, "12", "cart", spec or a_spec(), status)


@pytest.mark.parametrize(
    ("status", "pending"),
    [
        pytest.param(Status(), False, id="new"),
        pytest.param(RESTING, False, id="at-rest"),
        pytest.param(a_status(Phase.PROGRESSING), True, id="has-a-next-tick"),
        pytest.param(UNSETTLED, True, id="unsettled"),
        pytest.param(a_status(Phase.FAILED, stranded=True, next_tick=NOW), False, id="stranded"),
    ],
)
def test_the_beat_goes_on_for_whoever_waits(status, pending):
    assert is_pending(status) is pending


def draining(seconds, phase=Phase.FINALISING, **more):
    """Its weights were settled so long ago, and drain for ten seconds."""
    since = NOW - timedelta(seconds=seconds)
    return a_status(phase, **{"weighed_at": since, "drain": timedelta(seconds=10)} | more)


@pytest.mark.parametrize(
    ("status", "awaited"),
    [
        pytest.param(draining(9.8), True, id="nearly-over"),
        pytest.param(draining(8), True, id="as-much-as-there-is-patience-for"),
        pytest.param(draining(7.9), False, id="a-beat-is-early-enough"),
        pytest.param(draining(10), False, id="over"),
        pytest.param(draining(9.8, Phase.FAILED, next_tick=NOW), True, id="after-a-failure"),
        pytest.param(draining(9.8, Phase.SUCCEEDED, next_tick=NOW), True, id="edited-at-rest"),
        pytest.param(draining(9.8, Phase.INITIALIZING), True, id="after-the-first-route"),
        pytest.param(draining(9.8, Phase.PROGRESSING, weight=0), False, id="a-new-run-goes-on"),
        pytest.param(draining(9.8, Phase.SUCCEEDED), False, id="at-rest"),
        pytest.param(draining(9.8, weight=20), False, id="traffic-is-not-away"),
        pytest.param(draining(9.8, weighed_at=None), False, id="nor-known-to-be"),
        pytest.param(draining(9.8, drain=None), False, id="no-drain-is-known"),
    ],
)
def test_only_a_drain_that_is_nearly_over_is_waited_for(status, awaited):
    found = drain_end(status, MOMENT, timedelta(seconds=2))

    assert found == (status.weighed_at + status.drain if awaited else None)


@pytest.mark.parametrize(
    ("ticks", "due"),
    [
        pytest.param([], None, id="nobody"),
        pytest.param([RESTING, Status()], None, id="at-rest"),
        pytest.param([waiting(60), RESTING, waiting(30)], 30, id="the-first"),
        pytest.param([waiting(60), waiting(-90)], -90, id="overdue"),
        pytest.param([waiting(60), UNSETTLED], 0, id="not-in-force-is-due-now"),
        pytest.param([waiting(60, settled_at=None)], 0, id="whatever-its-next-tick"),
    ],
)
def test_the_next_tick_is_for_the_first_that_waits(ticks, due):
    assert next_due(ticks, NOW) == (None if due is None else NOW + timedelta(seconds=due))


@pytest.mark.parametrize(
    ("now", "due", "beat"),
    [
        pytest.param(0, 20, 20, id="on-a-beat"),
        pytest.param(0, 22.5, 20, id="half-a-beat-early-is-in-time"),
        pytest.param(0, 22.6, 25, id="later-than-that"),
        pytest.param(0, 0, 5, id="now-is-at-the-next-one"),
        pytest.param(0.2, -90, 5, id="overdue"),
        pytest.param(2.5, 0, 5, id="half-a-beat-away"),
        pytest.param(2.6, 0, 10, id="a-nearer-one-may-be-over-by-another-clock"),
        pytest.param(4.99, 5, 10, id="by-ours-it-is-still-to-come"),
        pytest.param(5.01, 5, 10, id="it-is-this-one"),
    ],
)
def test_a_tick_that_is_asked_for_comes_at_a_beat(now, due, beat):
    moment = Moment(EVEN + timedelta(seconds=now), timedelta(seconds=5))

    assert next_beat(EVEN + timedelta(seconds=due), moment) == EVEN + timedelta(seconds=beat)


def test_the_beats_are_the_same_for_every_process():
    moments = [Moment(EVEN + timedelta(milliseconds=each), BEAT) for each in (1, 70, 333)]

    assert len({next_beat(moment.now, moment) for moment in moments}) == 1


@pytest.mark.parametrize(
    ("tick", "due"),
    [
        pytest.param(NOW - BEAT, True, id="past"),
        pytest.param(NOW, True, id="at"),
        pytest.param(NOW + BEAT / 2, True, id="half-a-beat-early"),
        pytest.param(NOW + BEAT / 2 + timedelta.resolution, False, id="earlier"),
    ],
)
def test_a_canary_is_due_half_a_beat_before_its_next_tick(tick, due):
    waiting = subject(a_status(Phase.PROGRESSING, next_tick=tick))

    assert is_due(waiting, Moment(NOW, BEAT), sweep=False) is due


@pytest.mark.parametrize(
    ("found", "at_a_beat", "at_a_sweep"),
    [
        pytest.param(subject(RESTING), False, False, id="at-rest"),
        pytest.param(subject(UNSETTLED), True, True, id="unsettled"),
        pytest.param(subject(STRANDED), False, True, id="stranded"),
        pytest.param(subject(Status()), True, True, id="new"),
        pytest.param(subject(Status(generation=1)), False, True, id="new-and-known"),
        pytest.param(subject(Status(refused_generation=1)), False, True, id="refused"),
        pytest.param(subject(Status(refused_generation=1), generation=2), True, True, id="mended"),
        pytest.param(subject(RESTING, generation=2), True, True, id="edited"),
        pytest.param(
            subject(a_status(next_tick=LATER), generation=2), False, False, id="edited-in-mid-run"
        ),
        pytest.param(
            subject(a_status(next_tick=None), spec=SUSPENDED), False, True, id="suspended"
        ),
        pytest.param(
            subject(a_status(Phase.SUCCEEDED, refused_generation=1), spec=REFUSAL),
            False,
            True,
            id="refused-at-rest",
        ),
        pytest.param(subject(RESTING, spec=REFUSAL), False, False, id="a-refusal-to-come"),
    ],
)
def test_what_has_no_next_tick_is_looked_at_by_what_it_is(found, at_a_beat, at_a_sweep):
    moment = Moment(NOW, BEAT)

    assert is_due(found, moment, sweep=False) is at_a_beat
    assert is_due(found, moment, sweep=True) is at_a_sweep


@pytest.mark.parametrize(
    ("found", "seen", "moved"),
    [
        pytest.param(subject(RESTING), Generations(1, 1, 1), False, id="as-left"),
        pytest.param(subject(RESTING), Generations(2, 1, 1), True, id="target"),
        pytest.param(subject(RESTING), Generations(1, 2, 1), True, id="primary"),
        pytest.param(subject(RESTING), Generations(1, 1, 2), True, id="route"),
        pytest.param(subject(RESTING), Generations(1, 1, 0), True, id="gone"),
        pytest.param(
            subject(a_status(next_tick=LATER)), Generations(2, 1, 1), False, id="has-its-own-time"
        ),
        pytest.param(
            subject(a_status(Phase.SUCCEEDED, refused_generation=1)),
            Generations(2, 1, 1),
            False,
            id="was-refused",
        ),
        pytest.param(
            subject(RESTING, spec=REFUSAL), Generations(2, 1, 1), False, id="will-be-refused"
        ),
        pytest.param(
            subject(a_status(Phase.SUCCEEDED, made=Made(Target("Deployment", "x"), "x", "istio"))),
            Generations(2, 1, 1),
            False,
            id="was-made-for-another-target",
        ),
    ],
)
def test_what_rests_is_looked_at_when_an_object_of_it_was_changed(found, seen, moved):
    assert has_moved(found, seen) is moved


MADE = Made(Target("Deployment", "cart"), "cart", "istio")
LEFT = Generations(target=3, primary=5, route=1)
AT_REST = a_status(Phase.SUCCEEDED, made=MADE, generations=LEFT)
REFUSED = a_status(Phase.SUCCEEDED, made=MADE, generations=LEFT, refused_generation=1)
WITHOUT_TARGET = Status(generation=1, settled_at=NOW, decision=1)
FAR_MADE = a_status(
    Phase.SUCCEEDED,
    made=Made(Target("Deployment", "other"), "other", "istio"),
    generations=LEFT,
    initialized=True,
)


@pytest.mark.parametrize(
    ("status", "workload", "generation", "touched"),
    [
        pytest.param(AT_REST, "cart", 3, False, id="only-its-pods-changed"),
        pytest.param(AT_REST, "cart", 4, True, id="a-new-revision"),
        pytest.param(AT_REST, "cart", 0, True, id="the-target-is-gone"),
        pytest.param(AT_REST, "cart-primary", 5, False, id="only-the-primarys-pods"),
        pytest.param(AT_REST, "cart-primary", 6, True, id="the-primary-was-edited"),
        pytest.param(Status(), "cart", 1, True, id="never-looked-at"),
        pytest.param(WITHOUT_TARGET, "cart", 1, True, id="the-target-it-lacked"),
        pytest.param(a_status(Phase.PROGRESSING, made=MADE), "cart", 4, False, id="it-has-a-beat"),
        pytest.param(UNSETTLED, "cart", 4, False, id="a-pass-is-at-it"),
        pytest.param(STRANDED, "cart", 4, False, id="a-sweeps"),
        pytest.param(REFUSED, "cart", 4, False, id="refused"),
        pytest.param(FAR_MADE, "cart", 4, False, id="its-spec-names-another-by-now"),
    ],
)
def test_a_change_of_a_workload_is_news_to_a_canary_that_rests_and_did_not_make_it(
    status, workload, generation, touched
):
    assert is_touched(subject(status), MOMENT, workload, generation) is touched


def test_a_canary_knows_its_target_and_once_it_is_made_its_primary():
    assert subject(Status()).workloads == {"cart"}
    assert subject(AT_REST).workloads == {"cart", "cart-primary"}


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("status", "in_hand"),
    [
        pytest.param(a_status(settled_at=NOW), False, id="in-force"),
        pytest.param(a_status(settled_at=None, decided_at=NOW), True, id="just-decided"),
        pytest.param(a_status(settled_at=None, decided_at=NOW - 4 * SECOND), True, id="still"),
        pytest.param(a_status(settled_at=None, decided_at=NOW - 5 * SECOND), False, id="stopped"),
        pytest.param(a_status(settled_at=None, decided_at=NOW + SECOND), True, id="a-clock-ahead"),
        pytest.param(a_status(settled_at=None, decided_at=LATER), False, id="a-clock-gone-wrong"),
        pytest.param(
            a_status(settled_at=None, decided_at=NOW, unsettled_reason="denied"), False, id="failed"
        ),
    ],
)
def test_a_decision_is_left_to_the_pass_that_made_it_for_five_seconds(status, in_hand):
    assert is_in_hand(status, Moment(NOW, SECOND)) is in_hand


def test_with_a_beat_of_five_seconds_one_that_was_stopped_is_taken_over_at_the_next():
    stopped = a_status(settled_at=None, decided_at=NOW - BEAT)

    assert not is_in_hand(stopped, Moment(NOW, BEAT))


IN_FORCE = {"settledAt": "2026-03-01T11:59:00Z"}


def listed(phase="Progressing", **block):
    return {"metadata": {"name": "cart"}, "status": {"phase": phase, "spillway": block}}


@pytest.mark.parametrize(
    ("canary", "until"),
    [
        pytest.param(listed(**IN_FORCE, nextTickTime=written(LATER)), LATER, id="in-force"),
        pytest.param(listed(**IN_FORCE, nextTickTime=written(NOW)), None, id="due"),
        pytest.param(listed(nextTickTime=written(LATER)), None, id="not-in-force"),
        pytest.param(listed(**IN_FORCE), None, id="at-rest"),
        pytest.param(listed("", **IN_FORCE, nextTickTime=written(LATER)), None, id="new"),
        pytest.param(listed(**IN_FORCE, nextTickTime="soon"), None, id="unreadable"),
        pytest.param(
            listed(**IN_FORCE, nextTickTime=written(LATER), stranded=True), None, id="stranded"
        ),
        pytest.param(
            {
                **listed(**IN_FORCE, nextTickTime=written(LATER)),
                "metadata": {"deletionTimestamp": written(NOW)},
            },
            None,
            id="going",
        ),
        pytest.param({"metadata": {"name": "cart"}}, None, id="never-seen"),
    ],
)
def test_a_canary_is_asleep_until_its_tick_where_all_is_in_force(canary, until):
    assert asleep_until(canary, Moment(NOW, BEAT)) == until
