"""Pub/Sub, real: what is published arrives, and a promotion moves its canary all the way."""

import itertools
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.local.promote import send
from shared.adapters import bus, codec
from shared.adapters.cluster import Cluster
from shared.domain.errors import Unavailable
from shared.domain.events import (
    Event,
    Origin,
    RollbackWish,
    Tick,
    analysis_tick,
    rollback_requested,
)
from shared.domain.fields import Json, text
from tests.adapters.test_bus import OnPubSub
from tests.cluster import pubsub
from tests.cluster.pubsub import TOPIC, PubSub
from tests.conftest import an_apiserver
from tests.functions.gate import Gate, a_gate
from tests.functions.place import a_free_port, running
from tests.reconcile import watcher
from tests.reconcile.kubeconfig import a_kubeconfig
from tests.reconcile.stories import Story, begun
from tests.reconcile.watcher import Names
from tests.reconcile.world import World, bring_up

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]
PASSES = ("start_canary", "analysis_tick", "rollback")
ALL_ON_THE_PRIMARY = {"cart-primary": 100, "cart-canary": 0}
HOST = "PUBSUB_EMULATOR_HOST"
DAY = timedelta(1)
KEY = b"a key that is long enough for a test"


@pytest.fixture(scope="module", params=pubsub.kinds())
def topic(request, tmp_path_factory) -> Iterator[PubSub]:
    """The topic of a server that runs, where the clients of this process find it."""
    with (
        pubsub.running(request.param, tmp_path_factory.mktemp("pubsub")) as host,
        pytest.MonkeyPatch.context() as environ,
    ):
        environ.setenv(HOST, host)
        with pubsub.a_topic(request.param) as found:
            yield found


@dataclass(frozen=True, slots=True)
class Place:
    """The four functions at work around the topic, on one API server."""

    cluster: Cluster
    gate: Gate
    webhook: str
    logs: Path
    numbers: Iterator[int] = field(default_factory=itertools.count)


