"""Follows a rollout from outside, as a bystander could: through the Kubernetes API alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.informed import informed
from infra.local.kube import Informed, Key, Tree, connected

CANARIES = "/apis/flagger.app/v1beta1/canaries"
ROUTES = "/apis/networking.istio.io/v1/virtualservices"
EVENTS = "/api/v1/events"
PODS = "/api/v1/pods"


@dataclass(frozen=True, slots=True)
class Stand:
    """How far a canary is."""

    phase: str = ""
    weight: int = 0
    failed_checks: int = 0
    decision: int = 0
    settled: bool = False


@dataclass(slots=True)
class Watching:
    """What a canary and its surroundings have shown so far. Lists only grow."""

    canary: Key
    target: str
    stands: list[Stand] = field(default_factory=list)
    routes: list[tuple[int, ...]] = field(default_factory=list)  # weights, of each rule written
    messages: list[str] = field(default_factory=list)
    pods: int = 0  # of the target, those that end included
    _versions: dict[Key, str] = field(default_factory=dict)
    _told: set[Key] = field(default_factory=set)

    @property
    def stand(self) -> Stand:
        """The newest."""
        return self.stands[-1] if self.stands else Stand()

    def see_canaries(self, store: Informed) -> None:
        """Notes a change of the canary's status."""
        if self.canary in store:
            seen = stand(store[self.canary])
            if seen != self.stand:
                self.stands.append(seen)

    def see_routes(self, store: Informed) -> None:
        """Notes the weights of every route that was written."""
        for key, obj in store.items():
            version = obj["metadata"]["resourceVersion"]
            if self._versions.get(key) != version:
                self._versions[key] = version
                self.routes.extend(weights(obj))

    def see_events(self, store: Informed) -> None:
        """Notes what was told about the canary."""
        new = [obj for key, obj in store.items() if key not in self._told]
        for obj in sorted(new, key=lambda obj: int(obj["metadata"]["resourceVersion"])):
            about = obj["involvedObject"]
            self._told.add((obj["metadata"]["namespace"], obj["metadata"]["name"]))
            if (about["kind"], about.get("namespace"), about["name"]) == ("Canary", *self.canary):
                self.messages.append(obj["message"])

    def see_pods(self, store: Informed) -> None:
        """Counts the target's pods."""
        labels = [obj["metadata"].get("labels", {}) for obj in store.values()]
        self.pods = sum(found.get("app") == self.target for found in labels)


@contextmanager
def watching(kubeconfig: Path, canary: Key, target: str) -> Iterator[Watching]:
    """Watches for as long as the block lasts."""
    kube, seen = connected(kubeconfig), Watching(canary, target)
    followed = {
        CANARIES: seen.see_canaries,
        ROUTES: seen.see_routes,
        EVENTS: seen.see_events,
        PODS: seen.see_pods,
    }
    try:
        with informed(kube, followed):
            yield seen
    finally:
        kube.close()


def stand(canary: Tree) -> Stand:
    """How far a Canary object says that it is."""
    status = canary.get("status", {})
    ours = status.get("spillway", {})
    return Stand(
        phase=status.get("phase", ""),
        weight=status.get("canaryWeight", 0),
        failed_checks=status.get("failedChecks", 0),
        decision=ours.get("decision", 0),
        settled=bool(ours.get("settledAt")),
    )


def weights(route: Tree) -> list[tuple[int, ...]]:
    """The weights of each rule of a VirtualService; a single destination without one has all."""
    rules = [rule.get("route", []) for rule in route["spec"].get("http", [])]
    return [
        tuple(to.get("weight", 100 if len(rule) == 1 else 0) for to in rule)
        for rule in rules
        if rule
    ]
