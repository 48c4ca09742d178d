"""The claims about time: each is false until its moment, and true at it and after it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.observe import Moment
from tests.domain.sights import a_subject, observed
from tests.domain.situations import BEAT, INTERVAL, NOW, a_spec

A_BIT = timedelta.resolution
DRAIN, DEADLINE = timedelta(seconds=10), timedelta(seconds=600)


def seen(claim, **status):
    return getattr(observed(a_subject(**status)).seen, claim)


@pytest.mark.parametrize(
    ("tick", "due", "late"),
    [
        pytest.param(None, True, False, id="none"),
        pytest.param(NOW + BEAT / 2 + A_BIT, False, False, id="more-than-half-a-beat-early"),
        pytest.param(NOW + BEAT / 2, True, False, id="half-a-beat-early"),
        pytest.param(NOW, True, False, id="in-time"),
        pytest.param(NOW - BEAT, True, False, id="a-beat-after-it"),
        pytest.param(NOW - BEAT - A_BIT, True, True, id="more-than-a-beat-after-it"),
    ],
)
def test_a_tick_is_due_half_a_beat_early_and_late_after_a_whole_one(tick, due, late):
    situation = observed(a_subject(next_tick=tick))

    assert (situation.seen.due, situation.late) == (due, late)


@pytest.mark.parametrize(
    ("claim", "start", "span"),
    [
        pytest.param("drained", "weighed_at", DRAIN, id="drain"),
        pytest.param("outlasted", "waiting_since", INTERVAL, id="interval"),
        pytest.param("overdue", "waiting_since", DEADLINE, id="deadline"),
    ],
)
def test_a_span_is_over_at_its_end_and_never_without_a_start(claim, start, span):
    assert not seen(claim, **{start: None})
    assert not seen(claim, **{start: NOW - span + A_BIT})
    assert seen(claim, **{start: NOW - span})
    assert seen(claim, **{start: NOW - span - A_BIT})


@pytest.mark.parametrize(
    ("reason", "since", "overdrawn"),
    [
        pytest.param("forbidden", NOW - DEADLINE + A_BIT, False, id="before-the-deadline"),
        pytest.param("forbidden", NOW - DEADLINE, True, id="at-it"),
        pytest.param("", NOW - DEADLINE, False, id="nothing-was-refused"),
        pytest.param("forbidden", None, False, id="in-force"),
    ],
)
def test_a_decision_is_overdrawn_at_the_deadline_if_a_write_of_it_failed(reason, since, overdrawn):
    assert seen("overdrawn", unsettled_reason=reason, unsettled_since=since) is overdrawn


def test_a_wait_is_not_overdue_before_what_is_awaited_was_asked_for():
    assert not seen("overdue", waiting_since=NOW - DEADLINE, settled_at=None)


def test_the_spans_are_the_specs():
    spec = replace(
        a_spec(drain=timedelta(0), interval=timedelta(seconds=1)),
        progress_deadline=timedelta(seconds=2),
    )
    short = a_subject(spec=spec, weighed_at=NOW, waiting_since=NOW - timedelta(seconds=2))

    look = observed(short).seen

    assert look.drained
    assert look.outlasted
    assert look.overdue


@pytest.mark.parametrize("start", [None, NOW + A_BIT])
def test_nothing_is_over_before_it_began(start):
    assert not Moment(NOW, BEAT).has_passed(start, timedelta(0))
