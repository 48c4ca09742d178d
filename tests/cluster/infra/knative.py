"""Knative's own parts on loopback, and by hand what its controllers and its ingress would do.

The controllers resolve where sources and Triggers send to; the ingress takes an event, and by way
of the broker's channel it comes to the filter once for every Trigger.
"""

import http.client
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml

from infra.local.apply import create
from infra.local.background import in_background
from infra.local.controlplane import programs
from infra.local.controlplane.programs import Program
from infra.local.controlplane.published import EVENTING, folder
from infra.local.informed import informed
from infra.local.kube import Informed, Kube, KubeError, Tree
from infra.local.processes import Part, free_ports

SYSTEM = "knative-eventing"
PINGS = "/apis/sources.knative.dev/v1/namespaces/spillway/pingsources"
TRIGGERS = "/apis/eventing.knative.dev/v1/namespaces/spillway/triggers"
_PLURALS = {"Deployment": "deployments", "Canary": "canaries"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the filter answered for one Trigger to one event: what the broker acts upon."""

    type: str
    trigger: str
    status: int


@dataclass(slots=True)
class Broker:
    """The ingress of the broker `default`: what it handed out, and what was answered."""

    url: str
    replies: list[Reply] = field(default_factory=list)

    def to(self, trigger: str, type_: str) -> list[int]:
        """The statuses of one Trigger's deliveries of one type."""
        return [r.status for r in self.replies if (r.trigger, r.type) == (trigger, type_)]


def configure(kube: Kube) -> None:
    """The ConfigMaps that Knative's parts read, as they are published, but with metrics."""
    create(kube, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}})
    for path in sorted((folder(EVENTING) / "config/core/configmaps").glob("*.yaml")):
        for item in yaml.safe_load_all(path.read_text()):
            if item["metadata"]["name"] == "config-observability":
                item["data"] = {"metrics-protocol": "prometheus"}
            kube.create(f"/api/v1/namespaces/{SYSTEM}/configmaps", item)


def part(program: Program, kubeconfig: Path, ready: Callable[[], bool], **more: str) -> Part:
    """One of them, as it would be in its pod."""
    environ = {
        "SYSTEM_NAMESPACE": SYSTEM,
        "NAMESPACE": SYSTEM,
        "POD_NAME": program.name,
        "CONTAINER_NAME": program.name,
        "CONFIG_LOGGING_NAME": "config-logging",
        "CONFIG_OBSERVABILITY_NAME": "config-observability",
        "CONFIG_LEADERELECTION_NAME": "config-leader-election",
        "K_NO_SHUTDOWN_AFTER": "1",
        "K_SINK_TIMEOUT": "-1",
        "METRICS_PROMETHEUS_HOST": "127.0.0.1",
        "METRICS_PROMETHEUS_PORT": str(free_ports(1)[0]),
        **more,
    }
    command = (str(programs.found(program)), f"-kubeconfig={kubeconfig}")
    return Part(program.name, command, ready, environ)


def the_filter(kubeconfig: Path) -> tuple[Part, str]:
    """The broker's filter, and its address."""
    plain, secure = free_ports(2)
    ports = {"FILTER_PORT": str(plain), "FILTER_PORT_HTTPS": str(secure)}
    made = part(programs.BROKER_FILTER, kubeconfig, lambda: listens(plain), **ports)
    return made, f"http://127.0.0.1:{plain}"


def ping_sources(kubeconfig: Path) -> Part:
    """The adapter of all PingSources. It shows itself by its events alone."""
    return part(programs.PING_SOURCES, kubeconfig, lambda: True)


def object_source(kubeconfig: Path, sink: str, spec: Tree) -> Part:
    """The adapter of one ApiServerSource, as its controller makes it of the spec."""
    watched = [
        {"gvr": {"Group": group, "Version": version, "Resource": _PLURALS[resource["kind"]]}}
        for resource in spec["resources"]
        for group, _, version in [resource["apiVersion"].partition("/")]
    ]
    everywhere = spec["namespaceSelector"] == {}
    config = {"namespaces": [""], "allNamespaces": everywhere, "resources": watched}
    return part(
        programs.OBJECT_SOURCES,
        kubeconfig,
        lambda: True,
        NAME="spillway-changes",
        K_SINK=sink,
        K_SOURCE_CONFIG=json.dumps({**config, "mode": spec["mode"]}),
    )


@contextmanager
def a_broker(triggers: Callable[[], Mapping[str, str]], filter_url: str) -> Iterator[Broker]:
    """An ingress that hands each event to the filter of every Trigger, by name and uid, at once."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = dict(self.headers.items())
            self.send_response(202)
            self.end_headers()
            for name, uid in triggers().items():
                status = handed_over(filter_url, name, uid, headers, body)
                broker.replies.append(Reply(self.headers["ce-type"], name, status))

        def log_message(self, format: str, *args: object) -> None:
            """Keeps the output of tests quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    broker = Broker(f"http://127.0.0.1:{server.server_port}/spillway/default")
    with in_background(server):
        yield broker


def handed_over(
    filter_url: str, trigger: str, uid: str, headers: Mapping[str, str], body: bytes
) -> int:
    """What the filter answers for one Trigger to one event."""
    connection = http.client.HTTPConnection(filter_url.removeprefix("http://"), timeout=30)
    sent = {name: value for name, value in headers.items() if name.lower() not in _OF_THE_HOP}
    try:
        connection.request(
            "POST",
            f"/triggers/spillway/{trigger}/{uid}",
            body,
            {**sent, "ce-knativebrokerttl": "255"},
        )
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


_OF_THE_HOP = ("host", "content-length", "connection", "accept-encoding")


@contextmanager
def addresses(kube: Kube, sink: str, subscribers: Mapping[str, str]) -> Iterator[None]:
    """Resolves where PingSources and Triggers send to, for as long as the block lasts."""

    def to_the_broker(_: Tree) -> Tree:
        return {"sinkUri": sink}

    def to_its_function(trigger: Tree) -> Tree:
        return {"subscriberUri": subscribers[trigger["spec"]["subscriber"]["ref"]["name"]]}

    followed = {PINGS: to_the_broker, TRIGGERS: to_its_function}
    with informed(kube, {path: _resolve(kube, path, where) for path, where in followed.items()}):
        yield


def _resolve(kube: Kube, path: str, where: Callable[[Tree], Tree]) -> Callable[[Informed], None]:
    """Writes the status of each object of a collection once for each of its generations."""

    def look(store: Informed) -> None:
        for item in store.values():
            generation = item["metadata"]["generation"]
            if item.get("status", {}).get("observedGeneration") != generation:
                ready = {"conditions": [{"type": "Ready", "status": "True"}]}
                status = {"observedGeneration": generation, **ready, **where(item)}
                with suppress(KubeError):  # it may be gone by now
                    kube.patch(f"{path}/{item['metadata']['name']}/status", {"status": status})

    return look


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
