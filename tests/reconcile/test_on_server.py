"""The same rollouts on the lab's API server, over HTTP: the world in memory is held to it, and a
stop is a stop there too."""

import itertools
from pathlib import Path

import pytest

from infra.local.apiserver.server import Server
from shared.adapters.cluster import Cluster
from shared.domain.fields import Object, mapping
from tests.reconcile.kubeconfig import a_kubeconfig
from tests.reconcile.outside import Life, When, stopped_at
from tests.reconcile.rollout import rollout
from tests.reconcile.stories import STORIES, beginning, begun
from tests.reconcile.watcher import Names
from tests.reconcile.world import Ending, World, ending, go_on

pytestmark = [pytest.mark.loopback, pytest.mark.timeout(120)]

_EVERY = 13  # of the calls of a rollout, one in so many is a stop: there are far more in memory


def _world(server: Server, folder: Path, namespace: str) -> World:
    """An empty namespace of the server."""
    cluster = Cluster(a_kubeconfig(folder / "kubeconfig", server.url))
    cluster.create("/api/v1/namespaces", {"metadata": {"name": namespace}})
    return World(cluster, Names(namespace))


@pytest.mark.parametrize("name", STORIES)
def test_the_world_in_memory_is_as_the_server_is(name, apiserver, tmp_path):
    real = begun(STORIES[name], _world(apiserver, tmp_path, "shop"))
    made_up = beginning(STORIES[name])

    go_on(real)
    go_on(made_up)

    assert ending(real) == ending(made_up)
    for counted in ("decision", "generations"):
        assert _block(real)[counted] == _block(made_up)[counted]


@pytest.mark.parametrize("name", ["good", "promotions cross", "wish in Promoting"])
def test_a_rollout_on_a_server_ends_as_it_would_have_if_it_is_stopped(name, apiserver, tmp_path):
    undisturbed = rollout(STORIES[name])
    calls = (
        (number, index, when)
        for number, point in enumerate(undisturbed.points)
        for index in range(len(point.calls))
        for when in When
    )

    for nth, (number, index, when) in enumerate(itertools.islice(calls, 0, None, _EVERY)):
        world = begun(STORIES[name], _world(apiserver, tmp_path, f"shop{nth}"))
        lives = itertools.chain(
            (Life() for _ in range(number)), (stopped_at(index, when),), iter(Life, None)
        )
        go_on(world, live=lives.__next__)
        assert _in_shop(ending(world), f"shop{nth}") == undisturbed.ending, (number, index, when)


def _block(world: World) -> Object:
    return mapping(world.status, "spillway")


def _in_shop(found: Ending, namespace: str) -> Ending:
    """The same, had it been in the namespace of all others."""
    said = (found.state, *found.told, *found.published)
    state, *rest = (text.replace(namespace, "shop") for text in said)
    return Ending(state, tuple(rest[: len(found.told)]), tuple(rest[len(found.told) :]))
