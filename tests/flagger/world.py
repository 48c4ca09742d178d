"""A namespace on the lab's API server: its Deployments roll out, its pods are ready, time is ours.

The controllers are the lab's, run by hand until none of them changes anything: a pass then meets a
settled cluster, as Flagger's did, ten seconds after the one before.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from infra.local.apiserver.__main__ import write_kubeconfig
from infra.local.apiserver.server import Server
from infra.local.apply import create, merged
from infra.local.controllers import deployment, objects, replicaset
from infra.local.kube import Kube
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
_CLOCKS = "spillway"  # the namespace of the beat
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(slots=True)
class World:
    """Everything around Spillway in one scenario."""

    namespace: str
    kube: Kube
    prometheus: Prometheus
    scope: Scope
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
        return self.kube.get(f"{paths.ping_sources(_CLOCKS)}/{BEAT}") is not None

    def next_pass(self) -> None:
        """The next tick there is: a beat while one is wanted, else the sweep. Then all settles."""
        beats = self.beats
        self.now += self.scope.beat if beats else _SWEEP
        report(pass_over_all(self.scope, self.now, sweep=not beats))
        self.settle()

    def settle(self) -> None:
        """Lets controllers and kubelet work until nothing is left to do."""
        before, after = "", self._version()
        while before != after:
            for name in self._names("/apis/apps/v1", "deployments"):
                deployment.sync(self.kube, self.namespace, name)
            for name in self._names("/apis/apps/v1", "replicasets"):
                replicaset.sync(self.kube, self.namespace, name)
            self._run_pods()
            before, after = after, self._version()

    def found(self, api: str, plural: str) -> Sequence[Tree]:
        """The objects of a kind."""
        return self.kube.list(f"{api}/namespaces/{self.namespace}/{plural}")[0]

    def _names(self, api: str, plural: str) -> list[str]:
        return [obj["metadata"]["name"] for obj in self.found(api, plural)]

    def _version(self) -> str:
        """One number for all kinds: the server counts every write."""
        return self.kube.list(paths.canaries(self.namespace))[1]

    def _run_pods(self) -> None:
        """The kubelet of the recordings: pods are ready at once, but for those that never are."""
        for pod in self.found("/api/v1", "pods"):
            path = f"/api/v1/namespaces/{self.namespace}/pods/{pod['metadata']['name']}"
            if objects.is_going(pod):
                self.kube.delete(path, grace_seconds=0)
            elif not (objects.is_ready(pod) or _never_ready(pod)):
                ready = {
                    "type": "Ready",
                    "status": "True",
                    "lastTransitionTime": objects.stamp(self.now),
                }
                status = {"phase": "Running", "conditions": [ready]}
                self.kube.patch(f"{path}/status", {"status": status})


@contextmanager
def a_world(namespace: str, apiserver: Server, folder: Path) -> Iterator[World]:
    """A world around a real scope: real adapters, and a sink where the bus would be."""
    write_kubeconfig(folder, apiserver.url)
    kube = Kube(apiserver.url)
    for name in (namespace, _CLOCKS):
        kube.create("/api/v1/namespaces", {"metadata": {"name": name}})
    with a_prometheus(namespace) as prometheus, a_sink() as sink:
        chosen = settings.load(
            {
                "KUBECONFIG": str(folder / "kubeconfig"),
                "K_SINK": sink.url,
                "SPILLWAY_METRICS_SERVER": prometheus.url,
                "SPILLWAY_CLOCK_NAMESPACE": _CLOCKS,
            }
        )
        world = World(namespace, kube, prometheus, open_scope(chosen, lambda: world.now))
        yield world
    kube.close()


def _never_ready(pod: Tree) -> bool:
    noted: Tree = pod["metadata"].get("annotations", {})
    return bool(noted.get(NEVER_READY) == "never")
