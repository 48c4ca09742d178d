"""The token of the metadata server: asked for once, renewed in time, and missed without waiting."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from shared.adapters.cluster import Cluster, Remote
from shared.adapters.metadata import MetadataServer
from shared.domain.errors import Unavailable
from tests.adapters.servers import answering, silent
from tests.certificates import a_certificate
from tests.google_cloud import Metadata, a_metadata_server
from tests.served import Reply, Request, served

pytestmark = pytest.mark.loopback
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SCOPES = "https://www.googleapis.com/auth/"
HOUR = timedelta(hours=1)
MAP = {"kind": "ConfigMap", "metadata": {"name": "a"}}


@dataclass(slots=True)
class Clock:
    """The time, as the test has it."""

    now: datetime = NOW


@pytest.fixture
def google() -> Iterator[Metadata]:
    with a_metadata_server() as metadata:
        yield metadata


def host(url: str) -> str:
    return url.removeprefix("http://")


def test_a_token_is_asked_for_as_google_documents_it(google):
    assert MetadataServer(google.host, lambda: NOW).token() == "t1"

    (request,) = google.asked
    path, _, query = request.path.partition("?")
    assert path == "/computeMetadata/v1/instance/service-accounts/default/token"
    assert parse_qs(query) == {"scopes": [f"{SCOPES}cloud-platform,{SCOPES}userinfo.email"]}
    assert request.headers["metadata-flavor"] == "Google"


@pytest.mark.parametrize(
    ("passed", "token"),
    [
        pytest.param(timedelta(minutes=56, seconds=59), "t1", id="good-for-three-minutes-more"),
        pytest.param(timedelta(minutes=57), "t2", id="about-to-end"),
        pytest.param(2 * HOUR, "t2", id="long-over"),
    ],
)
def test_a_token_is_kept_until_shortly_before_its_end(google, passed, token):
    clock = Clock()
    server = MetadataServer(google.host, lambda: clock.now)
    server.token()

    clock.now = NOW + passed

    assert server.token() == token


@contextmanager
def nobody() -> Iterator[str]:
    with answering(b"") as url:
        gone = url
    yield gone


@pytest.mark.parametrize(
    ("there", "why"),
    [
        pytest.param(nobody(), "ConnectionRefusedError", id="down"),
        pytest.param(silent(), "TimeoutError", id="silent"),
        pytest.param(answering(b"HTTP/1.1 404 X\r\n\r\nno account"), "404: no account", id="404"),
        pytest.param(answering(b"HTTP/1.1 200 X\r\n\r\n<html>"), "no token: not JSON", id="html"),
        pytest.param(answering(b"HTTP/1.1 200 X\r\n\r\n{}"), "no token", id="empty"),
        pytest.param(answering(b"HTTP/1.1 200 X\r\n\r\n[]"), "no token", id="a-list"),
    ],
)
def test_without_a_token_the_server_is_unavailable_within_seconds(there, why):
    began = time.monotonic()

    with there as url, pytest.raises(Unavailable, match=why):
        MetadataServer(host(url), lambda: NOW).token()

    assert time.monotonic() - began < 10


def test_a_token_that_could_not_be_had_is_asked_for_again(google):
    with nobody() as url:
        server = MetadataServer(host(url), lambda: NOW)
    with pytest.raises(Unavailable):
        server.token()

    port = int(host(url).partition(":")[2])
    with answering(b'HTTP/1.1 200 X\r\n\r\n{"access_token": "late", "expires_in": 9}', port=port):
        assert server.token() == "late"


def test_an_api_server_is_shown_the_token_of_the_moment(google, tmp_path: Path):
    shown: list[str] = []

    def answer(request: Request) -> Reply:
        shown.append(request.headers["authorization"])
        return Reply(200, json.dumps(MAP).encode())

    clock, own = Clock(), a_certificate()
    token = MetadataServer(google.host, lambda: clock.now).token
    with served(answer, own.context(tmp_path)) as url:
        cluster = Cluster(remote=Remote(url, own.certificate, token))
        assert cluster.read("/api/v1/namespaces/default/configmaps/a") == MAP
        cluster.read("/api/v1/namespaces/default/configmaps/a")
        clock.now = NOW + HOUR
        cluster.read("/api/v1/namespaces/default/configmaps/a")

    assert shown == ["Bearer t1", "Bearer t1", "Bearer t2"]


@pytest.mark.parametrize("authorities", ["", a_certificate().certificate], ids=["public", "other"])
def test_an_api_server_of_another_authority_is_shown_no_token(authorities, tmp_path: Path):
    heard: list[Request] = []

    def answer(request: Request) -> Reply:
        heard.append(request)
        return Reply(200)

    with (
        served(answer, a_certificate().context(tmp_path)) as url,
        pytest.raises(Unavailable, match="certificate verify failed"),
    ):
        Cluster(remote=Remote(url, authorities, lambda: "t")).read("/api/v1/nodes/a")

    assert heard == []


def test_where_no_token_can_be_had_the_api_server_is_not_asked():
    heard: list[bytes] = []

    with answering(b"", heard) as url, nobody() as gone:
        token = MetadataServer(host(gone), lambda: NOW).token
        with pytest.raises(Unavailable, match="ConnectionRefusedError"):
            Cluster(remote=Remote(url, "", token)).read("/api/v1/nodes/a")

    assert heard == []
