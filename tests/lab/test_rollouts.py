"""Whole releases in a whole lab: real servers, real processes, real traffic, real metrics."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import pytest

from infra.local import apply, lab, rollout, stage
from infra.local.kube import Tree
from infra.local.lab import Lab
from infra.local.load import Counts, Load
from infra.local.rollout import Outcome
from infra.local.watching import Watching

pytestmark = pytest.mark.lab

GOOD, BAD = "1.1.0", "1.2.0-bad"
BAD_RATE = 0.3  # of the requests to a version that ends in -bad
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


@pytest.mark.timeout(180)
def test_a_good_release_is_promoted_and_a_bad_one_rolled_back(tmp_path: Path):
    with staged(tmp_path, stage.shortened()) as running:
        good, good_tally = running.play(GOOD)
        bad, bad_tally = running.play(BAD)

        assert rollout.faults(good, bad, old=GOOD) == ()
        assert rollout.route_faults(running.seen.routes) == ()
        assert stage.dead(running.lab) == []
        assert steps(running.seen) == [10, 20, 30, 40, 50]
        assert_shares(good_tally)
        assert_shares(bad_tally)
        failing = bad.counts.versions[BAD]
        tolerance = SIGMAS * sqrt(failing * BAD_RATE * (1 - BAD_RATE))
        assert bad.counts.failed == pytest.approx(failing * BAD_RATE, abs=tolerance)


@pytest.mark.timeout(420)
def test_the_manifest_of_a_flagger_user_runs_as_it_is_in_real_time(tmp_path: Path):
    (canary,) = apply.read("canary.yaml")

    with staged(tmp_path, canary) as running:
        good, _ = running.play(GOOD, limit=300)

        assert (good.phase, good.counts.failed) == ("Succeeded", 0)
        assert rollout.route_faults(running.seen.routes) == ()
        assert stage.dead(running.lab) == []
        assert steps(running.seen) == [10, 20, 30, 40, 50]
        assert good.seconds > 5 * 15  # four steps after the first, and the promotion


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
