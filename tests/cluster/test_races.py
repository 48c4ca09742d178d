"""The race test against a real API server: two passes over one canary, stopped against each other,
leave it as they leave the one in memory, from where every such race was seen to end well.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.cluster.lockstep import expect_same, moments
from tests.reconcile.outside import Life
from tests.reconcile.race import NEVER, RIVALS, race
from tests.reconcile.rollout import Point, rollout
from tests.reconcile.stories import STORIES
from tests.reconcile.world import Delivery, World, deliver, ending, go_on

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

_TO_THE_END = 25  # of the races, after one in so many the rollout goes on to its end


@dataclass(frozen=True, slots=True)
class Race:
    """Who stands still and before which call, and the other, and before which of its own."""

    first: Delivery
    other: Delivery
    at: int
    back_at: int

    def run(self, world: World) -> World:
        """As it comes to be by the race, which takes no time."""
        world.pace = timedelta()
        race(world, self.first, self.other, at=self.at, back_at=self.back_at)
        return world


def _races(point: Point, rival: Delivery) -> Iterator[Race]:
    """Of a pass that writes: each second of its calls, against one of the rival, which take turns;
    and each fourth of the rival, against all of the pass.
    """
    life = Life()
    deliver(point.world.copy(), rival, life)
    calls = len(life.calls)
    for at in range(0, len(point.calls) if point.writes else 0, 2):
        yield Race(point.delivery, rival, at, 1 + at * 5 % calls)
    for at in range(0, calls if point.writes else 0, 4):
        yield Race(rival, point.delivery, at, NEVER)


@pytest.mark.parametrize("rival", RIVALS)
def test_a_race_leaves_the_real_server_as_it_leaves_the_one_in_memory(rival, shop, capsys):
    """In every pass of the good rollout: about one in 27 of the races in memory."""
    good, raced = rollout(STORIES["good"]), 0

    for point, moment in zip(good.points, moments(STORIES["good"], good, shop), strict=True):
        for each in _races(point, RIVALS[rival](point.world)):
            raced += 1
            sys.stdout.write(f"{each}\n")
            real, made_up = each.run(moment.again()), each.run(point.world.copy())
            expect_same(real, made_up)
            if raced % _TO_THE_END == 0:
                go_on(real)
                go_on(made_up)
                assert ending(real) == ending(made_up)

    assert raced > 70
    with capsys.disabled():
        sys.stdout.write(f"\ngood and {rival}: {raced} races on a real server\n")
