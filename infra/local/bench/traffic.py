"""How fast a running lab reacts: a promotion scales its target up, a weight reaches the traffic."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.client import HTTPConnection

from infra.local import message, promote, rollout
from infra.local.kube import Kube, Tree
from infra.local.lab import SYSTEM, Lab
from infra.local.message import Message
from infra.local.processes import Failed
from infra.local.promote import APP, NAMESPACE
from infra.local.watching import Watching
from shared.domain import events

_PATIENCE = 30.0  # seconds, for anything
_POLL_SECONDS = 0.002
_HOST = "bench.example.com"
_RUNNING = "Progressing"
_SHOP = "bench"  # the namespace of two versions between which a route goes to and fro
_VERSIONS = ("1.0.0", "2.0.0")
_TARGET = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{APP}"
_DEPLOYMENTS = f"/apis/apps/v1/namespaces/{_SHOP}/deployments"
_SERVICES = f"/api/v1/namespaces/{_SHOP}/services"
_ROUTES = f"/apis/networking.istio.io/v1/namespaces/{_SHOP}/virtualservices"


def scale_up(lab: Lab, seen: Watching, kube: Kube, version: str) -> float:
    """Seconds from a signed POST until the target is to have pods. The run is then taken back."""
    before = len(seen.stands)
    now = datetime.now(UTC)
    said = promote.promotion(version, now)
    begun = time.monotonic()
    status, answer = promote.send(lab.ports.webhook, lab.secret.read_bytes(), said, now)
    if status != 202:
        raise Failed(f"the webhook answered {status} to {version}: {answer}")
    _wait(lambda: _replicas(kube) > 0)
    seconds = time.monotonic() - begun
    _wait(lambda: any(stand.phase == _RUNNING and stand.settled for stand in seen.stands[before:]))
    _wish_back(lab)
    _wait(lambda: rollout.is_at_rest(seen, before) and _replicas(kube) == 0)
    return seconds


def bring_versions(lab: Lab, kube: Kube) -> None:
    """Two versions of the sample app, and a route that gives all to the first, once it answers."""
    kube.create("/api/v1/namespaces", {"metadata": {"name": _SHOP}})
    for version in _VERSIONS:
        kube.create(_DEPLOYMENTS, _deployment(version))
        kube.create(_SERVICES, _service(version))
    kube.create(_ROUTES, _route(_VERSIONS[1]))
    _wait(lambda: _answering(lab) == _VERSIONS[1])
    shift(lab, kube, 0)


def shift(lab: Lab, kube: Kube, to: int) -> float:
    """Seconds from the answer to a write of all the weight until the first request follows it."""
    kube.patch(f"{_ROUTES}/app", {"spec": _route(_VERSIONS[to])["spec"]})
    begun = time.monotonic()
    _wait(lambda: _answering(lab) == _VERSIONS[to])
    return time.monotonic() - begun


def _wait(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise Failed(f"not within {_PATIENCE:g} s")
        time.sleep(_POLL_SECONDS)


def _replicas(kube: Kube) -> int:
    found = kube.get(_TARGET) or {"spec": {"replicas": 0}}
    return int(found["spec"]["replicas"])


def _wish_back(lab: Lab) -> None:
    now = datetime.now(UTC).isoformat()
    about = {"specversion": "1.0", "id": f"bench-{now}", "source": "/bench", "time": now}
    wish = {"namespace": NAMESPACE, "canary": APP, "reason": "measured", "requestedBy": "bench"}
    event = Message(
        {**about, "type": events.ROLLBACK_REQUESTED}, "application/json", json.dumps(wish).encode()
    )
    message.post(f"{lab.ports.bus}/{SYSTEM}/default", event, timeout=_PATIENCE, headers={})


def _answering(lab: Lab) -> str | None:
    connection = HTTPConnection(lab.ports.gateway, timeout=_PATIENCE)
    try:
        connection.request("GET", "/", headers={"Host": _HOST})
        response = connection.getresponse()
        response.read()
        return response.getheader("x-version")
    finally:
        connection.close()


def _deployment(version: str) -> Tree:
    labels = {"app": _name(version)}
    container = {
        "name": "app",
        "image": f"croc-hunter:{version}",
        "ports": [{"name": "http", "containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 1},
    }
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": _name(version)},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
    }


def _service(version: str) -> Tree:
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    return {
        "metadata": {"name": _name(version)},
        "spec": {"selector": {"app": _name(version)}, "ports": ports},
    }


def _route(version: str) -> Tree:
    """As Flagger writes routes: both destinations are always named."""
    shares = [
        {"destination": {"host": _name(one)}, "weight": 100 if one == version else 0}
        for one in _VERSIONS
    ]
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "app"},
        "spec": {"hosts": [_HOST], "http": [{"route": shares}]},
    }


def _name(version: str) -> str:
    return f"app-{version[0]}"
