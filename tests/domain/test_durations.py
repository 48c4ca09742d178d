"""Durations are read as Go and Prometheus read them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import durations


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("1m30s", 90),
        ("1h", 3600),
        ("1.5h", 5400),
        (".5m", 30),
        ("2.s", 2),
        ("100ms", 0.1),
        ("7us", 0.000_007),
        ("7µs", 0.000_007),
        ("7μs", 0.000_007),
        ("1999ns", 0.000_001),
        ("0", 0),
        ("+5s", 5),
        ("-5s", -5),
        ("2562047h", 9_223_369_200),
    ],
)
def test_go_durations_are_read(text: str, seconds: float):
    assert durations.parse(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "s",
        "5 s",
        "1d",
        "1min",
        "5S",
        "--5s",
        ".s",
        "٣s",
        "2562048h",
        "9" * 63 + "s",
        "1" * 65,
    ],
)
def test_what_go_does_not_read_is_no_duration(text: str):
    assert durations.parse(text) is None


@given(st.integers(0, 10**8), st.integers(0, 59), st.integers(0, 999))
def test_a_duration_is_the_sum_of_its_parts(minutes: int, seconds: int, milliseconds: int):
    assert durations.parse(f"{minutes}m{seconds}s{milliseconds}ms") == timedelta(
        minutes=minutes, seconds=seconds, milliseconds=milliseconds
    )


@pytest.mark.parametrize("text", ["30s", "1m", "1h30m", "100ms", "2d", "1w", "1y", "01m"])
def test_a_range_is_whole_units_that_fall(text: str):
    assert durations.is_range(text)


@pytest.mark.parametrize(
    "text", ["", "0s", "1.5m", "30s1m", "5", "1m]", "1m ", "٣s", "1" * 64 + "s"]
)
def test_anything_else_is_no_range(text: str):
    assert not durations.is_range(text)
