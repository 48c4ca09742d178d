"""The embedded API server: paths into objects, ages, and the rows of tables."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local.apiserver import jsonpath
from infra.local.apiserver.ages import age

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_OBJECT = {
    "spec": {"a.b": 1, "list": [{"type": "x", "n": 1}, {"type": "y", "n": 2}]},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        pytest.param(".spec.list[0].n", [1], id="an index"),
        pytest.param(".spec.list[-1].n", [2], id="an index from the end"),
        pytest.param(".spec.list[*].n", [1, 2], id="all"),
        pytest.param('.spec.list[?(@.type=="y")].n', [2], id="a filter"),
        pytest.param(r".spec.a\.b", [1], id="a dot in a key"),
        pytest.param(".spec['a.b']", [1], id="a quoted key"),
        pytest.param("{.spec.list[0].type}", ["x"], id="in braces"),
        pytest.param(".spec.none.at.all", [], id="nowhere"),
        pytest.param(".spec.list[7]", [], id="past the end"),
    ],
)
def test_a_path_finds(path: str, found: list[Any]) -> None:
    assert jsonpath.find(_OBJECT, path) == found


@pytest.mark.parametrize(
    ("ago", "told"),
    [
        (timedelta(seconds=0), "0s"),
        (timedelta(seconds=119), "119s"),
        (timedelta(minutes=2), "2m"),
        (timedelta(minutes=5, seconds=12), "5m12s"),
        (timedelta(minutes=59, seconds=12), "59m"),
        (timedelta(hours=3), "3h"),
        (timedelta(hours=3, minutes=7), "3h7m"),
        (timedelta(hours=30), "30h"),
        (timedelta(days=2, hours=4), "2d4h"),
        (timedelta(days=40, hours=4), "40d"),
    ],
)
def test_an_age_is_told_in_two_units_at_most(ago: timedelta, told: str) -> None:
    assert age((_NOW - ago).isoformat(), _NOW) == told


@pytest.mark.parametrize("since", [None, "", "soon", 5])
def test_what_is_no_time_has_no_age(since: Any) -> None:
    assert age(since, _NOW) == "<unknown>"
