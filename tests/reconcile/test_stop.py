"""The program is stopped at every outside call of every pass of a rollout, before the call takes
effect and after it; the rollout goes on, keeps what must hold, and ends as it would have."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from tests.reconcile.outside import Life, When, stopped_at
from tests.reconcile.stories import STORIES, beginning
from tests.reconcile.world import (
    Delivery,
    Ending,
    Tick,
    World,
    deliver,
    ending,
    finish,
    go_on,
)


@dataclass(frozen=True, slots=True)
class Point:
    """A pass of a rollout, and the world just before it."""

    world: World
    delivery: Delivery
    calls: int


@dataclass(slots=True)
class Rollout:
    """A rollout that nothing disturbs, pass by pass, and how it ends."""

    world: World
    points: list[Point] = field(default_factory=list)

    def __post_init__(self) -> None:
        go_on(self.world, self._seen)

    def _seen(self, world: World, delivery: Delivery) -> None:
        life = Life()
        deliver(world.copy(), delivery, life)
        self.points.append(Point(world.copy(), delivery, len(life.calls)))


@dataclass(slots=True)
class Stops:
    """Stops a rollout at each of its calls. What comes after a stop depends on nothing but the
    world it left: worlds that are equal to the last byte go on once."""

    wanted: Ending
    forget: Callable[[], object]  # what was logged so far: a failure shows its own log
    tried: int = 0
    worlds: set[int] = field(default_factory=set)

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
            if self._is_new(again):
                self.forget()
                sys.stdout.write(f"stopped at call {index} of {point.delivery}, {when}\n")
                go_on(again)
                assert ending(again) == self.wanted

    def _is_new(self, world: World) -> bool:
        told = tuple(event.id for event in world.published)
        state = (frozenset(_memory(world)), world.queue, told, world.now, world.swept, world.past)
        known = len(self.worlds)
        self.worlds.add(hash(state))
        return len(self.worlds) > known


def _memory(world: World) -> Iterator[tuple[str, str]]:
    yield from world.cluster.objects.items()  # type: ignore[union-attr]  # only those in memory are stopped


def _again(stopped: World, delivery: Delivery) -> Iterator[World]:
    """The bus delivers the same event again, or the next tick comes first."""
    if isinstance(delivery, Tick):
        same = stopped.copy()
        same.queue = (delivery, *same.queue)
        yield same
    yield stopped


@pytest.mark.parametrize("name", STORIES)
def test_a_rollout_ends_as_it_would_have_wherever_the_program_is_stopped(name, capsys):
    rollout = Rollout(beginning(STORIES[name]))
    stops = Stops(ending(rollout.world), forget=capsys.readouterr)

    for point in rollout.points:
        stops.at_every_call_of(point)

    with capsys.disabled():
        sys.stdout.write(f"\n{name}: {stops.tried} stops, {len(stops.worlds)} worlds after\n")
    assert stops.tried > 100
