"""Whether a webhook's request was signed by somebody who may, and for which namespaces."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)
_SECONDS = re.compile(r"\d{1,12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Secret:
    """A shared key. `namespaces` None: every namespace; empty: none."""

    name: str
    key: bytes = field(repr=False)
    namespaces: frozenset[str] | None = None

    def admits(self, namespace: str) -> bool:
        """Whether its holder may promote there."""
        return self.namespaces is None or namespace in self.namespaces


def is_current(timestamp: str, now: datetime) -> bool:
    """Whether a time in unix seconds is near enough to now; an older request may be a replay."""
    if not _SECONDS.fullmatch(timestamp):
        return False
    return abs(int(timestamp) - now.timestamp()) <= TOLERANCE.total_seconds()


def sign(key: bytes, timestamp: str, body: bytes) -> str:
    """The signature of a request: over its time too, so that neither can be put on another."""
    digest = hmac.new(key, timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"


def signers(
    secrets: Sequence[Secret], signature: str, timestamp: str, body: bytes
) -> tuple[Secret, ...]:
    """The secrets that made this signature. All are tried, each in constant time."""
    given = signature.encode()
    matches = [
        hmac.compare_digest(sign(secret.key, timestamp, body).encode(), given) for secret in secrets
    ]
    return tuple(secret for secret, match in zip(secrets, matches, strict=True) if match)
