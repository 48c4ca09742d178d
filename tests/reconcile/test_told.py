"""What is told of a decision, and when, where the bus, the API server or the time fails."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from shared.domain.errors import Refused, Unavailable
from shared.domain.events import CANARY_ADVANCED, CANARY_STARTED, Event
from shared.domain.fields import Object, mapping, text
from shared.domain.instants import instant
from shared.domain.notes import Kind
from shared.domain.ownership import Owner
from shared.domain.status import Note
from shared.domain.tell import Teller
from shared.reconcile.scope import Watch
from shared.reconcile.tell import tell
from tests.domain.situations import NOW, a_status
from tests.reconcile.outside import Life, When
from tests.reconcile.rollout import rollout
from tests.reconcile.stories import STORIES, Story, beginning
from tests.reconcile.world import deliver

STARTED, STEPPED, HALTED = (
    Note(7, NOW, Kind.DETECTED, revision="s1:run"),
    Note(8, NOW, Kind.ADVANCED, ("20",), "s1:run"),
    Note(8, NOW, Kind.HALTED, ("Halt cart.shop",), "s1:run"),
)
TELLER = Teller(Owner("shop", "cart", "u1"), "cart", a_status(outbox=(STARTED, STEPPED, HALTED)))


@dataclass(slots=True)
class Bus:
    """Takes so many events, then no more."""

    takes: int
    asked: int = 0
    taken: list[Event] = field(default_factory=list)

    def publish(self, event: Event) -> None:
        self.asked += 1
        if len(self.taken) == self.takes:
            raise Unavailable("the sink did not take it")
        self.taken.append(event)


@dataclass(slots=True)
class People:
    """Read Kubernetes Events, but for those with some words."""

    refused: str = "none"
    read: list[str] = field(default_factory=list)

    def create(self, path: str, body: Object) -> Object:
        message = text(body, "message")
        if self.refused in message:
            raise Refused(f"{path}: {message}")
        self.read.append(message)
        return body


def a_scope(bus, people=None):
    scope = beginning(Story((), from_nothing=True)).scope(Life())
    return replace(scope, bus=bus, cluster=people or People())  # type: ignore[arg-type]  # has the one call


def told(bus, people=None, *, seconds=20):
    return tell(a_scope(bus, people), TELLER, Watch(timedelta(seconds=seconds)))


def test_all_is_told_in_its_order():
    bus, people = Bus(takes=2), People()

    assert told(bus, people) == (STARTED, STEPPED, HALTED)
    assert [event.type for event in bus.taken] == [CANARY_STARTED, CANARY_ADVANCED]
    assert [message.split()[0] for message in people.read] == ["New", "Advance", "Halt"]


def test_a_bus_that_takes_nothing_is_asked_once():
    bus = Bus(takes=0)

    assert told(bus) == ()
    assert bus.asked == 1


def test_what_comes_after_what_was_not_taken_waits_so_that_the_order_stays():
    assert told(Bus(takes=1)) == (STARTED,)


def test_what_is_refused_for_good_holds_up_nothing_else():
    bus = Bus(takes=2)

    assert told(bus, People(refused="Advance")) == (STARTED, HALTED)


def test_nothing_is_told_when_the_time_of_the_pass_is_over():
    bus = Bus(takes=2)

    assert told(bus, seconds=0) == ()
    assert bus.asked == 0


def test_a_decision_is_in_force_once_it_is_applied_whoever_is_still_to_be_told():
    """A drain is none the longer for a slow bus."""
    points = rollout(STORIES["good"]).points
    route = f"replace {points[0].world.names.route}"
    point = [point for point in points if route in point.calls][-1]
    world, times = point.world.copy(), []
    life = Life(lambda _, when: times.append(world.now) if when is When.AFTER else None)

    deliver(world, point.delivery, life)

    weights = mapping(world.status, "spillway", "weights")
    applied = times[point.calls.index(route)]
    assert instant(weights, "settledAt") == applied < times[-1]
