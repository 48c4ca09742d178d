"""Two passes over one canary at once: stopped against each other at every pair of their calls."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event, Thread

import pytest

from tests.reconcile.outside import Life, When
from tests.reconcile.rollout import Point, Worlds, rollout
from tests.reconcile.stories import STORIES, a_promotion, a_wish
from tests.reconcile.world import Delivery, Ending, Tick, World, deliver, ending, finish, go_on

_PATIENCE = 20  # seconds; nothing here takes one
_NEVER = 10_000


@dataclass(slots=True)
class Pass:
    """A pass in a thread of its own, that stands still before one of its calls until it may go."""

    world: World
    delivery: Delivery
    pause: int
    life: Life = field(init=False)
    taken: bool = False
    error: BaseException | None = None
    _still: Event = field(default_factory=Event)
    _may_go: Event = field(default_factory=Event)
    _thread: Thread = field(init=False)

    def __post_init__(self) -> None:
        self.life = Life(self._hook)
        self._thread = Thread(target=self._run)

    def start(self) -> None:
        """Returns when it stands still, or is over."""
        self._thread.start()
        assert self._still.wait(_PATIENCE)

    def go(self) -> None:
        """Returns when it is over."""
        self._may_go.set()
        self._thread.join(_PATIENCE)
        if self.error:
            raise self.error

    def _hook(self, index: int, when: When) -> None:
        if (index, when) == (self.pause, When.BEFORE):
            self._still.set()
            assert self._may_go.wait(_PATIENCE)

    def _run(self) -> None:
        try:
            self.taken = deliver(self.world, self.delivery, self.life)
        except BaseException as error:  # noqa: BLE001  # it is raised again, in `go`
            self.error = error
        finally:
            self._still.set()


def race(world: World, first: Delivery, other: Delivery, *, at: int, back_at: int) -> int:
    """The first up to a call, the other up to one of its own, the first to its end, the other to
    its end. Returns how many calls the other made.
    """
    started = world.now
    one, two = Pass(world, first, at), Pass(world, other, back_at)
    one.start()
    two.start()
    one.go()
    two.go()
    for each in (one, two):
        finish(world, each.delivery, taken=each.taken, started=started)
        if not each.taken and not isinstance(each.delivery, Tick) and each is two:
            world.queue += (each.delivery,)
    return len(two.life.calls)


def one_after_the_other(world: World, first: Delivery, other: Delivery) -> Ending:
    """How it ends where the two do not meet."""
    race(world, first, other, at=_NEVER, back_at=_NEVER)
    go_on(world)
    return ending(world)


Rival = Callable[[World], Delivery]
RIVALS: dict[str, Rival] = {
    "a tick": lambda world: Tick(sweep=False),
    "a wish": a_wish,
    "a promotion": lambda world: a_promotion(world, "cart:4"),
}


@dataclass(slots=True)
class Races:
    """Races two passes in every way, and lets each world that comes of it go on once."""

    forget: Callable[[], object]
    tried: int = 0
    worlds: Worlds = field(default_factory=Worlds)

    def all_of(self, point: Point, first: Delivery, other: Delivery) -> None:
        orders = ((first, other), (other, first))
        allowed = {one_after_the_other(point.world.copy(), *order) for order in orders}
        for at in range(point.calls):
            back_at = calls = 1
            while back_at <= calls:
                calls = self._race(point, (first, other), (at, back_at), allowed)
                back_at += 1

    def _race(
        self,
        point: Point,
        passes: tuple[Delivery, Delivery],
        pauses: tuple[int, int],
        allowed: set[Ending],
    ) -> int:
        self.tried += 1
        self.forget()
        sys.stdout.write(f"{passes[0]} pauses at {pauses[0]}, {passes[1]} at {pauses[1]}\n")
        world = point.world.copy()
        calls = race(world, *passes, at=pauses[0], back_at=pauses[1])
        if self.worlds.is_new(world):
            go_on(world)
            assert ending(world) in allowed
        return calls


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
