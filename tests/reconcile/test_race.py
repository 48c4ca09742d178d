"""Two passes over one canary at once: stopped against each other at every pair of their calls."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from tests.reconcile.race import NEVER, RIVALS, one_after_the_other, race
from tests.reconcile.rollout import Point, Worlds, rollout
from tests.reconcile.stories import STORIES
from tests.reconcile.world import Delivery, Ending, ending, go_on


@dataclass(slots=True)
class Races:
    """Races two passes in every way, with either as the one that stands still, and lets each
    world that comes of it go on once.
    """

    forget: Callable[[], object]
    tried: int = 0
    worlds: Worlds = field(default_factory=Worlds)

    def all_of(self, point: Point, first: Delivery, other: Delivery) -> None:
        orders = ((first, other), (other, first))
        allowed = {one_after_the_other(point.world.copy(), *order) for order in orders}
        for at in range(len(point.calls)):
            back_at = calls = 1
            while back_at <= calls:
                _, calls = self._race(point, (first, other), (at, back_at), allowed)
                back_at += 1
        at = calls = 0
        while at <= calls:
            calls, _ = self._race(point, (other, first), (at, NEVER), allowed)
            at += 1

    def _race(
        self,
        point: Point,
        passes: tuple[Delivery, Delivery],
        pauses: tuple[int, int],
        allowed: set[Ending],
    ) -> tuple[int, int]:
        self.tried += 1
        self.forget()
        sys.stdout.write(f"{passes[0]} pauses at {pauses[0]}, {passes[1]} at {pauses[1]}\n")
        world = point.world.copy()
        calls = race(world, *passes, at=pauses[0], back_at=pauses[1])
        if self.worlds.is_new(world):
            go_on(world)
            assert ending(world) in allowed
        return calls


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", ["good"])
@pytest.mark.parametrize("rival", RIVALS)
def test_two_passes_at_once_end_as_one_after_the_other_would(name, rival, capsys):
    races = Races(capsys.readouterr)

    for point in _points(name):
        point.world.pace = timedelta()
        races.all_of(point, point.delivery, RIVALS[rival](point.world))

    with capsys.disabled():
        sys.stdout.write(f"\n{name} and {rival}: {races.tried} races\n")
    assert races.tried > 1000


def _points(name: str) -> Iterator[Point]:
    """The passes of a rollout that write anything."""
    return (point for point in rollout(STORIES[name]).points if point.writes)
