"""What the bus and the clock of a play go by, and what became of its events."""

import time
from collections.abc import Mapping

from infra.local import broker
from infra.local.apply import create
from infra.local.kube import Kube, Tree
from shared.domain import events
from tests.cluster.plane import SYSTEM

ADDRESS = f"/{SYSTEM}/default"  # of the broker, on its server
_QUIET_SECONDS = 30.0
_POLL = 0.1
_SWEEP = "*/4 * * * * *"  # what nobody tells of is found by then
_DELIVERY = {
    "retry": 5,
    "backoffPolicy": "exponential",
    "backoffDelay": "PT0.2S",
    "timeout": "PT60S",
}
_SUBSCRIBERS = {
    events.PROMOTION_REQUESTED: "start_canary",
    events.ANALYSIS_TICK: "analysis_tick",
    events.PING: "analysis_tick",
    events.ROLLBACK_REQUESTED: "rollback",
}


def letters(bus: broker.Broker) -> list[str]:
    """What nobody took; deliveries that are under way are waited for."""
    ends = time.monotonic() + _QUIET_SECONDS
    while bus.pending and time.monotonic() < ends:
        time.sleep(_POLL)
    late = [f"{bus.pending} deliveries are still tried"] if bus.pending else []
    return [*(str(letter) for letter in bus.dead), *late]


def subscribe(kube: Kube, functions: Mapping[str, str]) -> None:
    """Tells the bus who wants what, and the clock to sweep."""
    for number, (kind, function) in enumerate(_SUBSCRIBERS.items()):
        spec = {
            "broker": "default",
            "filter": {"attributes": {"type": kind}},
            "subscriber": {"uri": functions[function]},
            "delivery": _DELIVERY,
        }
        create(kube, _named("eventing.knative.dev/v1", "Trigger", f"wanted-{number}", spec))
    ref = {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "name": "default"}
    sweep = {"schedule": _SWEEP, "sink": {"ref": ref}}
    create(kube, _named("sources.knative.dev/v1", "PingSource", "sweep-of-the-play", sweep))


def _named(version: str, kind: str, name: str, spec: Tree) -> Tree:
    metadata = {"namespace": SYSTEM, "name": name}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}
