"""A whole lab with the sample app under load, for whole releases in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import pytest

from infra.local import lab, rollout, stage
from infra.local.kube import Tree
from infra.local.lab import Lab
from infra.local.load import Counts, Load
from infra.local.rollout import Outcome
from infra.local.watching import Watching

SIGMAS = 4


@dataclass(slots=True)
class Tally:
    """How many requests a version had while it was analysed, and how many the routes gave it."""

    seen: Watching
    load: Load
    version: str
    counted: Counts
    got: int = 0
    expected: float = 0.0
    variance: float = 0.0

    def look(self) -> None:
        if self.seen.stand.phase == "Progressing":
            now = self.load.snapshot()
            since, share = now.since(self.counted), self.seen.routes[-1][1] / 100
            self.got += since.versions.get(self.version, 0)
            self.expected += share * since.requests
            self.variance += share * (1 - share) * since.requests
            self.counted = now


@dataclass(frozen=True, slots=True)
class Stage:
    """A lab with the sample app initialised, under load."""

    lab: Lab
    seen: Watching
    load: Load

    def play(self, version: str, limit: float = 60.0) -> tuple[Outcome, Tally]:
        tally = Tally(self.seen, self.load, version, self.load.snapshot())
        outcome = rollout.play(
            self.lab, self.seen, self.load, version, limit=limit, look=tally.look
        )
        return outcome, tally


@contextmanager
def staged(folder: Path, canary: Tree) -> Iterator[Stage]:
    with lab.running(folder) as found, stage.observed(found) as seen:
        stage.install(found, seen, canary)
        with stage.loaded(found) as load:
            yield Stage(found, seen, load)


def steps(seen: Watching) -> list[int]:
    """The weights of the first release, as the status went through them."""
    weights = [stand.weight for stand in seen.stands if stand.phase == "Progressing"]
    return sorted(set(weights) - {0})


def assert_shares(tally: Tally) -> None:
    assert tally.got == pytest.approx(tally.expected, abs=SIGMAS * sqrt(tally.variance))
