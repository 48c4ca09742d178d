"""Times: which of them others may be counted from, and which cannot be yet."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.errors import Refused
from shared.domain.instants import countable, instant, refuse_future

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("said", ["1970-01-01T00:00:00Z", "8999-12-31T23:59:59Z"])
def test_what_leaves_room_on_both_sides_may_be_counted_from(said):
    assert countable({"at": said}, "at") == instant({"at": said}, "at")


@pytest.mark.parametrize(
    "said", ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00+01:00", "9999-12-31T23:59:59Z"]
)
def test_what_does_not_is_refused_though_it_is_a_time(said):
    assert instant({"at": said}, "at") is not None

    with pytest.raises(Refused, match=rf"^at: wanted a year .* found '{said.replace('+', '.')}'"):
        countable({"at": said}, "at")


@pytest.mark.parametrize(
    "ago", [timedelta(days=400), timedelta(), timedelta(minutes=-5)], ids=["old", "now", "ahead"]
)
def test_an_event_may_be_old_or_made_by_a_clock_that_is_a_little_fast(ago):
    refuse_future(NOW - ago, NOW)


def test_an_event_of_the_future_is_refused():
    with pytest.raises(Refused, match=r"^time: wanted .* found '2999-12-31T23:59:59Z'"):
        refuse_future(datetime(2999, 12, 31, 23, 59, 59, tzinfo=UTC), NOW)
    with pytest.raises(Refused):
        refuse_future(NOW + timedelta(minutes=5, microseconds=1), NOW)
