"""What the API server was asked, out of its audit log (audit.k8s.io/v1, level Metadata)."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

WRITES = frozenset({"create", "update", "patch", "delete"})


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was answered: who asked, what for, and what came of it."""

    user: str
    verb: str
    resource: str  # with its subresource: canaries/status
    namespace: str
    name: str
    code: int
    at: datetime

    @property
    def writes(self) -> bool:
        """Whether it was to change something."""
        return self.verb in WRITES


class Audit:
    """A log that is read on, each time from where the last reading ended."""

    def __init__(self, path: Path, users: Iterable[str]) -> None:
        """Reads what these users asked, from the end of the log as it is now."""
        self._path, self._users = path, frozenset(users)
        self._read = path.stat().st_size

    def calls(self) -> list[Call]:
        """What was asked since the last time."""
        with self._path.open("rb") as log:
            log.seek(self._read)
            lines = log.readlines()
        if lines and not lines[-1].endswith(b"\n"):
            lines.pop()
        self._read += sum(map(len, lines))
        return [call for call in map(_call, lines) if call.user in self._users]


def by_kind(calls: Iterable[Call]) -> Counter[tuple[str, str]]:
    """How many there were of each verb and resource."""
    return Counter((call.verb, call.resource) for call in calls)


def refused(calls: Iterable[Call]) -> Iterator[Call]:
    """Those that came to nothing, but for objects that were not there or there already."""
    return (call for call in calls if call.code >= 400 and call.code not in (404, 409))


def _call(line: bytes) -> Call:
    said = json.loads(line)
    about = said.get("objectRef", {})
    parts = (about.get("resource", ""), about.get("subresource", ""))
    return Call(
        user=said["user"]["username"],
        verb=said["verb"],
        resource="/".join(part for part in parts if part),
        namespace=about.get("namespace", ""),
        name=about.get("name", ""),
        code=said["responseStatus"]["code"],
        at=datetime.fromisoformat(said["stageTimestamp"]),
    )
