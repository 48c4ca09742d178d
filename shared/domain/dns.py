"""Names as Kubernetes has them (RFC 1123): what may stand in a path of its API."""

import re

LABEL = "a DNS label (lower-case letters, digits and dashes, at most 63)"
NAME = "a DNS name (lower-case letters, digits, dashes and dots, at most 253)"

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_NAME = re.compile(rf"{_LABEL.pattern}(\.{_LABEL.pattern})*", re.ASCII)
_LONGEST = 253


def is_label(value: str) -> bool:
    """Whether a namespace could be called that."""
    return bool(_LABEL.fullmatch(value))


def is_name(value: str) -> bool:
    """Whether most other objects could."""
    return len(value) <= _LONGEST and bool(_NAME.fullmatch(value))
