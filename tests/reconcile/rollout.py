"""A rollout that nothing disturbs, pass by pass: what the stopped and raced ones begin from."""

from dataclasses import dataclass

from shared.domain.events import Event
from tests.reconcile.outside import Life
from tests.reconcile.stories import Story, beginning
from tests.reconcile.tasks import Tasks
from tests.reconcile.world import Delivery, Ending, World, deliver, ending, rounds


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
    world = beginning(story, tasks)
    for delivery in rounds(world):
        life = Life()
        deliver(world.copy(), delivery, life)
        writes = sum(call.is_write for call in life.calls)
        calls = tuple(call.name for call in life.calls)
        points.append(Point(world.copy(), delivery, calls, writes))
    return Rollout(tuple(points), tuple(world.published), ending(world))
