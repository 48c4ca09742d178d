"""The race test against a real API server: two passes over one canary, stopped against each other,
leave it as they leave the one in memory, from where every such race was seen to end well.
"""

import sys
from dataclasses import dataclass

import pytest

from tests.cluster.lockstep import Moment, expect_same, moments
from tests.reconcile.race import RIVALS, Race, every_race
from tests.reconcile.rollout import Point, rollout
from tests.reconcile.stories import STORIES
from tests.reconcile.world import Delivery, ending, go_on

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

_SHARE = 25  # one race in so many is run
_TO_THE_END = 25  # of those, after one in so many the rollout goes on to its end


@dataclass(slots=True)
class Races:
    """Runs each race in memory, and one in so many on the real server too."""

    share: int
    met: int = 0
    raced: int = 0

    def all_of(self, point: Point, moment: Moment, rival: Delivery) -> None:
        """Every race of a pass and a rival."""

        def run(race: Race) -> tuple[int, int]:
            made_up = point.world.copy()
            calls = race.run(made_up)
            self.met += 1
            if self.met % self.share == 0:
                self.raced += 1
                sys.stdout.write(f"{race}\n")
                real = moment.again()
                assert race.run(real) == calls
                expect_same(real, made_up)
                if self.raced % _TO_THE_END == 0:
                    go_on(real)
                    go_on(made_up)
                    assert ending(real) == ending(made_up)
            return calls

        every_race(point, rival, run)


@pytest.mark.parametrize("rival", RIVALS)
def test_a_race_leaves_the_real_server_as_it_leaves_the_one_in_memory(
    rival, shop, every_call, capsys
):
    """In every pass of the good rollout that writes: one in 25 of the races in memory, or all."""
    good, races = rollout(STORIES["good"]), Races(1 if every_call else _SHARE)

    for point, moment in zip(good.points, moments(STORIES["good"], good, shop), strict=True):
        if point.writes:
            races.all_of(point, moment, RIVALS[rival](point.world))

    assert races.raced == races.met // races.share > 50
    with capsys.disabled():
        sys.stdout.write(f"\ngood and {rival}: {races.raced} of {races.met} races, really\n")
