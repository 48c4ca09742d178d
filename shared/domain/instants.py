"""Instants as RFC 3339 writes them, and as aware UTC datetimes inside."""

import re
from datetime import UTC, datetime, timedelta

from shared.domain.fields import Json, at, text, wrong

WANTED = "an RFC 3339 time with a zone"
_YEARS = range(1970, 9000)
_AHEAD = timedelta(minutes=5)  # by which clocks may differ
# `fromisoformat` also takes week dates, basic format and times without a zone.
_SHAPE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def instant(value: Json, *path: str) -> datetime | None:
    """The time at a path; None where it is absent."""
    if at(value, *path) is None:
        return None
    found = text(value, *path)
    if not _SHAPE.fullmatch(found):
        raise wrong(path, found, WANTED)
    try:
        return datetime.fromisoformat(found.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:  # a 30th of February; the year 0 in UTC
        raise wrong(path, found, WANTED) from error


def countable(value: Json, *path: str) -> datetime | None:
    """The same for a time that others are counted from: years that leave room on both sides."""
    time = instant(value, *path)
    if time is not None and time.year not in _YEARS:
        wanted = f"a year from {_YEARS.start} to {_YEARS.stop - 1}"
        raise wrong(path, text(value, *path), wanted)
    return time


def refuse_future(time: datetime, now: datetime) -> None:
    """Refuses the time of an event that is not made yet: a promotion would outdate all that come
    before that time, a wish to go back would mean the runs until then.
    """
    if time > now + _AHEAD:
        raise wrong(("time",), written(time), "a time that is not in the future")


def written(time: datetime) -> str:
    """An aware time as events carry it: UTC, with a Z."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
