"""The program is stopped at every outside call of every pass of a rollout, before the call takes
effect and after it; the rollout goes on, keeps what must hold, and ends as it would have."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from tests.reconcile.outside import When, stopped_at
from tests.reconcile.rollout import Point, Worlds, rollout
from tests.reconcile.stories import STORIES
from tests.reconcile.world import Delivery, Ending, Tick, World, deliver, ending, finish, go_on


@dataclass(slots=True)
class Stops:
    """Stops a rollout at each of its calls, and lets each world that is left go on once."""

    wanted: Ending
    forget: Callable[[], object]  # what was logged so far: a failure shows its own log
    tried: int = 0
    worlds: Worlds = field(default_factory=Worlds)

    def at_every_call_of(self, point: Point) -> None:
        for index in range(point.calls):
            for when in When:
                self.tried += 1
                self._stop(point, index, when)

    def _stop(self, point: Point, index: int, when: When) -> None:
        stopped = point.world.copy()
        started = stopped.now
        taken = deliver(stopped, point.delivery, stopped_at(index, when))
        assert not taken, "it was not stopped"
        finish(stopped, point.delivery, taken=False, started=started)
        for again in _again(stopped, point.delivery):
            if self.worlds.is_new(again):
                self.forget()
                sys.stdout.write(f"stopped at call {index} of {point.delivery}, {when}\n")
                go_on(again)
                assert ending(again) == self.wanted


def _again(stopped: World, delivery: Delivery) -> Iterator[World]:
    """The bus delivers the same event again, or the next tick comes first."""
    if isinstance(delivery, Tick):
        same = stopped.copy()
        same.queue = (delivery, *same.queue)
        yield same
    yield stopped


@pytest.mark.parametrize("name", STORIES)
def test_a_rollout_ends_as_it_would_have_wherever_the_program_is_stopped(name, capsys):
    undisturbed = rollout(STORIES[name])
    stops = Stops(undisturbed.ending, forget=capsys.readouterr)

    for point in undisturbed.points:
        stops.at_every_call_of(point)

    with capsys.disabled():
        sys.stdout.write(f"\n{name}: {stops.tried} stops, {len(stops.worlds.met)} worlds after\n")
    assert stops.tried > 100
