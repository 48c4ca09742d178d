"""The whole status stays below 16 KB, with everything in it as long as it may be."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.canary import Refusal, Target
from shared.domain.conditions import accepted, in_phase, refused
from shared.domain.fields import short
from shared.domain.machine import Phase
from shared.domain.manifest import parse
from shared.domain.notes import Kind
from shared.domain.promotion import from_content
from shared.domain.status import Generations, LastPromotion, Made, Note, Status
from shared.domain.status_object import status_object
from tests.domain.canaries import canary

PRECISELY = datetime(2026, 3, 1, 12, 30, 45, 123456, tzinfo=UTC)
MANY = 2**31 - 1
REVISION = "s1:" + "f" * 64
LONGEST_ID = "ж" * 256  # of a promotion
NAMES = "n" * 253, "s" * 55


def refusal_of(foreign: str) -> str:
    refusal = parse(canary(service={"port": 80, "match": [{"headers": {foreign: {"a": "b"}}}]}))
    assert isinstance(refusal, Refusal)
    return str(refusal)


def promotion_id() -> str:
    said = {"time": "2026-03-01T12:00:00Z", "app": "a", "version": "1", "environment": "e"}
    return from_content({**said, "namespace": "n", "id": LONGEST_ID}).id


def full(foreign: str) -> Status:
    """As a status is after years, with twenty notes that nobody takes."""
    kept = short(foreign)
    note = Note(MANY, PRECISELY, Kind.EXHAUSTED, (str(MANY), kept, kept), REVISION)
    status = Status(
        weight=100,
        failed_checks=MANY,
        revision=REVISION,
        promoted=REVISION,
        decision=MANY,
        decided_at=PRECISELY,
        settled_at=PRECISELY,
        unsettled_since=PRECISELY,
        unsettled_reason=kept,
        made=Made(Target("Deployment", NAMES[0]), NAMES[1], "istio"),
        generations=Generations(MANY, MANY, MANY),
        generation=MANY,
        target_revision=REVISION,
        primary_revision=REVISION,
        previous=REVISION,
        initialized=True,
        restoring=True,
        stranded=True,
        started_at=PRECISELY,
        weighed=MANY,
        weighed_at=PRECISELY,
        held=100,
        inconclusive=MANY,
        waiting_since=PRECISELY,
        waiting_told=True,
        suspension_told=True,
        refused_generation=MANY,
        refusal=refusal_of(foreign),
        next_tick=PRECISELY,
        last_promotion=LastPromotion(
            promotion_id(), PRECISELY, done=False, version="v" * 128, image="i" * 512
        ),
        interval=timedelta(days=1),
        drain=timedelta(days=1),
        outbox=(note,) * 20,
    )
    status = in_phase(status, Phase.FINALISING, "Deployment", PRECISELY)
    return refused(accepted(status, PRECISELY), status.refusal, PRECISELY)


@pytest.mark.parametrize(
    "letter",
    [
        pytest.param("x", id="letters"),
        pytest.param("ж", id="of-two-bytes"),
        pytest.param("😀", id="of-four-bytes"),
        pytest.param('"', id="that-are-escaped"),
        pytest.param("\x01", id="that-cannot-be-shown"),
    ],
)
def test_the_longest_status_is_below_16_kb(letter):
    written = json.dumps(status_object(full(letter * 2000)), ensure_ascii=False)

    assert 12_000 < len(written.encode()) < 16 << 10


def test_without_its_outbox_a_status_is_small():
    written = json.dumps(status_object(replace(full("x" * 2000), outbox=())))

    assert len(written) < 6_000
