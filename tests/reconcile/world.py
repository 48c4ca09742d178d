"""One canary and all that is around it: the API server, the bus, the clock, the people.

A world goes on in rounds of one beat. In each the controllers bring pods up, the story goes on by
one turn where its moment has come, and the bus delivers one event, to one life of the process.
Beats come only while there is a beat; what was not taken is delivered again.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from shared.adapters import paths
from shared.adapters.clock import BEAT, Clock, PingSourceClock
from shared.adapters.cluster import Cluster
from shared.domain.errors import Conflict, Unavailable
from shared.domain.events import Event, RollbackWish
from shared.domain.fields import Json, Object, at, mapping, objects, text, whole
from shared.domain.promotion import Promotion
from shared.domain.subject import Request
from shared.reconcile.promote import promote
from shared.reconcile.run import pass_over_all, pass_over_some, report, settle_with
from shared.reconcile.scope import Scope
from tests.reconcile import watcher
from tests.reconcile.memory import Memory
from tests.reconcile.outside import Life, Outside, Stopped
from tests.reconcile.tasks import TaskClock, Tasks
from tests.reconcile.watcher import Names, Past

BEAT_EVERY = timedelta(seconds=5)
SWEEP_EVERY = timedelta(seconds=300)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Tick:
    """Look at what is due; a sweep looks at more."""

    sweep: bool


Delivery = Tick | RollbackWish | Promotion


@dataclass(frozen=True, slots=True)
class Turn:
    """What people do once the canary is settled in a phase, at a weight."""

    phase: str
    weight: int
    act: Callable[["World"], None]


@dataclass(slots=True)
class World:
    """All there is outside the process. Nothing of a process outlives its last call."""

    cluster: Memory | Cluster
    names: Names
    story: tuple[Turn, ...] = ()
    now: datetime = START
    swept: datetime = START - SWEEP_EVERY
    queue: tuple[Delivery, ...] = ()
    published: list[Event] = field(default_factory=list)
    past: Past = field(default_factory=Past)
    tasks: Tasks | None = None  # where ticks are asked for one by one; else there is a PingSource
    pace: timedelta = timedelta(milliseconds=10)  # how long an outside call takes

    def copy(self) -> "World":
        """Another world at the same point; only of one in memory."""
        assert isinstance(self.cluster, Memory)
        return replace(self, cluster=self.cluster.copy(), published=[*self.published])

    def age(self) -> None:
        self.now += self.pace

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def scope(self, life: Life) -> Scope:
        outside = Outside(self, life)
        return Scope(
            cluster=outside,  # type: ignore[arg-type]  # has all its calls
            bus=outside,
            clock=self._clock(outside),
            gather=outside.gather,
            now=lambda: self.now,
            namespaces=(self.names.namespace,),
            selector="",
            metrics_server="http://prometheus",
            beat=BEAT_EVERY,
            budget=timedelta(seconds=20),
            pool=1,
            sleep=self.sleep,
        )

    def _clock(self, outside: Outside) -> Clock:
        if self.tasks is not None:
            return TaskClock(self, outside.life, BEAT_EVERY)
        namespace = self.names.namespace
        return PingSourceClock(outside, namespace, "broker/default", BEAT_EVERY)  # type: ignore[arg-type]  # has all its calls

    @property
    def status(self) -> Object:
        return mapping(self.cluster.read(self.names.canary), "status")

    @property
    def has_beat(self) -> bool:
        if self.tasks is not None:
            return bool(self.tasks.queued)
        path = f"{paths.ping_sources(self.names.namespace)}/{BEAT}"
        return self.cluster.read(path) is not None

    @property
    def is_waiting(self) -> bool:
        """Whether the canary has a next tick, or a decision that is not in force yet, and is not
        left to the sweep.
        """
        block = mapping(self.status, "spillway")
        unsettled = "decidedAt" in block and "settledAt" not in block
        return not block.get("stranded") and ("nextTickTime" in block or unsettled)

    @property
    def is_quiet(self) -> bool:
        """Nothing is to come but sweeps."""
        return not self.story and not self.queue and not self.has_beat


def deliver(world: World, delivery: Delivery, life: Life) -> bool:
    """Hands one event to one life of the process; False where it has to come again."""
    scope, now = world.scope(life), world.now
    try:
        match delivery:
            case Tick(sweep=sweep):
                report(pass_over_all(scope, now, sweep=sweep))
            case RollbackWish():
                key = (delivery.namespace, delivery.canary)
                outcomes = pass_over_some(scope, [key], now, {key: Request(wish=delivery)})
                settle_with(outcomes)
            case Promotion():
                promote(scope, delivery, now)
    except (Conflict, Unavailable, Stopped):
        return False
    return True


def next_delivery(world: World) -> Delivery | None:
    """What comes next; None between releases, when only the next sweep is to come."""
    if world.now - world.swept >= SWEEP_EVERY:
        return Tick(sweep=True)
    if world.queue:
        return world.queue[0]
    if world.tasks is not None and not world.tasks.is_due(world.now):
        return None
    return Tick(sweep=False) if world.has_beat else None


def prepare(world: World) -> Delivery:
    """What happens in a round before its event; and that event."""
    bring_up(world)
    tell_story(world)
    delivery = next_delivery(world)
    if delivery is None:
        sweep = world.swept + SWEEP_EVERY
        task = min(world.tasks.queued, default=sweep) if world.tasks else sweep
        world.now = min(sweep, task)
        bring_up(world)
        delivery = Tick(sweep=world.now == sweep)
    return delivery


def tell_story(world: World) -> None:
    """The next turn, where its moment has come."""
    if world.story and _has_come(world, world.story[0]):
        world.story[0].act(world)
        world.story = world.story[1:]


def finish(world: World, delivery: Delivery, *, taken: bool, started: datetime) -> None:
    """What is left of a round after its event. Who waits when a pass is over, has a beat."""
    if taken and world.tasks is not None and delivery == Tick(sweep=False):
        world.tasks = world.tasks.delivered()
    assert not taken or not world.is_waiting or world.has_beat, "it waits, and nothing beats"
    if taken and world.queue and delivery is world.queue[0]:
        world.queue = world.queue[1:]
    if delivery == Tick(sweep=True):
        world.swept = started
    world.now = started + BEAT_EVERY


def rounds(world: World, live: Callable[[], Life] = Life) -> Iterator[Delivery]:
    """Round after round, each at the point where its event is about to be delivered; until nothing
    is to come but sweeps and a sweep finds nothing to do.
    """
    for _ in range(_ROUNDS):
        delivery = prepare(world)
        yield delivery
        started, life, was_quiet = world.now, live(), world.is_quiet
        taken = deliver(world, delivery, life)
        finish(world, delivery, taken=taken, started=started)
        if was_quiet and taken and not any(call.is_write for call in life.calls):
            return
    raise AssertionError(f"it never ends: {json.dumps(world.status, indent=1)}")


def go_on(world: World, live: Callable[[], Life] = Life) -> None:
    """To the end."""
    for _ in rounds(world, live):
        pass


def _has_come(world: World, turn: Turn) -> bool:
    status = world.status
    if at(status, "spillway", "settledAt") is None:
        return False
    return (text(status, "phase"), whole(status, "canaryWeight")) == (turn.phase, turn.weight)


def bring_up(world: World) -> None:
    """A stand-in for the Deployment controller: what was asked for in the last round is there."""
    for path in (world.names.target, world.names.primary):
        found = world.cluster.read(path)
        if found is None:
            continue
        count = whole(found, "spec", "replicas")
        ready = 0 if "never" in watcher.image_of(found) else count
        status: dict[str, Json] = {
            "observedGeneration": whole(found, "metadata", "generation"),
            "replicas": count,
            "updatedReplicas": count,
            "readyReplicas": ready,
            "availableReplicas": ready,
        }
        status = {key: value for key, value in status.items() if value}
        if mapping(found, "status") != status:
            world.cluster.replace(f"{path}/status", {**found, "status": status})


@dataclass(frozen=True, slots=True)
class Ending:
    """How a rollout ended, in everything but times, versions and numbers of decisions."""

    state: str
    told: tuple[str, ...]
    published: tuple[str, ...]


def ending(world: World) -> Ending:
    """Checks too what every ending has: at rest, settled, all told, each once."""
    status, cluster = world.status, world.cluster
    block = mapping(status, "spillway")
    assert block.get("settledAt"), f"not settled: {block.get('unsettledReason')}"
    assert not block.get("nextTickTime"), "not at rest"
    assert not block.get("outbox"), f"not told: {block['outbox']}"
    target, primary = (cluster.read(path) for path in (world.names.target, world.names.primary))
    state: dict[str, Json] = {
        "phase": status.get("phase"),
        "weight": status.get("canaryWeight"),
        "failed": status.get("failedChecks"),
        "applied": status.get("lastAppliedSpec"),
        "promoted": status.get("lastPromotedSpec"),
        "promotion": [at(block, "lastPromotion", "id"), at(block, "lastPromotion", "done")],
        "conditions": [
            [c["type"], c["status"], c["reason"]] for c in objects(status, "conditions")
        ],
        "shares": [list(share) for share in watcher.shares_of(cluster.read(world.names.route))],
        "images": [watcher.image_of(target), watcher.image_of(primary)],
        "replicas": [whole(target, "spec", "replicas"), whole(primary, "spec", "replicas")],
        "snapshots": sorted(_names(world, paths.snapshots(world.names.namespace))),
    }
    return Ending(json.dumps(state), said_of(world), said_to(world))


def _names(world: World, path: str) -> list[str]:
    return [text(item, "metadata", "name") for page in world.cluster.pages(path) for item in page]


def said_of(world: World) -> tuple[str, ...]:
    """In Kubernetes Events of the canary, but for what a stop or an outage may add: a wait that
    outlasts an interval, a check without a verdict.
    """
    pages = world.cluster.pages(paths.events(world.names.namespace))
    said = [
        f"{item['type']} {item['message']}"
        for page in pages
        for item in page
        if at(item, "involvedObject", "kind") == "Canary"
    ]
    extra = (" not ready: ", " no verdict: ")
    return tuple(sorted(one for one in said if not any(words in one for words in extra)))


def said_to(world: World) -> tuple[str, ...]:
    """The bus, in CloudEvents; AssertionError where two have one id."""
    by_id: dict[str, Event] = {}
    for event in world.published:
        first = by_id.setdefault(event.id, event)
        assert first == event, f"two events of one id: {first} {event}"
    said = [
        json.dumps([event.type, event.subject, event.data["subject"], event.data["customData"]])
        for event in by_id.values()
    ]
    return tuple(sorted(said))
