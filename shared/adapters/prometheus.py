"""Asks one Prometheus one query. Its address and text come out of manifests: neither is trusted.

One client for each query: it goes to the very address that was checked, ends when its time is over,
and shares nothing (no cookie, no connection) with the query of somebody else.
"""

import http
import io
import socket
import time
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit, urlunsplit

import requests
import urllib3
from prometheus_api_client import PrometheusConnect
from requests.adapters import HTTPAdapter

from shared.adapters.pools import read_in_time
from shared.adapters.timed import left
from shared.domain import addresses, fields
from shared.domain.analysis import Rejected, Unanswered
from shared.domain.errors import Refused
from shared.domain.fields import Json, Object
from shared.domain.promql import Query, Result, Sample

_SECONDS = 5.0  # for one query, as in Flagger
_BYTES = 1 << 18  # of one answer: what a hundred workloads need as a rule
_REFUSALS = frozenset({400, 422})  # Prometheus on a query that does not parse, or cannot be run
TOO_LONG = Unanswered(f"the answer is longer than {_BYTES} bytes")


def ask(query: Query, ends: float) -> Result:
    """What came of it by then (monotonic clock); only a lookup or a handshake may outlast it."""
    flaw = addresses.flaw(query.server)
    if flaw:  # not quoted: it may be that there is a password in it
        return Rejected(f"the metrics server's URL {flaw}")
    try:
        server = urlsplit(query.server)
        ends = min(ends, time.monotonic() + _SECONDS)
        left(ends)
        return _first_answer(server, _resolved(server), query.text, ends)
    except _Ended as ended:
        return ended.result
    except (OSError, UnicodeError, urllib3.exceptions.HTTPError) as error:  # requests' are OSErrors
        return Unanswered(f"{fields.quoted(query.server)} {_failure(error)}")


class _Ended(Exception):  # noqa: N818 - carries the result of a query that ended early
    def __init__(self, result: Unanswered | Rejected) -> None:
        super().__init__(result)
        self.result = result


def _failure(error: Exception) -> str:
    """Our own words: those of the libraries hold the whole query."""
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError | TimeoutError):
        return "did not answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "has no certificate that can be trusted"
    if isinstance(error, socket.gaierror | UnicodeError):
        return "has no address"
    return "cannot be reached, or broke off"


def _resolved(server: SplitResult) -> tuple[str, ...]:
    """The addresses of a server, none of which may be one that nobody's metrics are at."""
    found = socket.getaddrinfo(server.hostname, server.port, type=socket.SOCK_STREAM)
    resolved = tuple(dict.fromkeys(str(address[0]) for *_, address in found))
    for address in resolved:
        if addresses.is_secret(address) or _is_nobody(address):
            where = "a link-local, metadata, multicast or unspecified address"
            raise _Ended(Rejected(f"{fields.quoted(server.geturl())} leads to {where}"))
    return resolved


def _is_nobody(address: str) -> bool:
    parsed = ip_address(address.partition("%")[0])
    return parsed.is_multicast or parsed.is_unspecified


def _first_answer(server: SplitResult, resolved: Sequence[str], text: str, ends: float) -> Result:
    """The answer from the first address that takes a connection."""
    *others, last = resolved
    for address in others:
        try:
            return _answer(server, address, text, ends)
        except requests.ConnectionError:
            continue
    return _answer(server, last, text, ends)


def _answer(server: SplitResult, address: str, text: str, ends: float) -> Result:
    session = requests.Session()
    # No proxy: it would look the name up again, past our check. No ~/.netrc: its passwords are not
    # for a server that a manifest names.
    session.trust_env = False
    session.hooks["response"] = [lambda response, **_: _whole(response)]
    client = PrometheusConnect(
        _url(server, address),
        headers={"Host": server.netloc, "Accept-Encoding": "identity"},
        timeout=urllib3.Timeout(total=left(ends)),
        session=session,
    )
    adapter = HTTPAdapter(max_retries=0)
    read_in_time(adapter.poolmanager)
    if server.scheme == "https":
        adapter.poolmanager.connection_pool_kw["server_hostname"] = server.hostname
    session.mount(client.url, adapter)  # in the place of the client's own, which would retry
    with client:
        return _read_result(client, text)


def _read_result(client: PrometheusConnect, text: str) -> Result:
    try:
        return _samples(client.custom_query(text))
    except (Refused, ValueError, LookupError, TypeError, RecursionError):
        raise _Ended(Unanswered("the answer is not that of a Prometheus")) from None


def _url(server: SplitResult, address: str) -> str:
    host = f"[{address}]" if ":" in address else address
    place = f"{host}:{server.port}" if server.port else host
    return urlunsplit((server.scheme, place, server.path.rstrip("/"), "", ""))


def _whole(response: requests.Response) -> requests.Response:
    """The response with its body read, up to a limit of size; only a 200 comes back."""
    with response:
        body = response.raw.read(_BYTES + 1, decode_content=False)
    status = response.status_code
    if status in _REFUSALS:
        said = fields.quoted(body.decode(errors="replace"))
        phrase = http.HTTPStatus(status).phrase
        raise _Ended(Rejected(f"error response: Status {status} {phrase}: {said}"))
    if status != http.HTTPStatus.OK:
        raise _Ended(Unanswered(f"error response: Status {status}"))
    if len(body) > _BYTES:
        raise _Ended(TOO_LONG)
    read = requests.Response()
    read.status_code = status
    read.raw = io.BytesIO(body)
    return read


def _samples(result: Json) -> Result:
    """A vector's elements, or a scalar as one. Flagger refuses a matrix in these words."""
    pair = {"value": result}
    if isinstance(result, list) and result and not isinstance(result[0], dict):
        return (Sample({}, _number(pair)),)
    elements = fields.objects(pair, "value")
    if any("values" in element for element in elements):
        return Rejected("query returned multiple values")
    return tuple(Sample(fields.pairs(one, "metric"), _number(one)) for one in elements)


def _number(element: Object) -> float:
    """The number of a [time, "number"] pair: JSON has no NaN and no infinity."""
    _, written = fields.sequence(element, "value")
    return float(fields.text({"value": written}, "value"))
