"""A namespace of an API server: its Deployments roll out, its pods are ready, time is ours.

A pass meets a settled cluster, as Flagger's did, ten seconds after the one before. On the lab's API
server its controllers are run by hand until none of them changes anything.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from infra.local.apiserver.__main__ import write_kubeconfig
from infra.local.apiserver.server import Server
from infra.local.apply import create, merged
from infra.local.controllers import deployment, objects, replicaset
from infra.local.kube import Kube, connected
from shared.adapters import paths, settings
from shared.adapters.clock import BEAT
from shared.reconcile.run import pass_over_all, report
from shared.reconcile.scope import Scope, open_scope
from tests.flagger.prometheus import Prometheus, a_prometheus
from tests.flagger.recording import Tree
from tests.sink import a_sink

NEVER_READY = "spillway.test/ready"
_START = datetime(2026, 1, 1, tzinfo=UTC)
_SWEEP = timedelta(minutes=5)
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(slots=True)
class World:
    """Everything around Spillway in one scenario."""

    namespace: str
    kube: Kube
    prometheus: Prometheus
    scope: Scope
    settle: Callable[[], None]  # lets controllers and kubelet work until nothing is left to do
    now: datetime = _START

    def apply(self, manifest: Tree) -> None:
        """Creates an object as `kubectl apply` does, with the annotation that it leaves."""
        named = merged({"metadata": {"annotations": {}}}, manifest)
        named["metadata"]["namespace"] = self.namespace
        said = json.dumps(named, sort_keys=True, separators=(",", ":")) + "\n"
        create(self.kube, merged(named, {"metadata": {"annotations": {_LAST_APPLIED: said}}}))

    def patch(self, kind: str, name: str, change: Tree) -> None:
        """Changes an object as its owner does."""
        path = paths.canaries if kind == "canary" else paths.deployments
        self.kube.patch(f"{path(self.namespace)}/{name}", change)

    def set_image(self, image: str) -> None:
        """Changes the target as `kubectl set image` does."""
        containers = [{"name": "app", "image": image}]
        body = {"spec": {"template": {"spec": {"containers": containers}}}}
        self.kube.patch(f"{paths.deployments(self.namespace)}/app", body, "strategic")

    @property
    def beats(self) -> bool:
        """Whether some canary waits for its next tick."""
        return self.kube.get(f"{paths.ping_sources(self.namespace)}/{BEAT}") is not None

    def next_pass(self) -> None:
        """The next tick there is: a beat while one is wanted, else the sweep. Then all settles."""
        beats = self.beats
        self.now += self.scope.beat if beats else _SWEEP
        report(pass_over_all(self.scope, self.now, sweep=not beats))
        self.settle()

    def found(self, api: str, plural: str) -> Sequence[Tree]:
        """The objects of a kind."""
        return self.kube.list(f"{api}/namespaces/{self.namespace}/{plural}")[0]


@contextmanager
def a_world(namespace: str, apiserver: Server, folder: Path) -> Iterator[World]:
    """A world on the lab's API server."""
    write_kubeconfig(folder, apiserver.url)
    with a_world_of(namespace, folder / "kubeconfig", by_hand) as world:
        yield world


@contextmanager
def a_world_of(
    namespace: str, kubeconfig: Path, settle: Callable[[World], None]
) -> Iterator[World]:
    """A world around a real scope: real adapters, and a sink where the bus would be."""
    kube = connected(kubeconfig)
    kube.create("/api/v1/namespaces", {"metadata": {"name": namespace}})
    with a_prometheus(namespace) as prometheus, a_sink() as sink:
        chosen = settings.load(
            {
                "KUBECONFIG": str(kubeconfig),
                "K_SINK": sink.url,
                "SPILLWAY_METRICS_SERVER": prometheus.url,
                "SPILLWAY_NAMESPACES": namespace,
                "SPILLWAY_CLOCK_NAMESPACE": namespace,
            }
        )
        scope = open_scope(chosen, lambda: world.now)
        world = World(namespace, kube, prometheus, scope, lambda: settle(world))
        yield world
    kube.close()


def by_hand(world: World) -> None:
    """Runs the lab's controllers, and a kubelet, until nothing changes any more."""
    before, after = "", _version(world)
    while before != after:
        for name in _names(world, "deployments"):
            deployment.sync(world.kube, world.namespace, name)
        for name in _names(world, "replicasets"):
            replicaset.sync(world.kube, world.namespace, name)
        _run_pods(world)
        before, after = after, _version(world)


def _names(world: World, plural: str) -> list[str]:
    return [obj["metadata"]["name"] for obj in world.found("/apis/apps/v1", plural)]


def _version(world: World) -> str:
    """One number for all kinds: the server counts every write."""
    return world.kube.list(paths.canaries(world.namespace))[1]


def _run_pods(world: World) -> None:
    """The kubelet of the recordings: pods are ready at once, but for those that never are."""
    for pod in world.found("/api/v1", "pods"):
        path = f"/api/v1/namespaces/{world.namespace}/pods/{pod['metadata']['name']}"
        if objects.is_going(pod):
            world.kube.delete(path, grace_seconds=0)
        elif not (objects.is_ready(pod) or _never_ready(pod)):
            ready = {
                "type": "Ready",
                "status": "True",
                "lastTransitionTime": objects.stamp(world.now),
            }
            status = {"phase": "Running", "conditions": [ready]}
            world.kube.patch(f"{path}/status", {"status": status})


def _never_ready(pod: Tree) -> bool:
    noted: Tree = pod["metadata"].get("annotations", {})
    return bool(noted.get(NEVER_READY) == "never")
