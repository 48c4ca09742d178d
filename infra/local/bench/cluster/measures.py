"""What is measured: whole releases, promotions, and passes in which there is nothing to do."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from infra.local import promote
from infra.local.bench.cluster import meter
from infra.local.bench.cluster.audit import by_kind
from infra.local.bench.cluster.fleet import Fleet, watching
from infra.local.bench.cluster.stand import KEY, Stand
from infra.local.kube import Informed, Key, Tree
from infra.local.processes import Failed
from shared.adapters import paths

_PATIENCE = 600.0  # seconds
_REACTION_SECONDS = 30.0
_DEPLOYMENTS = "/apis/apps/v1/deployments"


@dataclass(frozen=True, slots=True)
class Use:
    """What the functions used, together: calls of the API server, and what they cost."""

    calls: Counter[tuple[str, str]]  # by verb and resource
    writes: int
    queries: int
    cpu: float  # seconds
    sent: int  # bytes to the API server
    answered: int
    peak: float  # MB


@dataclass(frozen=True, slots=True)
class Release:
    """A release of some canaries at once, from the first changed image on. Times in seconds."""

    size: int
    use: Use
    moved: float  # until the last had all its traffic on one version
    done: float  # until the last was at rest

    def each(self, number: float) -> float:
        """A canary's share of a number."""
        return number / self.size


class Counting:
    """Counts from its making until `use`."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._audit = stand.audit()
        self._queries = stand.source.queries
        self._bytes = stand.wire.sent, stand.wire.answered
        self._cpu = meter.cpu_seconds(stand.processes)

    def use(self, peak: float = 0.0) -> Use:
        """What was used since then."""
        stand, calls = self._stand, self._audit.calls()
        return Use(
            calls=by_kind(calls),
            writes=sum(call.writes for call in calls),
            queries=stand.source.queries - self._queries,
            cpu=meter.cpu_seconds(stand.processes) - self._cpu,
            sent=stand.wire.sent - self._bytes[0],
            answered=stand.wire.answered - self._bytes[1],
            peak=peak,
        )


def initialised(fleet: Fleet) -> None:
    """Takes the canaries up, and waits until the beat has ended."""
    fleet.sweep()
    fleet.wait(["Initialized"], _PATIENCE)
    _wait_until_still(fleet.stand)


def release(fleet: Fleet, image: str, *, ends: str) -> Release:
    """A release of all of them at once; what is bad is known to the source of metrics."""
    counting, began = Counting(fleet.stand), datetime.now(UTC)
    with meter.watched(fleet.stand.processes) as peak:
        fleet.release(image)
        fleet.wait([ends], _PATIENCE)
        _wait_until_still(fleet.stand)
    blocks = [status["spillway"] for status in fleet.statuses()]
    return Release(
        size=len(fleet.keys),
        use=counting.use(peak.megabytes),
        moved=max(_seconds(began, block["weights"]["settledAt"]) for block in blocks),
        done=max(_seconds(began, block["settledAt"]) for block in blocks),
    )


def sweep(fleet: Fleet) -> Use:
    """One sweep over canaries at rest."""
    counting = Counting(fleet.stand)
    with meter.watched(fleet.stand.processes) as peak:
        fleet.sweep()
        fleet.stand.broker.wait_until_idle(_PATIENCE)
        time.sleep(1.5)  # for one look at the memory at least
    return counting.use(peak.megabytes)


def reactions(fleet: Fleet, image: str) -> list[float]:
    """Seconds from the webhook's answer to replicas of the target, for each in turn; the releases
    then go on, side by side.
    """
    found = []
    with watching(fleet.stand.kube, _DEPLOYMENTS) as deployments:
        for key in fleet.keys:
            up = threading.Event()

            def look(store: Informed, key: Key = key, up: threading.Event = up) -> None:
                if _replicas(store, key) > 0:
                    up.set()

            deployments.on_change = look
            _promote(fleet.stand, key, image)
            began = time.monotonic()
            if not up.wait(_REACTION_SECONDS):
                raise Failed(f"{key} is not scaled up")
            found.append(time.monotonic() - began)
    fleet.wait(["Succeeded"], _PATIENCE)
    _wait_until_still(fleet.stand)
    return found


def quantile(times: Sequence[float], share: float) -> float:
    """The time that this share of them does not exceed."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _promote(stand: Stand, key: Key, image: str) -> None:
    now, (namespace, name) = datetime.now(UTC), key
    said = {
        "id": f"{name}-{image}",
        "time": now.isoformat(),
        "app": name,
        "version": image.partition(":")[2],
        "environment": "production",
        "namespace": namespace,
        "image": image,
    }
    status, answer = promote.send(stand.webhook, KEY, said, now)
    if status != 202:
        raise Failed(f"the webhook answered {status}: {answer}")


def _replicas(store: Informed, key: Key) -> int:
    found: Tree = store.get(key, {"spec": {"replicas": 0}})
    return int(found["spec"]["replicas"])


def _wait_until_still(stand: Stand) -> None:
    """Until the beat has ended, and no event is under way."""
    ends = time.monotonic() + _REACTION_SECONDS
    while stand.kube.list(paths.ping_sources("spillway"))[0]:
        if time.monotonic() > ends:
            raise Failed("the beat goes on with nobody that waits")
        time.sleep(0.2)
    stand.broker.wait_until_idle(_REACTION_SECONDS)


def _seconds(began: datetime, then: str) -> float:
    return (datetime.fromisoformat(then) - began).total_seconds()
