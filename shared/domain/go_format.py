"""Numbers and durations as Go prints them, because Flagger's messages hold them (specs §4.1)."""

import math
from decimal import Decimal

_LONGEST_PLAIN = 6  # digits before the point from which on Go's %v writes an exponent
_SHORT_UNITS = (("ns", 0), ("µs", 3), ("ms", 6))  # unit, and its power of ten in nanoseconds


def number(value: float) -> str:
    """Go's %v of a float64: 99, 99.5, 1e+06, +Inf."""
    if not math.isfinite(value):
        return _special(value)
    shortest = Decimal(repr(value)).normalize()
    if -5 < shortest.adjusted() < _LONGEST_PLAIN:
        return f"{shortest:f}"
    mantissa = shortest.scaleb(-shortest.adjusted())
    return f"{mantissa:f}e{shortest.adjusted():+03d}"


def hundredths(value: float) -> str:
    """Go's %.2f of a float64: 96.54, +Inf."""
    return f"{value:.2f}" if math.isfinite(value) else _special(value)


def duration(milliseconds: float) -> str:
    """Go's %v of a time.Duration, to the nanosecond: 500ms, 1.2s, 1m30s. Infinity is no duration in
    Go; it is printed as a number here.
    """
    if not math.isfinite(milliseconds):
        return _special(milliseconds)
    nanoseconds = round(abs(milliseconds) * 1_000_000)
    if nanoseconds == 0:
        return "0s"
    return ("-" if milliseconds < 0 else "") + _positive(nanoseconds)


def _positive(nanoseconds: int) -> str:
    for unit, power in _SHORT_UNITS:
        if nanoseconds < 10 ** (power + 3):
            return _shifted(nanoseconds, power) + unit
    minutes, rest = divmod(nanoseconds, 60 * 10**9)
    seconds = _shifted(rest, 9) + "s"
    if minutes == 0:
        return seconds
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes}m{seconds}" if hours else f"{minutes}m{seconds}"


def _shifted(value: int, power: int) -> str:
    whole, rest = divmod(value, 10**power)
    return f"{whole}.{rest:0{power}d}".rstrip("0") if rest else str(whole)


def _special(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "+Inf" if value > 0 else "-Inf"
