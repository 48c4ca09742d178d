"""The API server, through the kubernetes client's transport: plain JSON in, plain JSON out."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson
import urllib3
from kubernetes import client, config
from yaml import YAMLError  # the client's own, for kubeconfigs

from shared.adapters import pools
from shared.domain.errors import Conflict, Refused, Unavailable
from shared.domain.fields import Json, Object, at, mapping, objects, quoted, text

_PAGE = 500
_TIMEOUT = urllib3.Timeout(connect=2.0, total=10.0)  # seconds
_GO_ESCAPES = re.compile("[<>&\u2028\u2029]")
_METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
_CONNECTIONS = 64  # kept open, where several passes make SPILLWAY_POOL calls each at once
_LARGEST = 64 << 20  # bytes of one answer: a page of 500 large objects is a few MB
_JSON = "application/json"
_JSON_PATCH = "application/json-patch+json"
_MERGE_PATCH = "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class Remote:
    """An API server by its address, and whose token it is shown at every call."""

    endpoint: str
    authorities: str  # PEM; empty: the public ones
    token: Callable[[], str]


class Cluster:
    """One API server. Safe to share between threads; every call has a deadline and no retry."""

    def __init__(self, kubeconfig: str = "", *, remote: Remote | None = None) -> None:
        """Connects at the first call; an empty kubeconfig means the pod's own account."""
        self._account = remote.endpoint if remote else _account(kubeconfig)
        settings = _at(remote) if remote else _found(kubeconfig)
        settings.retries = False
        settings.connection_pool_maxsize = _CONNECTIONS
        self._client = client.ApiClient(settings)
        pools.read_in_time(self._client.rest_client.pool_manager)
        self._client.user_agent = "spillway"  # who managedFields and audit logs say it was

    def read(self, path: str) -> Object | None:
        """The object at a path; None where there is none of that name. Of a kind that the server
        does not have nothing is known (I7).
        """
        status, body = self._call("GET", path)
        if status == 404 and text(_object(body), "details", "name"):
            return None
        return self._accepted(path, status, body, missing=Unavailable)

    def pages(self, path: str, *, selector: str = "") -> Iterator[tuple[Object, ...]]:
        """The objects of a list, page by page."""
        yield from self._pages(path, selector, _JSON)

    def metadata_pages(self, path: str, *, selector: str = "") -> Iterator[tuple[Object, ...]]:
        """As `pages`, but of each object only its metadata is sent."""
        yield from self._pages(path, selector, _METADATA)

    def create(self, path: str, body: Object) -> Object:
        """Makes an object; Conflict where there is one of that name, Refused where there is no such
        kind or namespace.
        """
        return self._accepted(path, *self._call("POST", path, body), missing=Refused)

    def replace(self, path: str, body: Object) -> Object:
        """Writes a whole object; Conflict where it is not at the body's resourceVersion."""
        return self._accepted(path, *self._call("PUT", path, body))

    def patch(self, path: str, operations: Sequence[Object]) -> Object:
        """Applies a JSON patch; Conflict where a `test` in it fails."""
        return self._accepted(path, *self._call("PATCH", path, operations, _JSON_PATCH))

    def rehearse(self, path: str, operations: Sequence[Object]) -> Object:
        """What `patch` would make of an object, with all that has a say in it; nothing is written.
        Refused too where somebody who has a say does not rehearse.
        """
        dry = {"dryRun": "All"}
        return self._accepted(path, *self._call("PATCH", path, operations, _JSON_PATCH, query=dry))

    def merge(self, path: str, body: Object) -> Object:
        """Applies a merge patch; Conflict where it names a stale resourceVersion."""
        return self._accepted(path, *self._call("PATCH", path, body, _MERGE_PATCH))

    def delete(self, path: str, *, resource_version: str = "") -> None:
        """Deletes an object, at that version where one is given; it may be gone already."""
        body: Object = {"preconditions": {"resourceVersion": resource_version}}
        status, answer = self._call("DELETE", path, body if resource_version else None)
        if status != 404:
            self._accepted(path, status, answer)

    def _pages(self, path: str, selector: str, accept: str) -> Iterator[tuple[Object, ...]]:
        query = {"limit": str(_PAGE)} | ({"labelSelector": selector} if selector else {})
        more = ""
        while True:
            asked = query | ({"continue": more} if more else {})
            status, body = self._call("GET", path, accept=accept, query=asked)
            page = self._accepted(path, status, body, missing=Unavailable)
            yield objects(page, "items")
            more = text(page, "metadata", "continue")
            if not more:
                return

    def _call(
        self,
        method: str,
        path: str,
        body: Json = None,
        content_type: str = _JSON,
        *,
        accept: str = _JSON,
        query: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """One exchange, whatever its status."""
        headers = {"Accept": accept, "Content-Type": content_type}
        method, url, headers = self._addressed(method, path, query or {}, headers)
        try:
            response = self._client.rest_client.pool_manager.request(
                method,
                url,
                headers=headers,
                body=None if body is None else _written(body),
                timeout=_TIMEOUT,
                preload_content=False,
            )
            answer = response.read(_LARGEST + 1)
            response.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Unavailable(f"{method} {path}: {quoted(str(error))}") from error
        if len(answer) > _LARGEST:
            raise Unavailable(f"{method} {path}: the answer is longer than {_LARGEST} bytes")
        return response.status, answer

    def _addressed(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[str, str, dict[str, str]]:
        """A request with the token of the account, which is read anew before it is too old."""
        try:
            method, url, sent, _, _ = self._client.param_serialize(
                method,
                path,
                query_params=list(query.items()),
                header_params=dict(headers),
                auth_settings=["BearerToken"],
            )
        except (OSError, UnicodeError, config.ConfigException) as error:
            raise Unavailable(f"{method} {path}: {self._account}: {error}") from error
        shown = sent.get("authorization", "")
        if not (shown.isascii() and shown.isprintable()):  # urllib3 would raise, and quote it
            raise Unavailable(f"{method} {path}: {self._account}: the token is not printable")
        return method, url, sent

    @staticmethod
    def _accepted(
        path: str, status: int, body: bytes, *, missing: type[Exception] = Conflict
    ) -> Object:
        """The answer of a call that worked; of one that did not, the API server's own message.

        What is not there is gone by now, unless the call says what it means to be `missing`.
        """
        answer = _object(body)
        if answer is not None and 200 <= status < 300:
            return answer
        message = body.decode(errors="replace") if answer is None else answer.get("message", "")
        said = f"{path}: {quoted(message)}"
        if status == 404:
            raise missing(said)
        if status == 409 or (status == 422 and not _is_about_an_object(answer)):
            raise Conflict(said)
        if status in (400, 413, 415, 422):
            raise Refused(said)
        raise Unavailable(f"{said} ({status})")


def _at(remote: Remote) -> client.Configuration:
    def show(settings: client.Configuration) -> None:
        settings.api_key["authorization"] = f"Bearer {remote.token()}"

    settings = client.Configuration(host=remote.endpoint, api_key={"authorization": ""})
    settings.ca_cert_data = remote.authorities or None
    settings.refresh_api_key_hook = show  # type: ignore[assignment]  # typed as its default is
    return settings


def _found(kubeconfig: str) -> client.Configuration:
    settings = client.Configuration()
    try:
        if kubeconfig:
            config.load_kube_config(kubeconfig, client_configuration=settings)  # type: ignore[no-untyped-call]  # untyped
        else:
            config.load_incluster_config(client_configuration=settings)  # type: ignore[no-untyped-call]  # untyped
    except (OSError, config.ConfigException) as error:
        said = str(error).partition("{")[0]  # what it has found there may follow, a token too
        raise Unavailable(f"{_account(kubeconfig)}: {said}") from error
    except (YAMLError, AttributeError, LookupError, TypeError, ValueError) as error:
        # Whatever its shape is: the client checks next to none. The text may repeat a token.
        raise Unavailable(f"{_account(kubeconfig)}: malformed ({type(error).__name__})") from error
    return settings


def _account(kubeconfig: str) -> str:
    return f"kubeconfig {kubeconfig}" if kubeconfig else "the pod's own account"


def _written(body: Json) -> bytes:
    """JSON as Go writes it, byte for byte. What the API server keeps as it came, the data of a
    ControllerRevision, it writes anew with every patch, and takes for changed where that differs:
    nobody could label it then, and the garbage collector could not orphan it.
    """
    said = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return _GO_ESCAPES.sub(lambda found: f"\\u{ord(found[0]):04x}", said).encode(errors="replace")


def _object(body: bytes) -> Object | None:
    """What the API server says is an object; whoever says anything else stands in its way."""
    try:
        return mapping(orjson.loads(body))
    except (ValueError, Refused):
        return None


def _is_about_an_object(answer: Object | None) -> bool:
    """Whether an object is wrong, or denied by a policy; of a patch that did not fit what was there
    the answer names neither an object nor a field.
    """
    fields = (text(cause, "field") for cause in objects(answer, "details", "causes"))
    return any(fields) or bool(at(answer, "details", "kind"))
