"""Real passes over one canary, whose cluster is always ready and whose time is ours."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from infra.local.apiserver.__main__ import write_kubeconfig
from infra.local.apiserver.server import Server
from infra.local.apiserver.trees import Key, Tree
from infra.local.bench.outside import Call, Outside, around
from infra.local.kube import Kube
from shared.adapters import paths, settings
from shared.adapters.bus import Bus
from shared.domain.events import ANALYSIS_TICK, Event, Tick, tick
from shared.domain.instants import instant
from shared.reconcile.run import pass_over_all, pass_over_some
from shared.reconcile.scope import Scope, open_scope

NAMESPACE, NAME = "shop-0000", "cart-0000"
_SYSTEM = "spillway"  # the namespace of the beat
_SWEEP = timedelta(minutes=5)
_START = datetime(2026, 3, 1, 12, tzinfo=UTC)
_PATIENCE = 40  # passes; a rollout takes half of them


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass: how the first canary stood before and after it, and what was asked meanwhile."""

    before: Tree
    after: Tree
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class _Bus:
    """The bus, whose ticks are kept: there is no function here that it could deliver them to."""

    bus: Bus
    ticks: list[Tick] = field(default_factory=list)

    def publish(self, event: Event) -> None:
        self.bus.publish(event)
        if event.type == ANALYSIS_TICK:
            self.ticks.append(tick(event))


@dataclass(slots=True)
class Trial:
    """Spillway as a function runs it: real adapters, over HTTP."""

    kube: Kube
    server: Server
    outside: Outside
    folder: Path
    scope: Scope
    shared_out: list[Tick] = field(default_factory=list)
    now: datetime = _START

    @property
    def status(self) -> Tree:
        """Of the first canary."""
        found = self.kube.get(f"{paths.canaries(NAMESPACE)}/{NAME}") or {}
        status: Tree = found.get("status", {})
        return status

    def release(self, image: str) -> None:
        """Changes the target of the first canary."""
        containers = [{"name": "app", "image": image}]
        body = {"spec": {"template": {"spec": {"containers": containers}}}}
        self.kube.patch(f"{paths.deployments(NAMESPACE)}/{NAME}", body, "strategic")

    def next_pass(self) -> Pass:
        """At the beat that the first canary waits for, or at the next sweep; with the passes that
        it shares its canaries out to, where they are many.
        """
        before = self.status
        due = instant(before, "spillway", "nextTickTime")
        self.now = max(self.now + self.scope.beat, due) if due else self.now + _SWEEP
        self.outside.calls.clear()
        outcomes = pass_over_all(self.scope, self.now, sweep=not due)
        while self.shared_out:
            outcomes += pass_over_some(self.scope, self.shared_out.pop(0).names, self.now)
        calls = tuple(self.outside.calls)
        for outcome in outcomes:
            if outcome.failure:
                raise outcome.failure
        self.roll_out()
        return Pass(before, self.status, calls)

    def until(self, holds: Callable[[Tree], bool]) -> list[Pass]:
        """The passes that it takes until the status of the first canary is so, and settled."""
        passes: list[Pass] = []
        while not (holds(self.status) and self.status["spillway"].get("settledAt")):
            if len(passes) == _PATIENCE:
                raise AssertionError(f"it never comes to that: {self.status}")
            passes.append(self.next_pass())
        return passes

    def roll_out(self) -> None:
        """In the place of a Deployment controller: what is asked for is there."""
        verbs = self.server.verbs
        kind = verbs.catalogue.find("apps", "v1", "deployments")
        for found in verbs.store.each(kind.key):
            if found.get("status") != ready(found):
                verbs.change_status(kind, _key(found), lambda old: {**old, "status": ready(old)})


@contextmanager
def a_trial(api: Server, folder: Path) -> Iterator[Trial]:
    """With one canary, at rest after its initialisation. The folder is for a kubeconfig."""
    kube = Kube(api.url)
    for name in (NAMESPACE, _SYSTEM):
        kube.create("/api/v1/namespaces", {"metadata": {"name": name}})
    kube.create(paths.deployments(NAMESPACE), deployment(NAMESPACE, NAME))
    kube.create(paths.canaries(NAMESPACE), canary())
    with around(api) as outside:
        write_kubeconfig(folder, outside.url)
        outside.namespaces[NAME] = NAMESPACE
        scope = open_scope(settings.load(environ(folder, outside)), lambda: trial.now)
        bus = _Bus(scope.bus)
        trial = Trial(kube, api, outside, folder, replace(scope, bus=bus), bus.ticks)
        trial.roll_out()
        trial.until(lambda status: is_at_rest(status, "Initialized"))
        yield trial
    kube.close()


def is_at_rest(status: Tree, phase: str) -> bool:
    """Whether a canary has ended in a phase, and waits for nothing."""
    block = status.get("spillway", {})
    return status.get("phase") == phase and not block.get("nextTickTime")


def has_weight(status: Tree, weight: int) -> bool:
    """Whether a canary is analysed with so much of the traffic."""
    return status.get("phase") == "Progressing" and status.get("canaryWeight") == weight


def deployment(namespace: str, name: str) -> Tree:
    """A target, as its chart writes it."""
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "app", "image": "cart:1"}]},
            },
        },
    }


def canary() -> Tree:
    """The one that Flagger's figures were measured with: two metrics, steps of 10 up to 50."""
    analysis = {
        "interval": "10s",
        "threshold": 5,
        "maxWeight": 50,
        "stepWeight": 10,
        "metrics": [
            {"name": "request-success-rate", "interval": "1m", "thresholdRange": {"min": 99}},
            {"name": "request-duration", "interval": "1m", "thresholdRange": {"max": 500}},
        ],
    }
    return {
        "apiVersion": "flagger.app/v1beta1",
        "kind": "Canary",
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "spec": {
            "provider": "istio",
            "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": NAME},
            "service": {"port": 80},
            "analysis": analysis,
        },
    }


def environ(folder: Path, outside: Outside) -> dict[str, str]:
    """What a deployment of the functions would set."""
    return {
        "KUBECONFIG": str(folder / "kubeconfig"),
        "K_SINK": outside.sink,
        "SPILLWAY_METRICS_SERVER": outside.url,
        "SPILLWAY_CLOCK_NAMESPACE": _SYSTEM,
        "SPILLWAY_PASS_BUDGET": "10m",  # so that a pass over a thousand is one pass on any machine
    }


def ready(found: Tree) -> Tree:
    """The status of a Deployment whose pods are all there."""
    count = found["spec"]["replicas"]
    counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    status: Tree = {"observedGeneration": found["metadata"]["generation"]}
    return {**status, **dict.fromkeys(counts, count)} if count else status


def _key(found: Tree) -> Key:
    return found["metadata"]["namespace"], found["metadata"]["name"]
