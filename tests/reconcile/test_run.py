"""A pass over several canaries: each on its own, whatever becomes of the others."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.adapters import paths
from shared.domain.fields import Json, Object
from shared.reconcile.bracket import Outcome
from shared.reconcile.run import pass_over_all
from shared.reconcile.scope import Scope
from tests.domain.canaries import canary
from tests.domain.workloads import deployment, template
from tests.reconcile.outside import Life
from tests.reconcile.stories import Story, beginning, kubectl_set_image
from tests.reconcile.world import World, go_on

HEALTHY, TROUBLED = ("shop", "cart"), ("shop", "till")
TILL: Json = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "till"}
UNLABELLED = {"matchLabels": {"team": "x"}}


def a_world() -> World:
    """A canary at rest whose target has a new revision."""
    world = beginning(Story(()))
    go_on(world)
    kubectl_set_image("cart:2")(world)
    return world


def deploy(world: World, name: str = "till", **spec: Any) -> None:
    world.cluster.create(paths.deployments("shop"), deployment(name=name, spec=spec))


def apply(world: World, **status: Json) -> None:
    made = canary(targetRef=TILL, provider="istio")
    path = paths.canaries("shop")
    world.cluster.create(path, {**made, "metadata": {"name": "till", "namespace": "shop"}})
    if status:
        found = world.cluster.read(f"{path}/till") or {}
        world.cluster.replace(f"{path}/till/status", {**found, "status": status})


def a_target_without_a_label(world: World) -> None:
    deploy(world, selector=UNLABELLED)
    deploy(world, "till-primary")
    apply(world)


def a_target_of_flaggers_without_a_label(world: World) -> None:
    deploy(world, selector=UNLABELLED)
    deploy(world, "till-primary")
    apply(world, phase="Succeeded", lastAppliedSpec="5b5d9cbd7f", lastPromotedSpec="5b5d9cbd7f")


def a_template_that_cannot_be_read(world: World) -> None:
    deploy(world, template={**template(), "metadata": {"labels": {"app": 1}}})
    apply(world)


def a_snapshot_without_a_template(world: World) -> None:
    deploy(world)
    apply(world)
    labels: Json = {"spillway.dev/canary": "till"}
    empty: Object = {"metadata": {"name": "till-1", "labels": labels}, "data": {}}
    world.cluster.create(paths.snapshots("shop"), empty)


def a_status_that_cannot_be_read(world: World) -> None:
    deploy(world)
    apply(world, spillway="gone")


def passed(world: World, scope: Scope | None = None, *, sweep: bool = True) -> dict[Any, Outcome]:
    outcomes = pass_over_all(scope or world.scope(Life()), world.now, sweep=sweep)
    return {outcome.key: outcome for outcome in outcomes}


@pytest.mark.parametrize(
    "trouble",
    [
        a_target_without_a_label,
        a_target_of_flaggers_without_a_label,
        a_template_that_cannot_be_read,
        a_snapshot_without_a_template,
        a_status_that_cannot_be_read,
    ],
)
def test_one_canarys_trouble_is_its_own(trouble: Callable[[World], None]) -> None:
    world = a_world()
    trouble(world)

    outcomes = passed(world)

    assert outcomes[HEALTHY].status.phase == "Progressing"
    assert outcomes[HEALTHY].failure is None
    assert TROUBLED in outcomes


@pytest.mark.parametrize(
    "trouble", [a_target_without_a_label, a_target_of_flaggers_without_a_label]
)
def test_a_target_whose_pods_cannot_be_told_apart_is_refused_by_name(trouble) -> None:
    world = a_world()
    trouble(world)

    status = passed(world)[TROUBLED].status

    assert status.refusal.startswith("spec.targetRef: getSelectorLabel failed")
