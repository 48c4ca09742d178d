"""At every outside call of every pass of a rollout the program is stopped, or the call fails:
before it takes effect, and after it. The rollout goes on, keeps what must hold, and ends the same.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from shared.domain.events import RollbackWish
from tests.reconcile.alike import Endings
from tests.reconcile.outside import Life, When, failing_at, stopped_at
from tests.reconcile.rollout import Point, rollout
from tests.reconcile.stories import STORIES
from tests.reconcile.tasks import Tasks
from tests.reconcile.world import Delivery, Ending, Tick, World, deliver, finish

ON_TASKS = ["good", "bad", "reverted", "wish in Progressing"]


@dataclass(slots=True)
class Troubles:
    """Plays a rollout on from each of its calls, as that comes to be with one trouble in it."""

    wanted: Ending
    trouble: Callable[[int, When], Life]
    forget: Callable[[], object]  # what was logged so far: a failure shows its own log
    tried: int = 0
    endings: Endings = field(default_factory=Endings)

    def at_every_call_of(self, point: Point) -> None:
        for index, name in enumerate(point.calls):
            if name.startswith("gather") and self.trouble is failing_at:
                continue  # a metrics server that fails is an answer like any other
            for when in When:
                self.tried += 1
                self._at(point, index, when)

    def _at(self, point: Point, index: int, when: When) -> None:
        world = point.world.copy()
        started, life = world.now, self.trouble(index, when)
        taken = deliver(world, point.delivery, life)
        assert taken is False or not life.is_over
        finish(world, point.delivery, taken=taken, started=started)
        for again in (world,) if taken else _again(world, point.delivery):
            self.forget()
            sys.stdout.write(f"{point.delivery}, {point.calls[index]} {when}\n")
            self._expect(self.endings.of(again), point, index)

    def _expect(self, found: Ending, point: Point, index: int) -> None:
        """A wish is honoured blind, too: where a read fails, by other steps to the same end."""
        blind = self.trouble is failing_at and isinstance(point.delivery, RollbackWish)
        if blind and point.calls[index].startswith(("read", "list")):
            assert found.state == self.wanted.state
        else:
            assert found == self.wanted


def _again(world: World, delivery: Delivery) -> Iterator[World]:
    """The bus delivers the same event again, or the next tick comes first."""
    if isinstance(delivery, Tick):
        same = world.copy()
        same.queue = (delivery, *same.queue)
        yield same
    yield world


@pytest.mark.parametrize("name", STORIES)
def test_a_rollout_ends_as_it_would_have_wherever_the_program_is_stopped(name, capsys):
    assert _tried(name, stopped_at, capsys) > 100


@pytest.mark.parametrize("name", STORIES)
def test_a_rollout_ends_as_it_would_have_whichever_call_fails(name, capsys):
    assert _tried(name, failing_at, capsys) > 100


@pytest.mark.parametrize("name", ON_TASKS)
@pytest.mark.parametrize("trouble", [stopped_at, failing_at])
def test_a_rollout_whose_ticks_are_tasks_ends_as_it_would_have(name, trouble, capsys):
    assert rollout(STORIES[name], Tasks()).ending == rollout(STORIES[name]).ending
    assert _tried(name, trouble, capsys, Tasks()) > 100


def _tried(
    name: str,
    trouble: Callable[[int, When], Life],
    capsys: pytest.CaptureFixture[str],
    tasks: Tasks | None = None,
) -> int:
    undisturbed = rollout(STORIES[name], tasks)
    troubles = Troubles(undisturbed.ending, trouble, forget=capsys.readouterr)
    for point in undisturbed.points:
        troubles.at_every_call_of(point)
    with capsys.disabled():
        worlds = len(troubles.endings.known)
        sys.stdout.write(f"\n{name}: {trouble.__name__} {troubles.tried} calls, {worlds} worlds\n")
    return troubles.tried
