"""The sample app on the lab's stage: brought, initialised, watched, and under load."""

import json
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from infra.local import apply, message, rollout
from infra.local.controllers import objects
from infra.local.kube import Kube, Tree, connected
from infra.local.lab import SYSTEM, Lab
from infra.local.load import Load
from infra.local.message import Message
from infra.local.processes import Failed
from infra.local.promote import APP, NAMESPACE
from infra.local.watching import Watching, watching
from shared.domain import events

_RATE = 100.0  # requests per second
_INITIALISED_SECONDS = 60.0
_ASK_SECONDS = 1.0


def shortened() -> Tree:
    """The Canary of the manifest, with shorter times."""
    (canary,), (patch,) = apply.read("canary.yaml"), apply.read("canary-shorter.yaml")
    changed: Tree = apply.merged(canary, patch)
    return changed


def observed(running: Lab) -> AbstractContextManager[Watching]:
    """The sample app's canary, watched."""
    return watching(running.kubeconfig, (NAMESPACE, APP), APP)


def install(
    running: Lab, seen: Watching, canary: Tree, look: Callable[[], None] = lambda: None
) -> None:
    """Brings the sample app, and waits until Spillway has taken it over."""
    kube = connected(running.kubeconfig)
    for obj in (*apply.read("deployment.yaml"), canary):
        apply.create(kube, obj)
    _tick(running)
    if not rollout.wait(
        lambda: seen.stand.phase == "Initialized" and seen.stand.settled and seen.pods == 0,
        limit=_INITIALISED_SECONDS,
        look=look,
    ):
        raise Failed(f"the canary is not initialised: {seen.stand}, {seen.messages[-3:]}")


def bring(running: Lab, seen: Watching) -> None:
    """Brings the sample app, unless an earlier lab left it: then its pods have to come back."""
    canary = shortened()
    kube = connected(running.kubeconfig)
    if kube.get(f"{apply.collection(canary)}/{APP}") is None:
        install(running, seen, canary)
        return
    if not rollout.wait(lambda: _primary_is_ready(kube), limit=_INITIALISED_SECONDS):
        raise Failed(f"no pod of {APP}-primary becomes ready again")
    _tick(running)


def _primary_is_ready(kube: Kube) -> bool:
    pods = kube.list(f"/api/v1/namespaces/{NAMESPACE}/pods")[0]
    primary = f"{APP}-primary-"
    return any(objects.is_ready(pod) for pod in pods if pod["metadata"]["name"].startswith(primary))


@contextmanager
def loaded(running: Lab) -> Iterator[Load]:
    """Requests to the sample app, for as long as the block lasts."""
    load = Load(running.ports.gateway, rollout.HOST, _RATE)
    load.start()
    try:
        yield load
    finally:
        load.stop()


def dead(running: Lab) -> Sequence[str]:
    """The dead letters, and deliveries that are still tried."""
    rollout.wait(lambda: fetch(f"{running.ports.bus}/dead")["pending"] == 0, limit=5.0)
    report = fetch(f"{running.ports.bus}/dead")
    late = [f"{report['pending']} deliveries are pending"] if report["pending"] else []
    return [*(f"dead letter: {letter}" for letter in report["letters"]), *late]


def fetch(url: str) -> Tree:
    """The JSON at an address of the lab."""
    with urllib.request.urlopen(url, timeout=_ASK_SECONDS) as answer:  # noqa: S310 - http
        found: Tree = json.load(answer)
    return found


def _tick(running: Lab) -> None:
    """Asks for a look at everything, which else the next sweep would bring."""
    about = {"specversion": "1.0", "id": str(uuid.uuid4()), "source": "/lab"}
    tick = Message({**about, "type": events.ANALYSIS_TICK}, "application/json", b"{}")
    address = f"{running.ports.bus}/{SYSTEM}/default"
    reply = message.post(address, tick, timeout=_ASK_SECONDS, headers={})
    if reply.status != 202:
        raise Failed(f"the broker answered {reply.status} to a tick")
