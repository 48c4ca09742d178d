"""Two passes over one canary at once, each in a thread, of which only one moves at a time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event, Thread

from tests.reconcile.outside import Life, When
from tests.reconcile.rollout import Point
from tests.reconcile.stories import a_promotion, a_wish
from tests.reconcile.world import Delivery, Ending, Tick, World, deliver, ending, finish, go_on

_PATIENCE = 20  # seconds; nothing here takes one
NEVER = 10_000


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


def race(
    world: World, first: Delivery, other: Delivery, *, at: int, back_at: int
) -> tuple[int, int]:
    """The first up to a call, the other up to one of its own, the first to its end, the other to
    its end. Returns how many calls each made.
    """
    started = world.now
    one, two = Pass(world, first, at), Pass(world, other, back_at)
    one.start()
    two.start()
    one.go()
    two.go()
    for each in (one, two):
        finish(world, each.delivery, taken=each.taken, started=started)
        again = not each.taken and not isinstance(each.delivery, Tick)
        if again and each.delivery not in world.queue:
            world.queue += (each.delivery,)
    return len(one.life.calls), len(two.life.calls)


@dataclass(frozen=True, slots=True)
class Race:
    """Who stands still and before which call, and the other, and before which of its own."""

    first: Delivery
    other: Delivery
    at: int
    back_at: int

    def run(self, world: World) -> tuple[int, int]:
        """Leaves the world as the race does, which takes no time; how many calls each made."""
        world.pace = timedelta()
        return race(world, self.first, self.other, at=self.at, back_at=self.back_at)


def every_race(point: Point, rival: Delivery, run: Callable[[Race], tuple[int, int]]) -> None:
    """Of a pass and a rival: at every pair of their calls, with either as the one that stands
    still. How many calls there are, each race says.
    """
    for at in range(len(point.calls)):
        back_at = calls = 1
        while back_at <= calls:
            _, calls = run(Race(point.delivery, rival, at, back_at))
            back_at += 1
    at = calls = 0
    while at <= calls:
        calls, _ = run(Race(rival, point.delivery, at, NEVER))
        at += 1


def one_after_the_other(world: World, first: Delivery, other: Delivery) -> Ending:
    """How it ends where the two do not meet."""
    race(world, first, other, at=NEVER, back_at=NEVER)
    go_on(world)
    return ending(world)


Rival = Callable[[World], Delivery]
RIVALS: dict[str, Rival] = {
    "a tick": lambda world: Tick(sweep=False),
    "a wish": a_wish,
    "a promotion": lambda world: a_promotion(world, "cart:4"),
}
