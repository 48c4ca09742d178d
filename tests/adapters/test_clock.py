"""The beat: made when it is first wanted, and as the settings are now, whoever made it."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters import paths
from shared.adapters.clock import BEAT, PingSourceClock
from shared.domain.fields import mapping, pairs
from tests.reconcile.memory import Memory

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PATH = f"{paths.ping_sources('spillway')}/{BEAT}"
SECOND = timedelta(seconds=1)


def clock(memory, *, sink="broker/default", beat=5 * SECOND):
    return PingSourceClock(memory, "spillway", sink, beat)


def spec_of(memory):
    return mapping(memory.read(PATH), "spec")


@pytest.mark.parametrize(
    ("beat", "schedule"),
    [
        pytest.param(1 * SECOND, "*/1 * * * * *", id="each-second"),
        pytest.param(1.5 * SECOND, "*/1 * * * * *", id="a-second-and-a-half"),
        pytest.param(5 * SECOND, "*/5 * * * * *", id="divides-a-minute"),
        pytest.param(7 * SECOND, "*/6 * * * * *", id="7-beats-at-6"),
        pytest.param(45 * SECOND, "*/30 * * * * *", id="45-beats-at-30"),
        pytest.param(59 * SECOND, "*/30 * * * * *", id="59-beats-at-30"),
        pytest.param(60 * SECOND, "0 * * * * *", id="each-minute"),
    ],
)
def test_beats_are_even_and_never_later_than_asked_for(beat, schedule):
    memory = Memory()

    clock(memory, beat=beat).want(NOW)

    assert spec_of(memory)["schedule"] == schedule


def test_a_beat_that_is_wanted_again_is_marked_and_is_as_the_settings_are_now():
    memory = Memory()
    clock(memory).want(NOW)
    before = clock(memory).version()

    clock(memory, sink="http://sink.example.com/", beat=10 * SECOND).want(NOW + SECOND)

    marks = pairs(memory.read(PATH), "metadata", "annotations")
    assert marks == {"spillway.dev/wanted-at": "2026-03-01T12:00:01Z"}
    assert spec_of(memory) == {
        "schedule": "*/10 * * * * *",
        "sink": {"uri": "http://sink.example.com/"},
    }
    assert clock(memory).version() != before


def test_a_beat_that_was_wanted_since_a_look_goes_on():
    memory = Memory()
    clock(memory).want(NOW)
    looked = clock(memory).version()
    clock(memory).want(NOW + SECOND)

    clock(memory).stop(looked)
    assert memory.read(PATH)
    clock(memory).stop(clock(memory).version())

    assert memory.read(PATH) is None
