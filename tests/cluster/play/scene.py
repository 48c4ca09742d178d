"""One app with its canary in a namespace of its own, and what people do to it."""

import json
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from infra.local import apply, promote
from infra.local.kube import Tree
from shared.domain import events
from tests.cluster.play.bus import ADDRESS
from tests.cluster.play.stage import Stage
from tests.cluster.play.witness import APP, Stand

_LIMIT = 90.0  # seconds; no part of a rollout takes a quarter of that on an idle machine
_ENDS = ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class Scene:
    """A namespace on the stage."""

    namespace: str
    stage: Stage

    @property
    def canary(self) -> str:
        """The path of the Canary."""
        return f"/apis/flagger.app/v1beta1/namespaces/{self.namespace}/canaries/{APP}"

    def deployment(self, name: str = APP) -> str:
        """The path of a Deployment."""
        return f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{name}"

    def bring(self, *, name: str = APP, **spec: Tree | int | bool | str) -> None:
        """The app comes with its Canary: as below, but for these fields of its spec."""
        apply.create(self.stage.kube, target(self.namespace, name))
        self.bring_canary(name, spec)

    def bring_canary(self, name: str = APP, spec: Tree | None = None) -> None:
        """The Canary alone."""
        apply.create(self.stage.kube, canary(self.namespace, name, spec or {}))

    def until(self, holds: Callable[[Stand], bool]) -> Stand:
        """Waits for a status that is in force."""
        return self.stage.witness.until(self.namespace, lambda s: s.settled and holds(s), _LIMIT)

    def until_asked(self, holds: Callable[[Stand], bool]) -> Stand:
        """Waits for a status, in force or not."""
        return self.stage.witness.until(self.namespace, holds, _LIMIT)

    def until_initialized(self) -> None:
        """Waits until Spillway has taken it up, and rests."""
        self.until(lambda s: s.phase == "Initialized" and s.rests)

    def until_weight(self, weight: int) -> None:
        """Waits until a run has come so far."""
        self.until(lambda s: s.phase == "Progressing" and s.weight == weight)

    def until_over(self) -> None:
        """Waits until a run has ended, and nothing is to come."""
        before = self.stage.witness.stands[self.namespace]
        since = len(before)
        while not any(s.phase == "Progressing" for s in before[since - 1 :]):
            self.until(lambda s: s.phase == "Progressing")
        self.until(lambda s: s.phase in _ENDS and s.rests)

    def until_gone(self, path: str) -> None:
        """Waits until there is no such object any more."""
        ends = time.monotonic() + _LIMIT
        while self.stage.kube.get(path) is not None:
            if time.monotonic() > ends:
                raise TimeoutError(f"{path} does not go")
            self.sleep(0.2)

    def promote(self, version: str) -> None:
        """A pipeline says that it has promoted a version, and where its image is."""
        now = datetime.now(UTC)
        said = {
            "id": f"{self.namespace}-{version}",
            "time": now.isoformat(),
            "app": APP,
            "version": version,
            "environment": "production",
            "namespace": self.namespace,
            "image": f"app:{version}",
        }
        url = self.stage.functions.addresses["promotion_webhook"]
        assert promote.send(url, self.stage.functions.key, said, now)[0] == 202

    def set_image(self, version: str) -> None:
        """As `kubectl set image` does it."""
        containers = [{"name": APP, "image": f"app:{version}"}]
        body = {"spec": {"template": {"spec": {"containers": containers}}}}
        self.stage.kube.patch(self.deployment(), body, "strategic")

    def edit(self, **spec: Tree | int | bool | str) -> None:
        """The Canary's owner changes its spec; a merge patch."""
        self.stage.kube.patch(self.canary, {"spec": spec})

    def wish_back(self, reason: str) -> None:
        """Somebody wants the run to go back."""
        said = {"namespace": self.namespace, "canary": APP, "reason": reason, "requestedBy": "ann"}
        headers = {
            "ce-specversion": "1.0",
            "ce-id": f"wish-{self.namespace}",
            "ce-source": "/people/ann",
            "ce-type": events.ROLLBACK_REQUESTED,
            "ce-time": datetime.now(UTC).isoformat(),
            "content-type": "application/json",
        }
        url = self.stage.address + ADDRESS
        request = urllib.request.Request(url, json.dumps(said).encode(), headers)
        urllib.request.urlopen(request, timeout=5.0).close()

    def sleep(self, seconds: float) -> None:
        """Nobody does anything."""
        time.sleep(seconds)


def target(namespace: str, name: str) -> Tree:
    """The Deployment that people deploy to."""
    labels = {"app": name}
    container = {"name": name, "image": "app:1.0.0", "ports": [{"containerPort": 8080}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def canary(namespace: str, name: str, changes: Tree) -> Tree:
    """A Canary of two steps, 20 and 40 %, four seconds apart, judged by both builtin metrics."""
    spec: Tree = {
        "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "progressDeadlineSeconds": 60,
        "service": {"port": 80, "targetPort": 8080},
        "analysis": {
            "interval": "4s",
            "threshold": 2,
            "stepWeight": 20,
            "maxWeight": 40,
            "drainSeconds": 1,
            "metrics": [
                {"name": "request-success-rate", "thresholdRange": {"min": 99}, "interval": "6s"},
                {"name": "request-duration", "thresholdRange": {"max": 500}, "interval": "6s"},
            ],
        },
    }
    return {
        "apiVersion": "flagger.app/v1beta1",
        "kind": "Canary",
        "metadata": {"name": name, "namespace": namespace},
        "spec": apply.merged(spec, changes),
    }
