"""People change what Spillway made, or what it is told: it ends, and leaves nothing behind."""

from datetime import timedelta

import pytest

from shared.domain.fields import Json, Object, at, mapping, text, whole
from tests.reconcile.outside import Life
from tests.reconcile.stories import (
    STORIES,
    Story,
    a_wish,
    beginning,
    kubectl_edit_route,
    kubectl_set_image,
)
from tests.reconcile.test_denied import denying
from tests.reconcile.world import BEAT_EVERY, Tick, Turn, World, deliver, go_on, rounds

_DRAIN = timedelta(seconds=10)


def respec(world: World, **fields: Json) -> None:
    canary = world.cluster.read(world.names.canary) or {}
    spec = {**mapping(canary, "spec"), **fields}
    world.cluster.replace(world.names.canary, {**canary, "spec": spec})


def refuse(world: World) -> None:
    respec(world, provider="nginx")


_NEW = Turn("Initialized", 0, kubectl_set_image("cart:2"))
_REFUSED = Turn("Progressing", 25, refuse)


def kubectl_scale(world: World) -> None:
    scaled: list[Object] = [{"op": "replace", "path": "/spec/replicas", "value": 2}]
    world.cluster.patch(world.names.target, scaled)


def kubectl_delete_route(world: World) -> None:
    world.cluster.delete(world.names.route)


def edit_and_delete(world: World) -> None:
    kubectl_edit_route(world)
    kubectl_delete_route(world)


def scale_edit_and_delete(world: World) -> None:
    kubectl_scale(world)
    edit_and_delete(world)


def edit_and_put_back(world: World) -> None:
    before = world.cluster.read(world.names.route) or {}
    kubectl_edit_route(world)
    found = world.cluster.read(world.names.route) or {}
    world.cluster.replace(world.names.route, {**found, "spec": before["spec"]})


def ended(name: str) -> World:
    """A world in which that story is over."""
    world = beginning(STORIES[name])
    go_on(world)
    return world


def route_cannot_be_put_right(world: World) -> None:
    """It is edited, and the API server takes no write of it until that is left to the sweep."""
    kubectl_edit_route(world)
    for _ in rounds(world, lambda: denying(world.names.route)):
        if at(world.status, "spillway", "stranded") and not world.has_beat:
            return
    raise AssertionError("it was never left to the sweep")


def replicas(world: World) -> int:
    return whole(world.cluster.read(world.names.target), "spec", "replicas")


def waits(world: World) -> bool:
    return world.has_beat or "nextTickTime" in mapping(world.status, "spillway")


def test_a_spec_that_is_refused_at_rest_and_mended_leaves_no_beat_behind():
    world = beginning(Story(()))
    for provider in ("nginx", "istio"):
        respec(world, provider=provider)
        go_on(world)

    assert not waits(world)
    assert "refusal" not in mapping(world.status, "spillway")


def test_a_route_that_is_gone_while_its_spec_is_refused_keeps_no_pods():
    failed = Turn("Failed", 0, kubectl_delete_route)
    world = beginning(Story((_NEW, _REFUSED, failed)))

    go_on(world)

    assert text(world.status, "phase") == "Failed"
    assert (replicas(world), waits(world)) == (0, False)


def test_a_route_that_is_gone_at_rest_while_the_spec_is_refused_keeps_neither_pods_nor_a_beat():
    world = beginning(Story(()))
    refuse(world)
    go_on(world)
    kubectl_scale(world)
    kubectl_delete_route(world)

    beats = [world.has_beat for _ in rounds(world)]

    assert sum(beats) <= _DRAIN / BEAT_EVERY + 1
    assert (replicas(world), waits(world)) == (0, False)


@pytest.mark.parametrize(
    "turns",
    [
        pytest.param((_NEW, Turn("Finalising", 0, edit_and_put_back)), id="put-back"),
        pytest.param((_NEW, Turn("Finalising", 0, edit_and_delete)), id="deleted"),
        pytest.param((_NEW, _REFUSED, Turn("Failed", 0, edit_and_put_back)), id="put-back-refused"),
        pytest.param((_NEW, _REFUSED, Turn("Failed", 0, edit_and_delete)), id="deleted-refused"),
        pytest.param((_NEW, Turn("Succeeded", 0, scale_edit_and_delete)), id="at-rest"),
    ],
)
def test_pods_that_had_traffic_by_an_edit_that_nobody_saw_drain_anew(turns: tuple[Turn, ...]):
    world = beginning(Story(turns))
    passes = [world.now for _ in rounds(world) if not world.story and replicas(world)]

    assert passes[-1] - passes[0] >= _DRAIN
    assert (replicas(world), waits(world)) == (0, False)


def test_pods_that_were_scaled_by_hand_go_whatever_became_of_the_primary():
    world = ended("good")
    edit_and_put_back(world)
    kubectl_scale(world)
    operation = {"op": "replace", "path": "/spec/template/spec/containers/0/image"}
    world.cluster.patch(world.names.primary, [{**operation, "value": "cart:2-never"}])

    go_on(world)

    assert (replicas(world), waits(world)) == (0, False)


def test_one_that_is_suspended_in_a_drain_has_no_pods_once_it_goes_on():
    world = ended("good")
    respec(world, suspend=True)
    go_on(world)
    edit_and_put_back(world)
    kubectl_scale(world)
    deliver(world, Tick(sweep=True), Life())
    respec(world, suspend=False)

    go_on(world)

    assert (replicas(world), waits(world)) == (0, False)


def test_what_was_scaled_while_the_route_could_not_be_written_goes_once_it_can():
    world = ended("good")
    kubectl_scale(world)
    route_cannot_be_put_right(world)

    go_on(world)

    assert text(world.status, "phase") == "Succeeded"
    assert (replicas(world), waits(world)) == (0, False)


def test_what_was_left_to_the_sweep_and_goes_on_by_an_event_has_a_beat():
    world = ended("good")
    kubectl_scale(world)
    route_cannot_be_put_right(world)

    assert deliver(world, a_wish(world), Life())

    assert "nextTickTime" in mapping(world.status, "spillway")
    assert world.has_beat


def test_one_that_is_suspended_has_no_beat_when_its_route_can_be_written_again():
    world = ended("bad")
    respec(world, suspend=True)
    go_on(world)
    route_cannot_be_put_right(world)

    go_on(world)

    assert text(world.status, "phase") == "Failed"
    assert not waits(world)
