"""A rollout as on Google Cloud: analysis_tick in its real server finds the API server by address
and token, and every tick is a task that it asked for itself.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.local.apiserver.server import Server
from shared.adapters.cluster import Cluster
from shared.domain.events import ANALYSIS_TICK
from shared.domain.fields import Object, text
from tests.functions import events
from tests.functions.place import a_free_port, running
from tests.google_cloud import (
    ACCOUNT,
    QUEUE,
    CloudTasks,
    a_metadata_server,
    a_queue,
    post,
)
from tests.reconcile import watcher
from tests.reconcile.kubeconfig import a_kubeconfig
from tests.reconcile.stories import Story, begun, kubectl_set_image
from tests.reconcile.watcher import Names
from tests.reconcile.world import World, bring_up
from tests.served import Reply, Request, served
from tests.sink import a_sink

pytestmark = [pytest.mark.loopback, pytest.mark.timeout(120)]
GOOD: Object = {"name": "good", "query": "vector(100)", "thresholdRange": {"min": 99}}
STEPS: Object = {"interval": "10s", "stepWeight": 50, "maxWeight": 50, "drainSeconds": 1}
QUICK = Story((), analysis={**STEPS, "metrics": [GOOD]})
HUNDRED = {"resultType": "vector", "result": [{"metric": {}, "value": [0, "100"]}]}


@dataclass(frozen=True, slots=True)
class Cloud:
    """A canary at rest, the queue, and where analysis_tick listens."""

    world: World
    queue: CloudTasks
    url: str

    def sweep(self) -> int:
        """What Cloud Scheduler does each few minutes: analysis_tick is told to look at all."""
        headers, body = events.sent("unwrapped", events.attributes(ANALYSIS_TICK), {})
        return post(self.url, headers, body)

    @property
    def phase(self) -> str:
        return text(self.world.status, "phase")

    def until(self, phase: str) -> None:
        """Brings pods up until the rollout has come to that, and nothing is queued any more."""
        end = time.monotonic() + 90
        while self.phase != phase or self.queue.waiting:
            assert time.monotonic() < end, (self.phase, self.queue.replies, self.queue.waiting)
            bring_up(self.world)
            time.sleep(0.05)


@pytest.fixture
def cloud(apiserver: Server, tmp_path: Path) -> Iterator[Cloud]:
    with a_cloud(apiserver, tmp_path) as found:
        yield found


@contextmanager
def a_cloud(apiserver: Server, folder: Path) -> Iterator[Cloud]:
    """The function at work, an hour after its canary was initialised."""
    world = at_rest(apiserver, folder)
    port = a_free_port()
    url = f"http://127.0.0.1:{port}/"
    with (
        a_metadata_server() as google,
        a_queue() as queue,
        served(measured) as prometheus,
        a_sink() as sink,
    ):
        environ = {
            "K_SINK": sink.url,
            "SPILLWAY_CLUSTER_ENDPOINT": apiserver.url,
            "GCE_METADATA_HOST": google.host,
            "SPILLWAY_METRICS_SERVER": prometheus,
            "SPILLWAY_BEAT": "1s",
            "SPILLWAY_CLOCK": "cloudtasks",
            "SPILLWAY_CLOCK_ENDPOINT": queue.url,
            "SPILLWAY_CLOCK_QUEUE": QUEUE,
            "SPILLWAY_CLOCK_ACCOUNT": ACCOUNT,
            "SPILLWAY_CLOCK_SINK": url,
        }
        with running("analysis_tick", folder / "log", environ, port):
            yield Cloud(world, queue, url)


def at_rest(apiserver: Server, folder: Path) -> World:
    cluster = Cluster(a_kubeconfig(folder / "kubeconfig", apiserver.url))
    cluster.create("/api/v1/namespaces", {"metadata": {"name": "shop"}})
    began = datetime.now(UTC) - timedelta(hours=1)
    world = World(cluster, Names("shop"), now=began, swept=began - timedelta(hours=1))
    return begun(QUICK, world)


def measured(request: Request) -> Reply:
    """A Prometheus of few words."""
    found = {"status": "success", "data": HUNDRED}
    return Reply(200, json.dumps(found).encode(), (("Content-Type", "application/json"),))


def test_a_release_is_promoted_by_ticks_that_ask_for_each_other(cloud):
    kubectl_set_image("cart:2")(cloud.world)

    assert cloud.sweep() == 204
    cloud.until("Succeeded")

    assert watcher.image_of(cloud.world.cluster.read(cloud.world.names.primary)) == "cart:2"
    assert set(cloud.queue.replies) == {204}
    assert len(cloud.queue.replies) == len(cloud.queue.made)


def test_between_releases_nothing_is_queued(cloud):
    assert cloud.sweep() == 204

    assert cloud.queue.made == []


def test_a_rollout_whose_ticks_were_lost_goes_on_with_the_next_sweep(cloud):
    kubectl_set_image("cart:2")(cloud.world)
    cloud.sweep()
    bring_up(cloud.world)
    cloud.queue.lose_all()
    assert not cloud.queue.waiting

    assert cloud.sweep() == 204

    assert cloud.queue.waiting


def test_a_tick_that_cannot_ask_for_the_next_one_comes_again(cloud):
    kubectl_set_image("cart:2")(cloud.world)
    cloud.queue.is_down = True

    assert cloud.sweep() == 503
    assert cloud.phase == "Progressing"

    cloud.queue.is_down = False
    assert cloud.sweep() == 204
    assert cloud.queue.waiting
