"""Durations as manifests write them: Go's (1m30s, 1.5h) and Prometheus' (5m, 1h30m)."""

import re
from datetime import timedelta
from decimal import Decimal

_MICROSECONDS = {
    "ns": Decimal("0.001"),
    "us": Decimal(1),
    "µs": Decimal(1),  # the micro sign
    "μs": Decimal(1),  # the Greek letter; Go reads both
    "ms": Decimal(1_000),
    "s": Decimal(1_000_000),
    "m": Decimal(60_000_000),
    "h": Decimal(3_600_000_000),
}
_PART = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_WHOLE = re.compile(rf"[-+]?(?:0|(?:{_PART.pattern})+)")
_RANGE = re.compile(
    r"([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?", re.ASCII
)
LONGEST = timedelta(microseconds=2**63 // 1000)
"""Go counts nanoseconds in 64 bits: 292 years."""

_CHARACTERS = 64


def parse(text: str) -> timedelta | None:
    """What Go's time.ParseDuration reads, to the microsecond; None where it would refuse."""
    if len(text) > _CHARACTERS or not _WHOLE.fullmatch(text):
        return None
    length = sum(
        (Decimal(count) * _MICROSECONDS[unit] for count, unit in _PART.findall(text)), Decimal(0)
    )
    if length > LONGEST // timedelta(microseconds=1):
        return None
    return timedelta(microseconds=int(-length if text.startswith("-") else length))


def is_range(text: str) -> bool:
    """Whether a PromQL range selector takes the text between its brackets."""
    return (
        len(text) <= _CHARACTERS
        and _RANGE.fullmatch(text) is not None
        and any(digit in text for digit in "123456789")
    )
