"""Everything outside of a pass behind one port, which counts what it is asked.

The API server is the lab's. Prometheus and the bus are stand-ins: what they answer costs nothing,
how often they are asked is the figure.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Thread

from infra.local.apiserver import server, views
from infra.local.apiserver.errors import ApiError
from infra.local.apiserver.messages import Reply, Request
from infra.local.apiserver.routes import Routes
from infra.local.apiserver.server import Server
from infra.local.apiserver.trees import Tree
from infra.local.apiserver.views import Form
from infra.local.apiserver.wire import Listener

_INFRA = Path(__file__).parents[2]
_POLL_SECONDS = 0.01
_BUS = "bus"
_QUERY = ("api", "v1", "query")
_WORKLOADS = re.compile(r'destination_workload=~"([^"]*)"')


class Kind(StrEnum):
    """The kinds of outside calls."""

    LIST = "LIST page"
    METADATA = "metadata LIST page"
    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"
    QUERY = "query"
    PUBLISH = "publish"


READS = frozenset({Kind.LIST, Kind.METADATA, Kind.GET})
WRITES = frozenset({Kind.POST, Kind.PUT, Kind.PATCH, Kind.DELETE})  # of Kubernetes


@dataclass(frozen=True, slots=True)
class Call:
    """One call: its kind, what it was about, and how many bytes were answered."""

    kind: Kind
    about: str
    size: int


@dataclass(slots=True)
class Outside:
    """The outside, the calls it has had, and how the canaries' metrics are."""

    routes: Routes
    port: int = 0
    namespaces: dict[str, str] = field(default_factory=dict)  # of the workloads with metrics
    bad: bool = False
    calls: list[Call] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The API server, and Prometheus."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def sink(self) -> str:
        """The bus."""
        return f"{self.url}/{_BUS}"

    def answer(self, request: Request) -> Reply:
        """The reply to any request, which is counted."""
        reply = self._reply(request)
        body = reply.body if isinstance(reply.body, str) else _encoded(reply.body)
        self.calls.append(Call(_kind(request), "/".join(request.path), len(body.encode())))
        return Reply(body, reply.code, reply.content_type)

    def _reply(self, request: Request) -> Reply:
        if request.path == (_BUS,):
            return Reply("", 202)
        if request.path == _QUERY:
            share = 0.1 if self.bad else 1.0
            result = vector(request.query["query"], self.namespaces, share=share)
            data = {"resultType": "vector", "result": result}
            return Reply({"status": "success", "data": data})
        try:
            found = self.routes.answer(request)
        except ApiError as error:
            return Reply(error.status(), error.code)
        assert isinstance(found, Reply), "Spillway never watches"
        return found


@contextmanager
def around(api: Server) -> Iterator[Outside]:
    """Counts what is asked through another port of an API server, until the block is left."""
    outside = Outside(Routes(api.verbs))
    listener = Listener(0, outside.answer)
    outside.port = listener.server_address[1]
    thread = Thread(target=listener.serve_forever, args=(_POLL_SECONDS,))
    thread.start()
    try:
        yield outside
    finally:
        listener.shutdown()
        listener.hang_up()
        listener.server_close()
        thread.join()


@contextmanager
def an_api_server() -> Iterator[Server]:
    """A fresh one with the kinds of the product and of the lab."""
    running = server.start()
    try:
        for folder in (_INFRA / "crds", _INFRA / "local" / "crds"):
            running.install(server.manifests(folder))
        yield running
    finally:
        running.stop()


def vector(query: str, namespaces: Mapping[str, str], *, share: float) -> list[Tree]:
    """Prometheus's answer to a question about these workloads: a share of requests is good."""
    named = _WORKLOADS.search(query)
    asked = [name for name in (named[1].split("|") if named else ()) if name in namespaces]
    rates = {"200": share, "500": 1 - share} if "requests_total" in query else {"": 100.0}
    return [
        {
            "metric": {
                "destination_workload_namespace": namespaces[name],
                "destination_workload": name,
                **({"response_code": code} if code else {}),
            },
            "value": [0, str(number)],
        }
        for name in asked
        for code, number in rates.items()
    ]


def _kind(request: Request) -> Kind:
    if request.path == (_BUS,):
        return Kind.PUBLISH
    if request.path == _QUERY:
        return Kind.QUERY
    if request.method != "GET" or not _is_collection(request.path):
        return Kind(request.method)
    return Kind.METADATA if views.form(request.accept) is Form.METADATA else Kind.LIST


def _is_collection(path: tuple[str, ...]) -> bool:
    """/api/VERSION/… or /apis/GROUP/VERSION/…, then the namespace, then one word: the plural."""
    _, _, *rest = path if path[0] == "api" else path[1:]
    return len(rest[2:] if rest[0] == "namespaces" and len(rest) > 2 else rest) == 1


def _encoded(value: Tree) -> str:
    return json.dumps(value, separators=(",", ":"))
