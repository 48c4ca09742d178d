"""What a pass does with its time, where something takes too much of it."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.adapters import paths
from shared.domain.errors import Unavailable
from shared.domain.events import MOST
from shared.domain.fields import Json
from shared.domain.instants import written
from shared.domain.machine import Phase
from shared.domain.status import read_status
from shared.domain.subject import Request
from shared.reconcile.run import pass_over_all, pass_over_some, settle_with
from shared.reconcile.scope import Scope
from tests.domain.canaries import canary
from tests.reconcile.fleet import a_canary, a_fleet, at_rest, scope_of
from tests.reconcile.memory import Memory
from tests.reconcile.outside import Life, When
from tests.reconcile.rollout import rollout
from tests.reconcile.stories import STORIES, a_wish
from tests.reconcile.watcher import Names
from tests.reconcile.world import BEAT_EVERY, World


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    """Set when the test is over, whatever becomes of it."""
    event = threading.Event()
    yield event
    event.set()


def before_its_next_step() -> World:
    """A canary with a weight, that is to be judged in the pass that comes."""
    points = rollout(STORIES["good"]).points
    asks = [point for point in points if any(call.startswith("gather") for call in point.calls)]
    return next(point.world.copy() for point in asks if point.world.status["canaryWeight"] == 25)


def test_lookups_that_hang_keep_no_canary_waiting(hanging):
    world = before_its_next_step()

    def gather(questions, *, deadline, pool):
        for _ in range(8):
            pool.submit(hanging.wait, 20)
        return {}

    started = time.monotonic()
    (outcome,) = pass_over_all(replace(world.scope(Life()), gather=gather), world.now, sweep=False)

    assert outcome.status.inconclusive == 1
    assert time.monotonic() - started < 10


def test_as_many_metrics_servers_may_hang_as_a_pass_has_canaries(hanging):
    world = before_its_next_step()
    well = []

    def gather(questions, *, deadline, pool):
        for _ in range(MOST):
            pool.submit(hanging.wait, 20)
        well.append(pool.submit(time.monotonic).result(timeout=deadline))
        return {}

    pass_over_all(replace(world.scope(Life()), gather=gather), world.now, sweep=False)

    assert len(well) == 1


def waiting(world: World, name: str, seconds: int | None) -> None:
    """A canary without objects, whose next tick was so long ago."""
    ref: Json = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    made = canary(targetRef=ref, provider="istio")
    at: Json = {"name": name, "namespace": "shop"}
    world.cluster.create(paths.canaries("shop"), {**made, "metadata": at})
    if seconds is not None:
        then = written(world.now - timedelta(seconds=seconds))
        block: Json = {"decision": 1, "decidedAt": then, "settledAt": then, "nextTickTime": then}
        path = f"{paths.canaries('shop')}/{name}"
        found = world.cluster.read(path) or {}
        status: Json = {"phase": "Progressing", "spillway": block}
        world.cluster.replace(f"{path}/status", {**found, "status": status})


def test_the_most_overdue_come_first_and_before_them_those_without_a_time():
    world = World(Memory(), Names())
    for name, seconds in (("b", 10), ("c", 30), ("a", 20), ("d", None)):
        waiting(world, name, seconds)
    life = Life()

    pass_over_all(world.scope(life), world.now, sweep=False)

    read = [call.name.rpartition("/")[2] for call in life.calls if "deployments/" in call.name]
    assert [name for name in read if "primary" not in name] == ["d", "c", "a", "b"]


def slow_to_list() -> Life:
    """A life in which the list of Canaries takes long."""
    life = Life()

    def hook(index: int, when: When) -> None:
        if when is When.BEFORE and "canaries" in life.calls[index].name:
            time.sleep(0.3)

    life.hook = hook
    return life


def out_of_time(world: World) -> Scope:
    """Half the time is over before anything is looked at."""
    return replace(world.scope(slow_to_list()), budget=timedelta(seconds=0.5))


def test_what_a_tick_has_no_time_for_is_left_to_the_next():
    world = before_its_next_step()
    before = world.status

    (outcome,) = pass_over_all(out_of_time(world), world.now, sweep=False)

    assert isinstance(outcome.failure, Unavailable)
    assert world.status == before
    assert world.has_beat


def test_a_wish_that_there_is_no_time_for_is_delivered_again():
    world = before_its_next_step()

    key, request = (world.names.namespace, world.names.name), Request(wish=a_wish(world))

    outcomes = pass_over_some(out_of_time(world), [key], world.now, {key: request})

    with pytest.raises(Unavailable, match="the time of the pass was over"):
        settle_with(outcomes)


def test_what_was_looked_at_in_vain_is_not_decided_when_all_the_time_is_over():
    world = before_its_next_step()
    before = world.status

    def gather(questions, *, deadline, pool):
        time.sleep(0.5)
        return {}

    scope = replace(world.scope(Life()), gather=gather, budget=timedelta(seconds=0.5))
    (outcome,) = pass_over_all(scope, world.now, sweep=False)

    assert isinstance(outcome.failure, Unavailable)
    assert world.status == before


def before_its_drain_is_over() -> tuple[World, datetime]:
    """A canary whose drain ends a little after the beat that comes, and when."""
    for point in rollout(STORIES["good"]).points:
        status = read_status(point.world.status)
        end = status.weighed_at and status.weighed_at + timedelta(seconds=10)
        if status.phase is Phase.FINALISING and end and end - point.world.now < BEAT_EVERY:
            return point.world.copy(), end
    raise AssertionError("no drain ends between two beats")


@pytest.mark.parametrize(
    ("beat", "budget", "patience"),
    [
        pytest.param(1, 20, 0.5, id="half-a-beat"),
        pytest.param(5, 20, 2.5, id="by-default"),
        pytest.param(60, 20, 2.5, id="an-eighth-of-the-budget"),
    ],
)
def test_a_pass_has_patience_for_half_a_beat_and_an_eighth_of_its_budget(beat, budget, patience):
    scope = World(Memory(), Names()).scope(Life())
    some = replace(scope, beat=timedelta(seconds=beat), budget=timedelta(seconds=budget))

    assert some.patience == timedelta(seconds=patience)


def test_a_drain_that_is_nearly_over_is_waited_for_before_anything_is_looked_at():
    world, end = before_its_drain_is_over()
    life, looked_at = Life(), list[str]()

    def sleep(seconds: float) -> None:
        looked_at.extend(call.name for call in life.calls if "deployments" in call.name)
        world.sleep(seconds)

    assert world.now < end
    pass_over_all(replace(world.scope(life), sleep=sleep), world.now, sweep=False)

    assert world.status["phase"] == "Succeeded"
    assert end <= world.now < end + timedelta(seconds=1)
    assert not looked_at


def test_drains_are_waited_for_once_and_nobody_waits_with_them():
    world = a_fleet()
    for name, left in (("first", 0.5), ("second", 1.5)):
        since = world.now - timedelta(seconds=10 - left)
        draining = at_rest(name, weighed_at=since, drain=timedelta(seconds=10))
        draining = replace(draining, phase=Phase.FINALISING, next_tick=world.now)
        a_canary(world, name, status=draining)
    a_canary(world, "other", status=replace(at_rest("other"), settled_at=None, decided_at=None))
    life, before = Life(), list[list[str]]()

    def sleep(seconds: float) -> None:
        before.append([call.name for call in life.calls if "/deployments/" in call.name])
        world.sleep(seconds)

    pass_over_all(scope_of(world, life, sleep=sleep), world.now, sweep=False)

    (looked_at,) = before
    assert {name.rpartition("/")[2] for name in looked_at} == {"other", "other-primary"}
    after = {call.name for call in life.calls if "/deployments/" in call.name} - set(looked_at)
    assert {name.rpartition("/")[2] for name in after} >= {"first", "second"}


def test_a_wish_does_not_wait_for_a_drain():
    world, _ = before_its_drain_is_over()
    key, request = (world.names.namespace, world.names.name), Request(wish=a_wish(world))
    slept = list[float]()

    scope = replace(world.scope(Life()), sleep=slept.append)
    (outcome,) = pass_over_some(scope, [key], world.now, {key: request})

    assert outcome.status.phase is Phase.FAILED
    assert not slept
