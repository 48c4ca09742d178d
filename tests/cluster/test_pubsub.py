"""Pub/Sub, real: what is published arrives, and a promotion moves its canary all the way."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.local.apiserver.server import Server
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
from shared.domain.fields import text
from tests.adapters.test_bus import OnPubSub
from tests.cluster import pubsub
from tests.cluster.pubsub import TOPIC, Kind, PubSub
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
KEY = b"a key that is long enough for a test"


@pytest.fixture(scope="module", params=pubsub.kinds())
def server(request, tmp_path_factory) -> Iterator[tuple[Kind, str]]:
    with pubsub.running(request.param, tmp_path_factory.mktemp("pubsub")) as host:
        yield request.param, host


@pytest.fixture
def topic(server, monkeypatch) -> Iterator[PubSub]:
    kind, host = server
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", host)
    with pubsub.a_topic(kind) as found:
        yield found


def origin() -> Origin:
    return Origin("e1", "/spillway/test", datetime.now(UTC))


def test_an_event_that_is_published_can_be_pulled_whole(topic):
    subscription = topic.subscribe("pulled")
    wish = RollbackWish("jx", "croc", "s1:0", "Größe", "alice", None)
    event = rollback_requested(origin(), wish)

    bus.open_bus(OnPubSub()).publish(event)

    pulled = topic.subscriber.pull(subscription=subscription, max_messages=2, timeout=20)
    (message,) = [found.message for found in pulled.received_messages]
    assert codec.decode(dict(message.attributes), message.data) == event


def test_a_topic_that_is_not_there_is_unavailable(topic):
    with pytest.raises(Unavailable, match=r"e1: topic projects/demo/topics/gone"):
        bus.open_bus(OnPubSub(topic="projects/demo/topics/gone")).publish(a_tick())


def a_tick() -> Event:
    return analysis_tick(origin(), Tick())


@dataclass(frozen=True, slots=True)
class Cloud:
    """A canary at rest, and the four functions at work around the topic."""

    world: World
    gate: Gate
    webhook: str
    logs: Path

    def promote(self, image: str) -> int:
        now = datetime.now(UTC)
        names = self.world.names
        said = {
            "id": f"run-{image}",
            "time": now.isoformat(),
            "app": names.name,
            "version": "2",
            "environment": "production",
            "namespace": names.namespace,
            "image": image,
        }
        return send(self.webhook, KEY, said, now)[0]

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

    def answers(self, function: str) -> list[int]:
        """The status of every reply so far."""
        lines = (self.logs / function).read_text().splitlines()
        return [said["status"] for line in lines if "status" in (said := json.loads(line))]


@pytest.fixture
def cloud(topic: PubSub, server, apiserver: Server, tmp_path: Path) -> Iterator[Cloud]:
    world = at_rest(apiserver, tmp_path)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "pipeline").write_bytes(KEY)
    with a_gate(apiserver.url) as gate, ExitStack() as functions:
        environ = {
            "SPILLWAY_BUS": "pubsub",
            "SPILLWAY_TOPIC": TOPIC,
            "PUBSUB_EMULATOR_HOST": server[1],
            "SPILLWAY_CLOCK": "none",
            "SPILLWAY_BEAT": "1s",
            "SPILLWAY_SECRETS": str(tmp_path / "secrets"),
            "KUBECONFIG": a_kubeconfig(tmp_path / "through", gate.url),
        }
        urls = {}
        for function in (*PASSES, "promotion_webhook"):
            port = a_free_port()
            functions.enter_context(running(function, tmp_path / function, environ, port))
            urls[function] = f"http://127.0.0.1:{port}/"
        for function in PASSES:
            topic.push(function.replace("_", "-"), urls[function])
        yield Cloud(world, gate, urls["promotion_webhook"], tmp_path)
        topic.stop()


def at_rest(apiserver: Server, folder: Path) -> World:
    """An hour ago it was initialised."""
    cluster = Cluster(a_kubeconfig(folder / "direct", apiserver.url))
    cluster.create("/api/v1/namespaces", {"metadata": {"name": "shop"}})
    began = datetime.now(UTC) - timedelta(hours=1)
    return begun(Story(()), World(cluster, Names("shop"), now=began, swept=began - timedelta(1)))


def test_a_promotion_a_tick_and_a_wish_move_the_canary(cloud):
    publisher = bus.open_bus(OnPubSub())

    assert cloud.promote("cart:2") == 202
    cloud.until(lambda it: it.phase == "Progressing")
    assert watcher.image_of(cloud.world.cluster.read(cloud.world.names.target)) == "cart:2"

    bring_up(cloud.world)
    time.sleep(2)  # more than a beat: it is due
    publisher.publish(a_tick())
    cloud.until(lambda it: it.shares["cart-canary"] == 25)

    names = cloud.world.names
    wish = RollbackWish(names.namespace, names.name, None, "it smells", "alice", None)
    publisher.publish(rollback_requested(origin(), wish))
    cloud.until(lambda it: it.phase == "Failed" and it.shares == ALL_ON_THE_PRIMARY)

    assert all(set(cloud.answers(function)) == {204} for function in PASSES)


def test_what_cannot_be_done_yet_is_delivered_again_until_it_can(cloud):
    with cloud.gate.closed_to("PUT", "/canaries/cart/status", 503):
        assert cloud.promote("cart:2") == 202
        cloud.until(lambda it: it.answers("start_canary").count(503) >= 2)
        assert cloud.phase == "Initialized"

    cloud.until(lambda it: it.phase == "Progressing")


def test_what_is_malformed_for_good_is_not_delivered_again(cloud):
    malformed = replace(a_tick(), data={"canaries": "all"})

    bus.open_bus(OnPubSub()).publish(malformed)
    cloud.until(lambda it: bool(it.answers("analysis_tick")))
    time.sleep(3)  # what is not taken is delivered again within a second

    assert cloud.answers("analysis_tick") == [204]