@pytest.fixture(scope="module")
def place(topic: PubSub, tmp_path_factory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("functions")
    (folder / "secrets").mkdir()
    (folder / "secrets" / "pipeline").write_bytes(KEY)
    with an_apiserver() as server, a_gate(server.url) as gate, ExitStack() as functions:
        environ = {
            "SPILLWAY_BUS": "pubsub",
            "SPILLWAY_TOPIC": TOPIC,
            HOST: os.environ[HOST],
            "SPILLWAY_CLOCK": "none",
            "SPILLWAY_BEAT": "1s",
            "SPILLWAY_SECRETS": str(folder / "secrets"),
            "KUBECONFIG": a_kubeconfig(folder / "through", gate.url),
        }
        urls = {}
        for function in (*PASSES, "promotion_webhook"):
            port = a_free_port()
            functions.enter_context(running(function, folder / function, environ, port))
            urls[function] = f"http://127.0.0.1:{port}/"
        for function in PASSES:
            topic.push(function.replace("_", "-"), urls[function])
        cluster = Cluster(a_kubeconfig(folder / "direct", server.url))
        yield Place(cluster, gate, urls["promotion_webhook"], folder)
        topic.stop()


@dataclass(frozen=True, slots=True)
class Cloud:
    """A canary at rest, in a namespace of its own, and what is around it."""

    place: Place
    world: World

    @property
    def event(self) -> str:
        """The id of what a test publishes."""
        return f"of-{self.world.names.namespace}"

    def publish(self, make: Callable[[Origin], Event]) -> None:
        origin = Origin(self.event, "/spillway/test", datetime.now(UTC))
        bus.open_bus(OnPubSub()).publish(make(origin))

    def promote(self, image: str) -> int:
        now = datetime.now(UTC)
        names = self.world.names
        said = {
            "id": f"run-{names.namespace}",
            "time": now.isoformat(),
            "app": names.name,
            "version": "2",
            "environment": "production",
            "namespace": names.namespace,
            "image": image,
        }
        return send(self.place.webhook, KEY, said, now)[0]

    def until(self, holds: Callable[["Cloud"], bool]) -> None:
        end = time.monotonic() + 60
        while not holds(self):
            assert time.monotonic() < end, self.world.status
            bring_up(self.world)
            time.sleep(0.1)

    @property
    def phase(self) -> str:
        return text(self.world.status, "phase")

    @property
    def shares(self) -> dict[str, int]:
        """The weights that the traffic has."""
        return dict(watcher.shares_of(self.world.cluster.read(self.world.names.route)))

    def answers(self, function: str, **fields: Json) -> list[int]:
        """The status of every reply so far to what has these fields."""
        lines = map(json.loads, (self.place.logs / function).read_text().splitlines())
        return [line["status"] for line in lines if fields.items() <= line.items()]


@pytest.fixture
def cloud(place: Place) -> Cloud:
    """An hour ago it was initialised."""
    names = Names(f"shop{next(place.numbers)}")
    place.cluster.create("/api/v1/namespaces", {"metadata": {"name": names.namespace}})
    began = datetime.now(UTC) - timedelta(hours=1)
    return Cloud(place, begun(Story(()), World(place.cluster, names, now=began, swept=began - DAY)))


def a_tick(origin: Origin) -> Event:
    return analysis_tick(origin, Tick())


def test_an_event_that_is_published_can_be_pulled_whole(topic):
    subscription = topic.subscribe("pulled")
    wish = RollbackWish("jx", "croc", "s1:0", "Größe", "alice", None)
    event = rollback_requested(Origin("e1", "/spillway/test", datetime.now(UTC)), wish)

    bus.open_bus(OnPubSub()).publish(event)

    assert event in pulled(topic, subscription)


def pulled(topic: PubSub, subscription: str) -> list[Event]:
    """What a subscription has, once it has anything."""
    found = topic.subscriber.pull(subscription=subscription, max_messages=9, timeout=20)
    messages = [each.message for each in found.received_messages]
    return [codec.decode(dict(message.attributes), message.data) for message in messages]


def test_a_topic_that_is_not_there_is_unavailable(topic):
    gone = bus.open_bus(OnPubSub(topic="projects/demo/topics/gone"))

    with pytest.raises(Unavailable, match=r"e1: topic projects/demo/topics/gone"):
        gone.publish(a_tick(Origin("e1", "/spillway/test", datetime.now(UTC))))


def test_a_promotion_a_tick_and_a_wish_move_the_canary(cloud):
    names = cloud.world.names
    wish = RollbackWish(names.namespace, names.name, None, "it smells", "alice", None)

    assert cloud.promote("cart:2") == 202
    cloud.until(lambda it: it.phase == "Progressing")
    assert watcher.image_of(cloud.world.cluster.read(names.target)) == "cart:2"

    bring_up(cloud.world)
    time.sleep(2)  # more than a beat: it is due
    cloud.publish(a_tick)
    cloud.until(lambda it: it.shares["cart-canary"] == 25)

    cloud.publish(lambda origin: rollback_requested(origin, wish))
    cloud.until(lambda it: it.phase == "Failed" and it.shares == ALL_ON_THE_PRIMARY)

    cloud.until(lambda it: it.answers("rollback", event=it.event)[-1:] == [204])


def test_what_cannot_be_done_yet_is_delivered_again_until_it_can(cloud):
    with cloud.place.gate.closed_to("PUT", "/canaries/cart/status", 503):
        assert cloud.promote("cart:2") == 202
        cloud.until(lambda it: len(it.answers("start_canary", status=503)) >= 2)
        assert cloud.phase == "Initialized"

    cloud.until(lambda it: it.phase == "Progressing")


def test_what_is_malformed_for_good_is_not_delivered_again(cloud):
    cloud.publish(lambda origin: replace(a_tick(origin), data={"canaries": "all"}))
    cloud.until(lambda it: bool(it.answers("analysis_tick", event=it.event)))
    time.sleep(3)  # what is not taken is delivered again within a second

    assert cloud.answers("analysis_tick", event=cloud.event) == [204]
