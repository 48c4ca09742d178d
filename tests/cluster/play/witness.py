"""Whoever watches all rollouts at once, through the Kubernetes API alone."""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from infra.local.kube import Informed, Key, Tree
from infra.local.watching import weights

APP = "app"  # the name of the canary and of its target, in every namespace


@dataclass(frozen=True, slots=True)
class Stand:
    """How far a canary is. `routed`: its weights are asked for; `rests`: it is settled, and waits
    for nothing.
    """

    phase: str = ""
    weight: int = 0
    failed_checks: int = 0
    inconclusive: int = 0
    generation: int = 0  # of the spec that was looked at
    accepted: bool = True
    routed: bool = False
    settled: bool = False
    rests: bool = False


class Witness:
    """What was seen of each namespace's canary and routes. Lists only grow."""

    def __init__(self) -> None:
        self.stands: dict[str, list[Stand]] = defaultdict(list)
        self.routes: dict[str, list[tuple[int, ...]]] = defaultdict(list)  # of each rule written
        self._versions: dict[tuple[str, Key], str] = {}
        self._changed = threading.Condition()

    def see_canaries(self, store: Informed) -> None:
        """Notes every new status of a canary."""
        for (namespace, name), canary in self._new("canary", store):
            if name == APP:
                self.stands[namespace].append(stand(canary))
        with self._changed:
            self._changed.notify_all()

    def see_routes(self, store: Informed) -> None:
        """Notes the weights of every VirtualService that was written."""
        for (namespace, _), route in self._new("route", store):
            self.routes[namespace].extend(weights(route))

    def until(self, namespace: str, holds: Callable[[Stand], bool], limit: float) -> Stand:
        """Returns as soon as the newest status of a canary is as wanted; TimeoutError if never."""
        with self._changed:
            if not self._changed.wait_for(lambda: holds(self._newest(namespace)), limit):
                seen = [str(one) for one in self.stands[namespace][-5:]]
                raise TimeoutError(f"{namespace}: not within {limit:g} s, but {seen}")
        return self._newest(namespace)

    def _newest(self, namespace: str) -> Stand:
        stands = self.stands[namespace]
        return stands[-1] if stands else Stand()

    def _new(self, kind: str, store: Informed) -> list[tuple[Key, Tree]]:
        found = []
        for key, obj in store.items():
            version = obj["metadata"]["resourceVersion"]
            if self._versions.get((kind, key)) != version:
                self._versions[kind, key] = version
                found.append((key, obj))
        return found


def stand(canary: Tree) -> Stand:
    """How far a Canary object says that it is."""
    status = canary.get("status", {})
    ours = status.get("spillway", {})
    settled = bool(ours.get("settledAt"))
    accepted = [c["status"] for c in status.get("conditions", []) if c["type"] == "Accepted"]
    return Stand(
        phase=status.get("phase", ""),
        weight=status.get("canaryWeight", 0),
        failed_checks=status.get("failedChecks", 0),
        inconclusive=ours.get("inconclusiveChecks", 0),
        generation=ours.get("observedGeneration", 0),
        accepted="False" not in accepted,
        routed="weights" in ours,
        settled=settled,
        rests=settled and not ours.get("nextTickTime"),
    )
