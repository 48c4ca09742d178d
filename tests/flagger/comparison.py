"""Two recordings side by side, and the differences between them that are known and have a reason.

The differences are edits: applied to what Flagger did, they come to what Spillway did. One that is
not listed is left over, and one that is listed and does not occur finds nothing to edit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.flagger.leaves import Leaves
from tests.flagger.recording import Moment

ABSENT = "absent"
ANYTHING = "*"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why Spillway differs, in the words of the page for Flagger's users."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Consecutive Events, or moments, and what stands in their place."""

    reason: Reason
    scenarios: tuple[str, ...]
    flaggers: tuple[str, ...] | tuple[Moment, ...]
    ours: tuple[str, ...] | tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A field, or all that a pattern names, after the plays that a pattern names."""

    reason: Reason
    plays: tuple[str, ...]  # `scenario/after-<n>`
    path: str
    flaggers: str
    ours: str

    def is_about(self, play: str) -> bool:
        """Whether it must occur after this play."""
        return any(fnmatchcase(play, pattern) for pattern in self.plays)

    def explains(self, path: str, flaggers: str, ours: str) -> bool:
        """Whether this is what differs at a path."""
        values = fnmatchcase(flaggers, self.flaggers) and fnmatchcase(ours, self.ours)
        return values and fnmatchcase(path, self.path)


def edited(
    lines: Sequence[str] | Sequence[Moment], edits: Sequence[Lines], scenario: str
) -> list[str | Moment]:
    """Flagger's lines with every listed difference of the scenario, each in its one place."""
    result: list[str | Moment] = list(lines)
    for edit in edits:
        if scenario in edit.scenarios:
            size = len(edit.flaggers)
            starts = [
                start
                for start in range(len(result) - size + 1)
                if tuple(result[start : start + size]) == edit.flaggers
            ]
            assert len(starts) == 1, f"{scenario}: {len(starts)} times: {edit.flaggers}"
            result[starts[0] : starts[0] + size] = edit.ours
    return result


def complaints(play: str, flaggers: Leaves, ours: Leaves, known: Sequence[Field]) -> Iterator[str]:
    """Each difference that is not listed, and each that is listed and does not occur."""
    here = [field for field in known if field.is_about(play)]
    used = set()
    for path in sorted(flaggers.keys() | ours.keys()):
        both = flaggers.get(path, ABSENT), ours.get(path, ABSENT)
        if both[0] == both[1]:
            continue
        found = [field for field in here if field.explains(path, *both)]
        used.update(found)
        if not found:
            yield f"{play}: {path}: Flagger has {both[0]}, Spillway {both[1]}"
    for field in here:
        if field not in used:
            yield f"{play}: {field.path} does not differ as listed: {field.flaggers}, {field.ours}"
