"""Cloud Tasks in the world of one canary: each tick is asked for, and its moment names it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from shared.domain.observe import Moment
from shared.domain.schedule import next_beat
from tests.reconcile.outside import Life

if TYPE_CHECKING:
    from tests.reconcile.world import World


@dataclass(frozen=True, slots=True)
class Tasks:
    """The ticks to come, and the moments that there ever was one for: none is given out twice."""

    queued: tuple[datetime, ...] = ()
    named: frozenset[datetime] = frozenset()

    def is_due(self, now: datetime) -> bool:
        return any(moment <= now for moment in self.queued)

    def delivered(self) -> "Tasks":
        """The first was taken, and is gone."""
        return replace(self, queued=tuple(sorted(self.queued)[1:]))

    def with_one_at(self, moment: datetime) -> "Tasks":
        if moment in self.named:
            return self
        return Tasks((*self.queued, moment), self.named | {moment})


@dataclass(frozen=True, slots=True)
class TaskClock:
    """The clock, as one life of the process has it."""

    world: "World"
    life: Life
    beat: timedelta
    goes_on: ClassVar = False

    def version(self) -> str:
        return ""

    def want(self, now: datetime, due: datetime) -> None:
        moment = next_beat(due, Moment(now, self.beat))
        self.world.age()
        self.life.call("enqueue", lambda: self._queue(moment))

    def stop(self, version: str) -> None:
        raise AssertionError("there is nothing to stop")

    def _queue(self, moment: datetime) -> None:
        assert self.world.tasks is not None
        self.world.tasks = self.world.tasks.with_one_at(moment)
