"""Worlds from which a rollout goes on alike: what comes after a stop is played but once.

What comes after depends on nothing but the world, as no process is left over. Of that, two things
make no difference: when it is, as each time is compared with another of the same world; and the
numbers that the server gives, as they are only ever held against themselves.
"""

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.fields import at
from tests.reconcile.memory import Memory
from tests.reconcile.world import Ending, World, ending, rounds, said_of, said_to

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_VERSION = re.compile(r'"resourceVersion": "\d+"')
_UID = re.compile(r"uid-\d+")


@dataclass(slots=True)
class Endings:
    """How each world ends that was met."""

    known: dict[int, Ending] = field(default_factory=dict)

    def of(self, world: World) -> Ending:
        """Plays it on: to its end, or up to where an earlier one was."""
        passed: list[int] = []
        for _ in rounds(world):
            state = state_of(world)
            if state in self.known:
                found = self.known[state]
                break
            passed.append(state)
        else:
            found = ending(world)
        self.known.update(dict.fromkeys(passed, found))
        return found


def state_of(world: World) -> int:
    """The same for worlds that go on alike. What people and the bus have yet to send bears a time
    of its own: for as long as there is any, it counts what time it is.
    """
    is_to_come = world.queue or world.story or world.tasks
    lost = world.past.lost_at
    parts = (
        "".join(_kept(world)),
        _told(world),
        (world.queue, world.story, world.tasks, world.now if is_to_come else None),
        world.now - world.swept,
        (lost and world.now - lost, world.past.reached, world.past.decided),
    )
    return hash(parts)


def _kept(world: World) -> Iterator[str]:
    """The objects but for what they tell, with times by how long ago they are, and uids counted."""
    uids: dict[str, str] = {}

    def ago(time: re.Match[str]) -> str:
        return str(world.now - datetime.fromisoformat(time[0]))

    def counted(uid: re.Match[str]) -> str:
        return uids.setdefault(uid[0], f"uid {len(uids)}")

    assert isinstance(world.cluster, Memory)
    for path, text in sorted(world.cluster.objects.items()):
        if "/events/" not in path:
            yield path + _UID.sub(counted, _VERSION.sub("", _TIME.sub(ago, text)))


def _told(world: World) -> Hashable:
    """What was told; and as what, while anything is left that may be told again."""
    assert isinstance(world.cluster, Memory)
    if at(world.status, "spillway", "outbox"):
        events = (path for path in world.cluster.objects if "/events/" in path)
        return (frozenset(events), tuple(event.id for event in world.published))
    return (said_of(world), said_to(world))
