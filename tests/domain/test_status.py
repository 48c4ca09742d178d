"""The status: what is written is what is read, and Flagger's fields keep Flagger's meaning."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.canary import Target
from shared.domain.errors import Refused
from shared.domain.machine import Phase
from shared.domain.status import (
    Condition,
    Generations,
    LastPromotion,
    Made,
    Note,
    Status,
    read_status,
)
from shared.domain.status_object import status_object

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AT = datetime(2026, 3, 1, 12, 30, 45, tzinfo=UTC)
PRECISELY = AT + timedelta(microseconds=123456)
FULL = Status(
    phase=Phase.PROMOTING,
    weight=40,
    failed_checks=1,
    revision="s1:run",
    promoted="s1:old",
    since=AT,
    conditions=(Condition("Promoted", "Unknown", "Promoting", "…", AT, AT + timedelta(days=1)),),
    decision=17,
    decided_at=PRECISELY,
    settled_at=PRECISELY + timedelta(seconds=1),
    unsettled_since=PRECISELY - timedelta(seconds=1),
    unsettled_reason="deployments/cart: forbidden",
    made=Made(Target("Deployment", "cart"), "cart-apex", "istio"),
    generations=Generations(3, 4, 5),
    generation=2,
    target_revision="s1:newer",
    primary_revision="s1:older",
    previous="s1:oldest",
    initialized=True,
    restoring=True,
    stranded=True,
    started_at=PRECISELY - timedelta(minutes=1),
    weighed=16,
    weighed_at=PRECISELY - timedelta(minutes=2),
    held=0,
    inconclusive=3,
    waiting_since=PRECISELY - timedelta(minutes=3),
    waiting_told=True,
    suspension_told=True,
    refused_generation=6,
    refusal="spec.service: …",
    next_tick=PRECISELY + timedelta(minutes=4),
    last_promotion=LastPromotion(
        "run-1", PRECISELY, done=True, version="1.4.0", image="registry.example.com/app:1"
    ),
    interval=timedelta(seconds=15),
    drain=timedelta(seconds=7),
    outbox=(Note(17, PRECISELY, "Advanced", ("40", ""), "s1:run"), Note(16, AT, "Waiting")),
    foreign={"trackedConfigs": {"cart": "x"}},
)


def test_every_field_is_read_as_it_was_written():
    assert all(getattr(FULL, field.name) != getattr(Status(), field.name) for field in fields(FULL))

    assert read_status(status_object(FULL)) == FULL


@given(st.sets(st.sampled_from([field.name for field in fields(Status)])))
def test_any_of_the_fields_may_be_unset(unset):
    status = replace(FULL, **{name: getattr(Status(), name) for name in unset})
    if status.phase is Phase.NEW:  # where no canary has weight
        status = replace(status, weight=0)
    if not status.routed:  # what belongs to the weights is kept with them
        status = replace(status, weighed_at=None, held=None)

    assert read_status(status_object(status)) == status


def test_an_empty_status_is_that_of_a_new_canary():
    assert read_status({}) == Status()


def test_an_empty_status_is_written_with_its_block():
    written = status_object(Status())

    assert written["spillway"] == {"decision": 0, "generations": dict.fromkeys(GENERATIONS, 0)}
    assert "phase" not in written


GENERATIONS = ("target", "primary", "route")


def test_flaggers_fields_are_written_as_flagger_writes_them():
    found = replace(FULL, since=PRECISELY, foreign={})

    written = status_object(found)

    assert {key: written[key] for key in written if key not in ("spillway", "conditions")} == {
        "phase": "Promoting",
        "canaryWeight": 40,
        "failedChecks": 1,
        "iterations": 0,
        "lastAppliedSpec": "s1:run",
        "lastPromotedSpec": "s1:old",
        "lastTransitionTime": "2026-03-01T12:30:45Z",
    }
    assert written["conditions"] == [
        {
            "type": "Promoted",
            "status": "Unknown",
            "reason": "Promoting",
            "message": "…",
            "lastTransitionTime": "2026-03-01T12:30:45Z",
            "lastUpdateTime": "2026-03-02T12:30:45Z",
        }
    ]


def test_what_flagger_wrote_is_read_without_a_block_of_ours():
    found = read_status(
        {
            "phase": "Succeeded",
            "canaryWeight": 0,
            "failedChecks": 0,
            "iterations": 0,
            "lastAppliedSpec": "5b5d9cbd7f",
            "lastPromotedSpec": "5b5d9cbd7f",
            "lastTransitionTime": "2026-03-01T12:30:45Z",
            "trackedConfigs": {},
            "conditions": [{"type": "Promoted", "status": "True", "reason": "Succeeded"}],
        }
    )

    assert (found.phase, found.revision, found.since) == (Phase.SUCCEEDED, "5b5d9cbd7f", AT)
    assert found.foreign == {"trackedConfigs": {}}
    assert found.conditions == (Condition("Promoted", "True", "Succeeded", "", EPOCH, EPOCH),)
    assert found.decision == 0


def test_a_condition_without_an_update_was_updated_when_it_changed():
    found = read_status({"conditions": [{"lastTransitionTime": "2026-03-01T12:30:45Z"}]})

    assert found.conditions[0].updated == AT


@pytest.mark.parametrize(
    ("phase", "taken_for"),
    [
        ("Waiting", Phase.INITIALIZED),
        ("WaitingPromotion", Phase.PROGRESSING),
        ("Terminating", Phase.NEW),
        ("Nonsense", Phase.NEW),
        pytest.param("Initializing", Phase.NEW, id="somebody-elses-beginning"),
    ],
)
def test_a_phase_that_spillway_does_not_have_is_taken_for_the_nearest(phase, taken_for):
    assert read_status({"phase": phase}).phase is taken_for


@pytest.mark.parametrize(
    ("phase", "weight"),
    [("", 0), ("Initialized", 0), ("Succeeded", 0), ("Progressing", 40), ("Failed", 40)],
)
def test_where_no_canary_has_weight_none_is_read(phase, weight):
    assert read_status({"phase": phase, "canaryWeight": 40}).weight == weight


@pytest.mark.parametrize(
    ("status", "path"),
    [
        pytest.param({"failedChecks": "ten"}, "failedChecks: wanted a whole number", id="count"),
        pytest.param({"spillway": []}, "spillway: wanted", id="block"),
        pytest.param(
            {"spillway": {"held": 1, "decidedAt": "noon"}}, "decidedAt: wanted", id="time"
        ),
        pytest.param({"spillway": {"outbox": ["x"]}}, "outbox", id="outbox"),
        pytest.param(
            {"spillway": {"drainSeconds": 10**15}},
            "drainSeconds: wanted 0 to 9223372036",
            id="long",
        ),
        pytest.param(
            {"spillway": {"intervalSeconds": -1}}, "intervalSeconds: wanted 0 to", id="below-0"
        ),
        pytest.param(
            {"spillway": {"nextTickTime": "0001-01-01T00:00:00Z"}},
            "nextTickTime: wanted a year from 1970 to 8999",
            id="before-all-time",
        ),
        pytest.param(
            {"spillway": {"nextTickTime": "9999-12-31T23:59:59Z"}}, "nextTickTime", id="after-it"
        ),
    ],
)
def test_a_status_that_cannot_be_read_is_refused_by_path(status, path):
    with pytest.raises(Refused, match=path):
        read_status(status)


def test_a_promotion_without_a_time_was_not_kept():
    assert read_status({"spillway": {"lastPromotion": {"id": "run-1"}}}).last_promotion is None


def test_a_note_without_a_time_is_as_old_as_can_be():
    assert read_status({"spillway": {"outbox": [{"kind": "Waiting"}]}}).outbox == (
        Note(0, EPOCH, "Waiting"),
    )


@pytest.mark.parametrize(
    ("status", "settled"),
    [
        pytest.param(Status(), True, id="nothing-was-decided"),
        pytest.param(Status(decision=1), False, id="decided"),
        pytest.param(Status(decision=1, settled_at=AT), True, id="in-force"),
    ],
)
def test_a_status_is_settled_when_its_decision_is_in_force(status, settled):
    assert status.settled is settled


@pytest.mark.parametrize(("said", "meant"), [(-5, 0), (40, 40), (1000, 100)])
def test_a_weight_that_no_route_can_have_is_the_nearest_that_one_can(said, meant):
    assert read_status({"phase": "Progressing", "canaryWeight": said}).weight == meant
