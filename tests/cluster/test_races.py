"""The race test against a real API server: two passes over one canary, stopped against each other,
leave it as they leave the one in memory, from where every such race was seen to end well.
"""

import sys
from dataclasses import dataclass

import pytest

from tests.cluster.lockstep import Moment, expect_same, moments
from tests.reconcile.outside import Life
from tests.reconcile.race import RIVALS, Race, every_race
from tests.reconcile.rollout import Point, rollout
from tests.reconcile.stories import STORIES
from tests.reconcile.world import Delivery, deliver, ending, go_on

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

_SHARE = 25  # one race in so many is run
_TO_THE_END = 25  # of those, after one in so many the rollout goes on to its end


@dataclass(slots=True)
class Races:
    """Runs one race in so many, in memory and on the real server."""

    share: int
    met: int = 0
    raced: int = 0

    def all_of(self, point: Point, moment: Moment, rival: Delivery) -> None:
        """Those of a pass and a rival. One that is left out is taken to have as many calls as
        passes that nothing disturbs.
        """
        life = Life()
        deliver(point.world.copy(), rival, life)
        ours, theirs = len(point.calls), len(life.calls)

        def run(race: Race) -> tuple[int, int]:
            self.met += 1
            if self.met % self.share == 0:
                return self._run(race, point, moment)
            return (ours, theirs) if race.other is rival else (theirs, ours)

        every_race(point, rival, run)

    def _run(self, race: Race, point: Point, moment: Moment) -> tuple[int, int]:
        self.raced += 1
        sys.stdout.write(f"{race}\n")
        made_up, real = point.world.copy(), moment.again()
        calls = race.run(made_up)
        assert race.run(real) == calls
        expect_same(real, made_up)
        if self.raced % _TO_THE_END == 0:
            go_on(real)
            go_on(made_up)
            assert ending(real) == ending(made_up)
        return calls


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
