"""Where each tick is asked for: somebody always has, while anybody waits, and for no earlier time
than there is something to do.
"""

from datetime import timedelta

import pytest

from shared.domain.errors import Unavailable
from shared.domain.fields import Object
from shared.domain.instants import written
from shared.reconcile.run import pass_over_all
from tests.reconcile.memory import Memory
from tests.reconcile.outside import Life, When
from tests.reconcile.rollout import rollout
from tests.reconcile.stories import STORIES, a_wish, beginning
from tests.reconcile.tasks import Tasks
from tests.reconcile.test_fan_out import Bus, passed, put
from tests.reconcile.watcher import Names
from tests.reconcile.world import BEAT_EVERY, START, Tick, World, deliver, finish, go_on, prepare

GOOD = STORIES["good"]
MINUTE = timedelta(minutes=1)


def progressing() -> World:
    """A run that has just got its first weight: the next look is an interval away."""
    world = beginning(GOOD, Tasks())
    while world.status.get("canaryWeight") != 25:
        delivery, started = prepare(world), world.now
        finish(world, delivery, taken=deliver(world, delivery, Life()), started=started)
    return world


def first_queued(world: World) -> timedelta:
    """How long it is until the first tick."""
    assert world.tasks is not None
    return min(world.tasks.queued) - world.now


def waiting_since(due: timedelta) -> Object:
    """The status of a run in which nothing is to do until then."""
    block: Object = {
        "decision": 1,
        "decidedAt": written(START - MINUTE),
        "settledAt": written(START - MINUTE),
        "nextTickTime": written(START + due),
    }
    return {"phase": "Progressing", "spillway": block}


def test_a_rollout_takes_a_tick_for_what_is_due_not_one_for_each_beat():
    by_tasks, by_beats = rollout(GOOD, Tasks()), rollout(GOOD)

    assert by_tasks.ending == by_beats.ending
    assert len(by_tasks.points) < len(by_beats.points)


def test_after_a_rollout_nothing_is_queued():
    world = beginning(GOOD, Tasks())

    go_on(world)

    assert world.tasks is not None
    assert world.tasks.named
    assert world.tasks.queued == ()


def test_a_wish_brings_the_next_tick_forward():
    world = progressing()
    assert first_queued(world) > 1.5 * BEAT_EVERY

    assert deliver(world, a_wish(world), Life())

    assert world.status["phase"] == "Failed"
    assert first_queued(world) <= 1.5 * BEAT_EVERY


def test_a_tick_is_for_the_first_that_waits():
    world = World(Memory(), Names(), tasks=Tasks())
    put(world, "shop", "cart", waiting_since(2 * MINUTE))
    put(world, "shop", "till", waiting_since(MINUTE))

    passed(world, Bus())

    assert world.tasks == Tasks((START + MINUTE,), frozenset({START + MINUTE}))


def test_one_that_shares_its_work_out_asks_for_the_next_for_those_it_named():
    world, bus = World(Memory(), Names(), tasks=Tasks()), Bus()
    for number in range(60):
        put(world, "shop", f"cart-{number:02}", waiting_since(-MINUTE))

    assert len(passed(world, bus)) == 50

    assert len(bus.taken) == 1
    assert first_queued(world) <= 1.5 * BEAT_EVERY


def test_one_that_cannot_ask_for_the_next_has_to_come_again():
    world = World(Memory(), Names(), tasks=Tasks())
    put(world, "shop", "cart", waiting_since(MINUTE))

    def fail(index: int, when: When) -> None:
        if life.calls[index].name == "enqueue":
            raise Unavailable("no answer")

    life = Life(fail)
    with pytest.raises(Unavailable, match="the next tick could not be asked for"):
        pass_over_all(world.scope(life), world.now, sweep=False)

    assert deliver(world, Tick(sweep=False), Life())
    assert first_queued(world) == MINUTE - (world.now - START)
