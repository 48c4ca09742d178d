"""More canaries are due than one pass does: ticks share them out, and each is passed over once."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from shared.adapters import paths
from shared.domain import events
from shared.domain.errors import Unavailable
from shared.domain.events import Event
from shared.domain.fields import Json, Object
from shared.domain.instants import written
from shared.reconcile.run import pass_over_all, pass_over_some
from tests.domain.canaries import canary
from tests.reconcile.memory import Memory
from tests.reconcile.outside import Life
from tests.reconcile.watcher import Names
from tests.reconcile.world import START, World

BUDGET = timedelta(seconds=20)
SPREAD = {"east": 60, "north": 3, "west": 57}


@dataclass(slots=True)
class Bus:
    """Takes so many events, then no more."""

    takes: int = 100
    taken: list[Event] = field(default_factory=list)

    def publish(self, event: Event) -> None:
        if len(self.taken) == self.takes:
            raise Unavailable("the sink did not take it")
        self.taken.append(event)


def put(world: World, namespace: str, name: str, status: Object | None = None) -> None:
    ref: Json = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    metadata: Json = {"name": name, "namespace": namespace}
    made = {**canary(targetRef=ref, provider="istio"), "metadata": metadata}
    path = paths.canaries(namespace)
    found = world.cluster.create(path, made)
    if status:
        world.cluster.replace(f"{path}/{name}/status", {**found, "status": status})


def a_world(spread=SPREAD) -> World:
    """Canaries that were just applied, their targets are still to come."""
    world = World(Memory(), Names())
    for namespace, count in spread.items():
        for number in range(count):
            put(world, namespace, f"cart-{number:02}")
    return world


def passed(world, bus, *, names=(), life=None):
    """Who was passed over in a tick, over all or these; what came of it is no failure."""
    scope = replace(world.scope(life or Life()), bus=bus, namespaces=())
    if names:
        outcomes = pass_over_some(scope, names, world.now)
    else:
        outcomes = pass_over_all(scope, world.now, sweep=False)
    assert not [outcome.failure for outcome in outcomes if outcome.failure]
    return [outcome.key for outcome in outcomes]


def ticks(bus):
    return [events.tick(event) for event in bus.taken]


def test_a_pass_does_fifty_itself():
    bus = Bus()

    assert len(passed(a_world({"shop": 50}), bus)) == 50
    assert not bus.taken


def test_of_more_than_fifty_the_others_are_named_in_ticks_by_namespace_and_each_once():
    world, bus = a_world(), Bus()

    done = passed(world, bus)

    named = [tick.names for tick in ticks(bus)]
    assert [len(done), *map(len, named)] == [50, 50, 20]
    assert [sorted({namespace for namespace, _ in names}) for names in (done, *named)] == [
        ["east"],
        ["east", "north", "west"],
        ["west"],
    ]
    assert len({*done, *(name for names in named for name in names)}) == 120


def test_what_is_most_overdue_a_pass_does_itself():
    world, bus = a_world({}), Bus()
    settled = written(START - 2 * BUDGET)
    block: dict[str, Json] = {"decision": 1, "decidedAt": settled, "settledAt": settled}
    for number in range(60):
        tick = written(START - timedelta(seconds=number % 12))
        waiting: Json = {**block, "nextTickTime": tick}
        put(world, "shop", f"cart-{number:02}", {"phase": "Progressing", "spillway": waiting})

    passed(world, bus)

    (left,) = ticks(bus)
    assert {int(name[-2:]) % 12 for _, name in left.names} == {0, 1}


def test_a_tick_that_comes_when_its_pass_would_be_over_is_none():
    world, bus = a_world(), Bus()

    passed(world, bus)

    assert {tick.expires for tick in ticks(bus)} == {START + BUDGET}


def test_one_list_names_its_ticks_alike_and_no_other_list_does():
    first, again, later = Bus(), Bus(), Bus()
    world = a_world()

    passed(world.copy(), first)
    passed(world.copy(), again)
    world.now += BUDGET
    passed(world, later)

    ids = [{event.id for event in bus.taken} for bus in (first, again, later)]
    assert ids[0] == ids[1]
    assert len(ids[0] | ids[2]) == 4


def test_the_ticks_together_pass_over_everybody():
    world, bus = a_world(), Bus()
    done = passed(world, bus)

    done += [key for tick in ticks(bus) for key in passed(world, Bus(), names=tick.names)]

    assert len(done) == len(set(done)) == 120
    assert passed(world, bus) == []  # there is nothing left to do, nor to send
    assert len(bus.taken) == 2


@pytest.mark.parametrize("takes", [0, 1])
def test_what_the_bus_does_not_take_the_pass_does_itself(takes):
    world, bus = a_world(), Bus(takes)

    done = passed(world, bus)

    sent = {name for tick in ticks(bus) for name in tick.names}
    assert len(done) == 120 - 50 * takes
    assert sent.isdisjoint(done)


def test_a_tick_reads_its_own_namespaces_one_by_one_where_it_names_few():
    world, bus = a_world(), Bus()
    passed(world, bus)
    life = Life()

    passed(world, Bus(), names=ticks(bus)[0].names, life=life)

    read = {call.name for call in life.calls if "canaries" in call.name and not call.is_write}
    assert read == {
        f"list {paths.canaries('east')}",
        f"list {paths.canaries('west')}",
        *(f"read {paths.canaries('north')}/cart-{number:02}" for number in range(3)),
    }


def test_a_label_selector_is_left_to_the_api_server():
    world = a_world({"shop": 1})
    scope = replace(world.scope(Life()), selector="team=x")

    assert pass_over_some(scope, [("shop", "cart-00")], world.now) == []


def test_a_named_canary_whose_tick_is_still_to_come_is_left_alone():
    world = a_world({})
    then = written(START - BUDGET)
    block: dict[str, Json] = {"decision": 1, "decidedAt": then, "settledAt": then}
    for name, tick in (("due", START), ("early", START + BUDGET)):
        waiting: Json = {**block, "nextTickTime": written(tick)}
        put(world, "shop", name, {"phase": "Progressing", "spillway": waiting})

    assert passed(world, Bus(), names=[("shop", "due"), ("shop", "early")]) == [("shop", "due")]
