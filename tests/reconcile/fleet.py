"""Many canaries at rest, in memory: objects as they are, without the rollouts that made them."""

from dataclasses import replace
from typing import Any

from shared.adapters import paths
from shared.domain.canary import Target
from shared.domain.fields import Json, Object
from shared.domain.machine import Phase
from shared.domain.status import Generations, Made, Status
from shared.domain.status_object import status_object
from shared.reconcile.scope import Scope
from tests.domain.canaries import canary
from tests.domain.situations import a_status
from tests.domain.workloads import deployment
from tests.reconcile.memory import Memory
from tests.reconcile.outside import Life
from tests.reconcile.watcher import Names
from tests.reconcile.world import World


def a_fleet() -> World:
    """A world without a canary, whose scope is everything."""
    return World(Memory(), Names())


def scope_of(world: World, life: Life | None = None, **fields: Any) -> Scope:
    """A scope that is everything, but for these fields."""
    scope = world.scope(life or Life())
    return replace(scope, namespaces=(), **fields)


def a_canary(
    world: World,
    name: str = "cart",
    namespace: str = "shop",
    *,
    status: Status | None = None,
    **metadata: Json,
) -> None:
    """One that rests as the objects of `its_objects` are, or is in that status."""
    target: Json = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    made = canary(targetRef=target, provider="istio")
    made = {**made, "metadata": {"name": name, "namespace": namespace, **metadata}}
    path = paths.canaries(namespace)
    found = world.cluster.create(path, made)
    written = status_object(status or at_rest(name))
    world.cluster.replace(f"{path}/{name}/status", {**found, "status": written})


def at_rest(name: str = "cart", **fields: Any) -> Status:
    """The status of one that succeeded."""
    made = Made(Target("Deployment", name), name, "istio")
    return a_status(Phase.SUCCEEDED, made=made, generations=Generations(1, 1, 1), **fields)


def its_objects(world: World, name: str = "cart", namespace: str = "shop") -> None:
    """Target, primary and route, each at its first generation."""
    for workload in (name, f"{name}-primary"):
        found: Object = deployment(name=workload, namespace=namespace)
        world.cluster.create(paths.deployments(namespace), found)
    route: Object = {"metadata": {"name": name, "namespace": namespace}, "spec": {}}
    world.cluster.create(paths.virtual_services(namespace), route)
