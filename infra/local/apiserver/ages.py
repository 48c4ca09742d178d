"""How long ago something was, as kubectl says it: `34s`, `5m12s`, `3h`, `2d4h`."""

from datetime import datetime

from infra.local.apiserver.trees import Value

_DAY = 86400
_YEAR = 365 * _DAY
# below so many seconds: a unit (its size, its name), and a smaller one for the rest
_FORMS = (
    (120, (1, "s"), None),
    (600, (60, "m"), (1, "s")),
    (3 * 3600, (60, "m"), None),
    (8 * 3600, (3600, "h"), (60, "m")),
    (2 * _DAY, (3600, "h"), None),
    (8 * _DAY, (_DAY, "d"), (3600, "h")),
    (2 * _YEAR, (_DAY, "d"), None),
    (8 * _YEAR, (_YEAR, "y"), (_DAY, "d")),
    (float("inf"), (_YEAR, "y"), None),
)
_UNKNOWN = "<unknown>"


def age(since: Value, now: datetime) -> str:
    """How long ago a time of an object was."""
    try:
        then = datetime.fromisoformat(since)
    except (TypeError, ValueError):
        return _UNKNOWN
    seconds = max(0, int((now - then).total_seconds()))
    _, (size, unit), smaller = next(form for form in _FORMS if seconds < form[0])
    told = f"{seconds // size}{unit}"
    if smaller is None or not (rest := seconds % size // smaller[0]):
        return told
    return f"{told}{rest}{smaller[1]}"
