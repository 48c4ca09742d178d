"""A tiny Kubernetes client for the lab's own parts: API paths in, JSON objects out."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3
import yaml

Tree = dict[str, Any]  # an API object of any kind: its shape is its schema's business
Key = tuple[str, str]  # namespace (empty for what has none) and name
Informed = Mapping[Key, Tree]
Listing = tuple[list[Tree], str]  # objects, and the resourceVersion of the collection
Body = Mapping[str, Any] | list[Tree]

_PATCHES = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}
_WATCH_SECONDS = 1  # how long an informer may overlook its stop
_PAUSE_SECONDS = 0.2  # between two tries while the server cannot be reached
_SLACK_SECONDS = 5.0  # how much later than promised a server may end a watch
_BUSY = urllib3.Retry(  # of a server that is not ready (429): it did nothing, and soon is
    total=None,
    connect=False,
    read=False,
    redirect=False,
    status=5,
    status_forcelist=[429],
    allowed_methods=None,
    raise_on_status=False,
    respect_retry_after_header=False,  # in whole seconds, and a kind that is new needs a tenth
    backoff_factor=_PAUSE_SECONDS / 4,
)


class KubeError(Exception):
    """The server refused (its HTTP status) or could not be reached (status 0)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class Kube:
    """One API server; safe to share between threads."""

    def __init__(
        self, url: str, *, token: str = "", trusted: str | None = None, timeout: float = 10.0
    ) -> None:
        """At an address; with a token and a file of trusted certificates where it wants them."""
        self.url = url
        self._timeout = urllib3.Timeout(connect=1.0, read=timeout)
        self._sent = {"Authorization": f"Bearer {token}"} if token else {}
        self._pool = urllib3.PoolManager(maxsize=16, retries=_BUSY, ca_certs=trusted)

    def close(self) -> None:
        """Closes the idle connections."""
        self._pool.clear()

    def get(self, path: str) -> Tree | None:
        """The object at a path; None where there is none."""
        try:
            return self._call("GET", path)
        except KubeError as error:
            if error.status == 404:
                return None
            raise

    def list(self, path: str, selector: str = "") -> Listing:
        """All objects of a collection, and the resourceVersion to watch from.

        The items of builtin lists come without their type; here they have it, as in a watch.
        """
        query = f"?{urlencode({'labelSelector': selector})}" if selector else ""
        found = self._call("GET", path + query)
        type_ = {"apiVersion": found["apiVersion"], "kind": found["kind"].removesuffix("List")}
        return [{**type_, **item} for item in found["items"]], found["metadata"]["resourceVersion"]

    def create(self, path: str, obj: Mapping[str, Any]) -> Tree:
        """Creates an object in the collection at a path."""
        return self._call("POST", path, obj)

    def replace(self, path: str, obj: Mapping[str, Any]) -> Tree:
        """Replaces the object at a path; 409 when its resourceVersion is stale."""
        return self._call("PUT", path, obj)

    def patch(self, path: str, body: Body, kind: str = "merge") -> Tree:
        """Changes parts of the object at a path; kind is merge, json or strategic."""
        return self._call("PATCH", path, body, _PATCHES[kind])

    def delete(
        self,
        path: str,
        *,
        grace_seconds: int | None = None,
        propagation: str = "Background",
    ) -> None:
        """Deletes the object at a path; fine when it is gone already.

        A bound pod goes in two steps, as on every cluster: the first delete only marks it, and
        the kubelet that has ended its processes deletes it again with grace_seconds=0.
        """
        options: Tree = {"propagationPolicy": propagation}
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        try:
            self._call("DELETE", path, options)
        except KubeError as error:
            if error.status != 404:
                raise

    def watch(
        self, path: str, resource_version: str, timeout: int = 60, selector: str = ""
    ) -> Iterator[tuple[str, Tree]]:
        """Changes of a collection after a version, until the timeout: type and object.

        Raises KubeError 410 when the server no longer knows that version: list again.
        """
        query = {"watch": "1", "resourceVersion": resource_version, "timeoutSeconds": str(timeout)}
        if selector:
            query["labelSelector"] = selector
        read_timeout = urllib3.Timeout(connect=1.0, read=timeout + _SLACK_SECONDS)
        response = self._send("GET", f"{path}?{urlencode(query)}", timeout=read_timeout)
        try:
            for line in _lines(response):
                event = json.loads(line)
                if event["type"] == "ERROR":
                    raise KubeError(event["object"]["code"], event["object"]["message"])
                yield event["type"], event["object"]
        except urllib3.exceptions.HTTPError as error:
            raise KubeError(0, f"watch {path}: {error}") from error
        finally:
            response.close()

    def _call(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        content_type: str = "application/json",
    ) -> Tree:
        data = None if body is None else json.dumps(body).encode()
        response = self._send(method, path, data, content_type, timeout=self._timeout)
        try:
            answer: Tree = json.loads(response.read())
        except urllib3.exceptions.HTTPError as error:
            raise KubeError(0, f"{method} {path}: {error}") from error
        finally:
            response.release_conn()
        return answer

    def _send(
        self,
        method: str,
        path: str,
        data: bytes | None = None,
        content_type: str = "application/json",
        *,
        timeout: urllib3.Timeout,
    ) -> urllib3.BaseHTTPResponse:
        try:
            response = self._pool.request(
                method,
                self.url + path,
                body=data,
                headers={**self._sent, "Accept": "application/json", "Content-Type": content_type},
                timeout=timeout,
                preload_content=False,
            )
            if response.status >= 400:
                raise KubeError(response.status, _message(response))
        except urllib3.exceptions.HTTPError as error:
            raise KubeError(0, f"{method} {path}: {error}") from error
        return response


def connected(kubeconfig: Path) -> Kube:
    """The API server of a kubeconfig, as its only user: by a token, or by none."""
    config = yaml.safe_load(kubeconfig.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    trusted = cluster.get("certificate-authority")
    return Kube(cluster["server"], token=user.get("token", ""), trusted=trusted)


def informer(
    kube: Kube,
    path: str,
    on_change: Callable[[Informed], None],
    stop: threading.Event,
    selector: str = "",
) -> None:
    """Keeps all objects of a collection and tells every change of them, until stopped.

    A server that is unreachable or busy is tried again; a version that is too old is listed
    anew. What on_change raises ends the informer: a bug must not look like a quiet cluster.
    """
    while not stop.is_set():
        try:
            items, version = kube.list(path, selector)
            store = {key_of(item): item for item in items}
            on_change(store)
            while not stop.is_set():
                version = _follow(kube, path, selector, version, store, on_change)
        except KubeError as error:
            if error.status not in (0, 410, 429) and error.status < 500:
                raise
            stop.wait(_PAUSE_SECONDS)


def key_of(obj: Tree) -> Key:
    """Namespace and name of an object."""
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def _follow(
    kube: Kube,
    path: str,
    selector: str,
    version: str,
    store: dict[Key, Tree],
    on_change: Callable[[Informed], None],
) -> str:
    for kind, obj in kube.watch(path, version, _WATCH_SECONDS, selector):
        version = obj["metadata"]["resourceVersion"]
        if kind == "DELETED":
            store.pop(key_of(obj), None)
        else:
            store[key_of(obj)] = obj
        on_change(store)
    return version


def _lines(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    pending = b""
    for part in response.stream(amt=None):
        *whole, pending = (pending + part).split(b"\n")
        yield from whole


def _message(response: urllib3.BaseHTTPResponse) -> str:
    body = response.read()
    response.release_conn()
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body[:200].decode(errors="replace")
