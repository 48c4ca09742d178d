"""Whole releases in a whole lab: real servers, real processes, real traffic, real metrics."""

from math import sqrt
from pathlib import Path

import pytest

from infra.local import rollout, stage
from tests.lab.staged import SIGMAS, assert_shares, staged, steps

pytestmark = pytest.mark.lab

GOOD, BAD = "1.1.0", "1.2.0-bad"
BAD_RATE = 0.3  # of the requests to a version that ends in -bad


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
