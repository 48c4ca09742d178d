"""Two passes over one canary at once: stopped against each other at every pair of their calls."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from tests.reconcile.alike import Endings
from tests.reconcile.race import RIVALS, Race, every_race, one_after_the_other
from tests.reconcile.rollout import Point, rollout
from tests.reconcile.stories import STORIES
from tests.reconcile.world import Delivery


@dataclass(slots=True)
class Races:
    """Races two passes in every way, and sees how each world ends that comes of it."""

    forget: Callable[[], object]
    tried: int = 0
    endings: Endings = field(default_factory=Endings)

    def all_of(self, point: Point, rival: Delivery) -> None:
        point.world.pace = timedelta()
        orders = ((point.delivery, rival), (rival, point.delivery))
        allowed = {one_after_the_other(point.world.copy(), *order) for order in orders}

        def run(race: Race) -> tuple[int, int]:
            self.tried += 1
            self.forget()
            sys.stdout.write(f"{race}\n")
            world = point.world.copy()
            calls = race.run(world)
            assert self.endings.of(world) in allowed
            return calls

        every_race(point, rival, run)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", ["good"])
@pytest.mark.parametrize("rival", RIVALS)
def test_two_passes_at_once_end_as_one_after_the_other_would(name, rival, capsys):
    races = Races(capsys.readouterr)

    for point in _points(name):
        races.all_of(point, RIVALS[rival](point.world))

    with capsys.disabled():
        sys.stdout.write(f"\n{name} and {rival}: {races.tried} races\n")
    assert races.tried > 1000


def _points(name: str) -> Iterator[Point]:
    """The passes of a rollout that write anything."""
    return (point for point in rollout(STORIES[name]).points if point.writes)
