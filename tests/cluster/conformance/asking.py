"""Raw requests to one server, each with its answer kept for the comparison."""

import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

JSON = "application/json"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
METADATA = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
_HEADERS = ("Content-Type", "Warning")  # of an answer; the others are about the connection
_PATIENCE_SECONDS = 40.0
_BEAT_SECONDS = 0.05
_GROUPS = {
    **dict.fromkeys(("configmaps", "secrets", "services", "pods", "events"), "/api/v1"),
    **dict.fromkeys(("serviceaccounts", "endpoints"), "/api/v1"),
    "widgets": "/apis/probe.spillway.dev/v1",
    "leases": "/apis/coordination.k8s.io/v1",
    "endpointslices": "/apis/discovery.k8s.io/v1",
    "horizontalpodautoscalers": "/apis/autoscaling/v2",
    "poddisruptionbudgets": "/apis/policy/v1",
    "roles": "/apis/rbac.authorization.k8s.io/v1",
    "rolebindings": "/apis/rbac.authorization.k8s.io/v1",
}
Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is, and how to be let in."""

    url: str
    token: str = ""
    certificate: Path | None = None

    def connect(self) -> http.client.HTTPConnection:
        """A connection of its own."""
        place = urlsplit(self.url)
        if place.scheme == "http":
            return http.client.HTTPConnection(place.netloc, timeout=_PATIENCE_SECONDS)
        trust = ssl.create_default_context(cafile=str(self.certificate))
        return http.client.HTTPSConnection(place.netloc, timeout=_PATIENCE_SECONDS, context=trust)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    code: int
    headers: dict[str, str]
    body: Any

    @property
    def metadata(self) -> Tree:
        """The metadata of the object in it."""
        found: Tree = self.body["metadata"]
        return found


@dataclass(slots=True)
class Api:
    """One server as one probe sees it: a namespace of its own, and what was answered so far."""

    address: Address
    namespace: str
    steps: list[tuple[str, Tree]] = field(default_factory=list)
    _connection: http.client.HTTPConnection | None = None

    def path(self, plural: str, name: str = "", part: str = "", query: str = "") -> str:
        """The path of a collection in the probe's namespace, of an object, or of a part of one."""
        root = _GROUPS.get(plural, "/apis/apps/v1")
        words = [
            word for word in (f"{root}/namespaces/{self.namespace}/{plural}", name, part) if word
        ]
        return "/".join(words) + (f"?{query}" if query else "")

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        type_: str = JSON,
        accept: str = JSON,
        quiet: bool = False,
    ) -> Answer:
        """Sends a request; unless quiet, its answer is compared."""
        answer = self._send(method, path, body, {"Content-Type": type_, "Accept": accept})
        if not quiet:
            self._keep(f"{method} {path}", answer)
        return answer

    def get(self, path: str, accept: str = JSON, *, quiet: bool = False) -> Answer:
        """Reads."""
        return self.ask("GET", path, accept=accept, quiet=quiet)

    def post(self, path: str, body: object, *, quiet: bool = False) -> Answer:
        """Creates."""
        return self.ask("POST", path, body, quiet=quiet)

    def put(self, path: str, body: object, *, quiet: bool = False) -> Answer:
        """Replaces."""
        return self.ask("PUT", path, body, quiet=quiet)

    def patch(self, path: str, body: object, type_: str = MERGE, *, quiet: bool = False) -> Answer:
        """Changes; a merge patch where nothing else is said."""
        return self.ask("PATCH", path, body, type_=type_, quiet=quiet)

    def apply(self, path: str, body: object, query: str = "fieldManager=ci") -> Answer:
        """Applies on the server's side."""
        return self.ask("PATCH", f"{path}?{query}", body, type_=APPLY)

    def delete(self, path: str, body: object = None, *, quiet: bool = False) -> Answer:
        """Deletes."""
        return self.ask("DELETE", path, body, quiet=quiet)

    def note(self, what: str, value: object) -> None:
        """Keeps a value for the comparison that is only a part of an answer."""
        self.steps.append((what, {"value": value}))

    def until(self, path: str, holds: Callable[[Answer], bool]) -> Answer:
        """Reads until something holds; only that answer is compared."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while not holds(answer := self.get(path, quiet=True)):
            if time.monotonic() > end:
                raise TimeoutError(f"{path}: {answer}")
            time.sleep(_BEAT_SECONDS)
        self._keep(f"GET {path}", answer)
        return answer

    def gone(self, path: str) -> Answer:
        """Reads until there is nothing any more."""
        return self.until(path, lambda answer: answer.code == 404)

    @contextmanager
    def watching(self, path: str, accept: str = JSON) -> Iterator["Watch"]:
        """A watch on a connection of its own; what it sees is compared."""
        connection = self.address.connect()
        connection.request("GET", path, headers=self._headers({"Accept": accept}))
        response = connection.getresponse()
        try:
            yield Watch(self, f"WATCH {path}", response)
        finally:
            connection.close()

    def close(self) -> None:
        """Ends the connection."""
        if self._connection is not None:
            self._connection.close()

    def _send(self, method: str, path: str, body: object, headers: dict[str, str]) -> Answer:
        data = (
            body.encode()
            if isinstance(body, str)
            else None
            if body is None
            else json.dumps(body, separators=(",", ":"))
        )
        if self._connection is None:
            self._connection = self.address.connect()
        self._connection.request(method, path, data, self._headers(headers))
        response = self._connection.getresponse()
        return Answer(response.status, _shown(response), _parsed(response.read()))

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        bearer = {"Authorization": f"Bearer {self.address.token}"} if self.address.token else {}
        return {**headers, **bearer, "User-Agent": "probe/1"}

    def _keep(self, request: str, answer: Answer) -> None:
        kept = {"code": answer.code, "headers": answer.headers, "body": answer.body}
        self.steps.append((request, kept))


@dataclass(slots=True)
class Watch:
    """A watch that runs."""

    api: Api
    request: str
    response: http.client.HTTPResponse

    def see(self, count: int) -> None:
        """Keeps its next events for the comparison."""
        for _ in range(count):
            event = json.loads(self.response.readline())
            self.api.steps.append((self.request, {"event": event}))

    def end(self) -> None:
        """Keeps what it tells until the server ends it."""
        rest = [json.loads(line) for line in self.response.read().splitlines()]
        self.api.steps.append((self.request, {"last events": rest}))


def _shown(response: http.client.HTTPResponse) -> dict[str, str]:
    found = {name: response.getheader(name) for name in _HEADERS}
    return {name: value for name, value in found.items() if value}


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data.decode()
