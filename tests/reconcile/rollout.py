"""A rollout that nothing disturbs, pass by pass: what the stopped and raced ones begin from."""

from dataclasses import dataclass, field

from shared.domain.events import Event
from tests.reconcile.memory import Memory
from tests.reconcile.outside import Life
from tests.reconcile.stories import Story, beginning
from tests.reconcile.tasks import Tasks
from tests.reconcile.world import Delivery, Ending, World, deliver, ending, go_on


@dataclass(frozen=True, slots=True)
class Point:
    """A pass of a rollout: the world just before it, the event, and the calls it makes."""

    world: World
    delivery: Delivery
    calls: tuple[str, ...]
    writes: int


@dataclass(frozen=True, slots=True)
class Rollout:
    """All passes of a rollout, what they told the bus, and how it ends."""

    points: tuple[Point, ...]
    events: tuple[Event, ...]
    ending: Ending


def rollout(story: Story, tasks: Tasks | None = None) -> Rollout:
    """Plays a story, with a PingSource or with tasks for a beat."""
    points: list[Point] = []

    def seen(world: World, delivery: Delivery) -> None:
        life = Life()
        deliver(world.copy(), delivery, life)
        writes = sum(call.is_write for call in life.calls)
        calls = tuple(call.name for call in life.calls)
        points.append(Point(world.copy(), delivery, calls, writes))

    world = beginning(story, tasks)
    go_on(world, seen)
    return Rollout(tuple(points), tuple(world.published), ending(world))


@dataclass(slots=True)
class Worlds:
    """Those that were met. What comes after depends on nothing but the world, as no process is
    left over: worlds that are equal to the last byte need to go on only once.
    """

    met: set[int] = field(default_factory=set)

    def is_new(self, world: World) -> bool:
        assert isinstance(world.cluster, Memory)
        told = tuple(event.id for event in world.published)
        kept = frozenset(world.cluster.objects.items())
        times = (world.now, world.swept, world.tasks)
        state = hash((kept, world.queue, world.story, told, times, world.past))
        known = state in self.met
        self.met.add(state)
        return not known
