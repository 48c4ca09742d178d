"""A real server of analysis_tick stands still between its save and its write, while one of rollback
takes the run back: the API server refuses that write when it comes."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from infra.local.controlplane.plane import ControlPlane
from shared.adapters.cluster import Cluster
from shared.domain.events import ANALYSIS_TICK, ROLLBACK_REQUESTED
from shared.domain.fields import Json, text, whole
from tests.functions import events
from tests.functions.gate import a_gate
from tests.functions.place import Place, Reply, a_free_port, running
from tests.reconcile import watcher
from tests.reconcile.kubeconfig import a_kubeconfig
from tests.reconcile.outside import Life
from tests.reconcile.stories import Story, kubectl_set_image
from tests.reconcile.world import World, bring_up, deliver, finish, prepare
from tests.sink import a_sink

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

DONE = Reply(204, b"")
WITHOUT_METRICS = Story((), analysis={"metrics": []})


@dataclass(frozen=True, slots=True)
class Functions:
    """Two functions at work: one behind a gate, the other not."""

    tick: Place
    rollback: Place


@pytest.fixture(scope="module")
def functions(
    bare_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Functions]:
    folder = tmp_path_factory.mktemp("functions")
    cluster = Cluster(str(bare_plane.kubeconfig()))
    cluster.create("/api/v1/namespaces", {"metadata": {"name": "spillway"}})
    user = json.loads(bare_plane.kubeconfig().read_text())["users"][0]["user"]
    with ExitStack() as stack:
        gate = stack.enter_context(a_gate(bare_plane.url, bare_plane.certificate))
        sink = stack.enter_context(a_sink())

        def place(function: str, kubeconfig: str) -> Place:
            port, log = a_free_port(), folder / function
            settings = {"K_SINK": sink.url, "KUBECONFIG": kubeconfig}
            stack.enter_context(running(function, log, settings, port))
            return Place(port, log, cluster, gate, sink)

        through = a_kubeconfig(folder / "kubeconfig", gate.url, **user)
        yield Functions(
            tick=place("analysis_tick", through),
            rollback=place("rollback", str(bare_plane.kubeconfig())),
        )


def at_weight(functions: Functions, weight: int) -> World:
    """A canary that was given this weight not quite an hour ago: its next step is due."""
    world = functions.tick.shop(WITHOUT_METRICS)
    kubectl_set_image("cart:2")(world)
    while weight_of(world) != weight:
        delivery, started = prepare(world), world.now
        finish(world, delivery, taken=deliver(world, delivery, Life()), started=started)
    bring_up(world)
    return world


def weight_of(world: World) -> int:
    return watcher.weight_of(world.cluster.read(world.names.route))


def image_of_primary(world: World) -> str:
    return watcher.image_of(world.cluster.read(world.names.primary))


def ticked(functions: Functions, world: World) -> Reply:
    named = {"namespace": world.names.namespace, "name": world.names.name}
    return _sent(functions.tick, ANALYSIS_TICK, {"canaries": [named]})


def wished(functions: Functions, world: World) -> Reply:
    names = world.names
    wish = {"namespace": names.namespace, "canary": names.name, "reason": "it smells"}
    return _sent(functions.rollback, ROLLBACK_REQUESTED, {**wish, "requestedBy": "alice"})


def _sent(place: Place, kind: str, said: Json) -> Reply:
    return place.ask("POST", *events.sent("binary", events.attributes(kind), said))


def test_a_step_up_that_comes_after_a_rollback_is_refused(functions):
    world = at_weight(functions, 25)
    held = functions.tick.gate.hold("PUT", f"{world.names.namespace}/virtualservices/cart")

    with ThreadPoolExecutor() as pool:
        stalled = pool.submit(ticked, functions, world)
        assert held.came.wait(10)
        assert whole(world.status, "canaryWeight") == 50, "it has saved, and not applied"
        assert wished(functions, world) == DONE
        assert (text(world.status, "phase"), weight_of(world)) == ("Failed", 0)
        held.may_go.set()
        assert stalled.result() == DONE

    assert held.status == 409
    expect_rolled_back(functions, world)


def test_a_promotion_that_comes_after_a_rollback_is_refused(functions):
    world = at_weight(functions, 50)
    held = functions.tick.gate.hold("PATCH", f"{world.names.namespace}/deployments/cart-primary")

    with ThreadPoolExecutor() as pool:
        stalled = pool.submit(ticked, functions, world)
        assert held.came.wait(10)
        assert text(world.status, "phase") == "Promoting", "it has saved, and not applied"
        assert wished(functions, world) == DONE
        bring_up(world)  # the pods of the primary, which was written, are ready
        assert wished(functions, world) == DONE  # the other process holds the canary
        assert (text(world.status, "phase"), weight_of(world)) == ("Failed", 0)
        held.may_go.set()
        assert stalled.result() == DONE

    assert held.status == 422
    expect_rolled_back(functions, world)


def expect_rolled_back(functions: Functions, world: World) -> None:
    """The pass that stood still has lost a race; neither it nor a later one changes anything."""
    (lost,) = functions.tick.lines(severity="WARNING", namespace=world.names.namespace)
    assert ticked(functions, world) == DONE

    assert "modified" in text(lost, "message") or "rejected" in text(lost, "message")
    assert (text(world.status, "phase"), whole(world.status, "canaryWeight")) == ("Failed", 0)
    assert (weight_of(world), image_of_primary(world)) == (0, "cart:1")
