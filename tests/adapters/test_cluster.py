"""The API server as the passes have it: what it says, and what it means when it says no."""

import json
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import certifi
import pytest
import urllib3
from kubernetes.config import incluster_config

from infra.local.background import in_background
from shared.adapters import cluster as adapter
from shared.adapters.cluster import Cluster
from shared.domain.errors import Conflict, Refused, Unavailable
from shared.domain.fields import Object, text
from tests.adapters.servers import answering, dribbling, silent
from tests.reconcile.kubeconfig import a_kubeconfig
from tests.sink import a_sink

pytestmark = pytest.mark.loopback
MAPS = "/api/v1/namespaces/default/configmaps"


def a_map(name, **labels):
    return {"metadata": {"name": name, "labels": labels}, "data": {"a": "1"}}


def http(status, body, headers=""):
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status} X\r\n{headers}Content-Length: {len(sent)}\r\n\r\n"
    return head.encode() + sent


def asked(tmp_path, reply):
    """What a GET comes to where the server says this."""
    with answering(reply) as url:
        return Cluster(a_kubeconfig(tmp_path / "kubeconfig", url)).read(f"{MAPS}/a")


def names(pages):
    return [text(item, "metadata", "name") for page in pages for item in page]


def test_what_no_server_of_kubernetes_says_is_not_there_may_be_there(tmp_path):
    with pytest.raises(Unavailable, match="404 page not found"):
        asked(tmp_path, http(404, b"404 page not found"))


CAUSES = {"message": "it is wrong", "details": {"causes": [{"field": "spec"}]}}
DENIED = {"message": "no", "details": {"kind": "things", "causes": [{"message": "no"}]}}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        pytest.param(409, {"message": "it is newer"}, Conflict, id="a-race"),
        pytest.param(422, {"message": "the server rejected"}, Conflict, id="a-test-in-a-patch"),
        pytest.param(422, CAUSES, Refused, id="an-object-that-is-wrong"),
        pytest.param(422, DENIED, Refused, id="an-object-that-a-policy-denies"),
        pytest.param(400, {"message": "bad"}, Refused, id="a-request-that-is-wrong"),
        pytest.param(413, {"message": "large"}, Refused, id="too-large"),
        pytest.param(415, {"message": "type"}, Refused, id="another-type"),
        pytest.param(401, {"message": "who?"}, Unavailable, id="unknown"),
        pytest.param(403, {"message": "forbidden"}, Unavailable, id="forbidden"),
        pytest.param(410, {"message": "too old"}, Unavailable, id="a-page-that-expired"),
        pytest.param(429, {"message": "slow down"}, Unavailable, id="busy"),
        pytest.param(500, {"message": "oh"}, Unavailable, id="broken"),
        pytest.param(503, b"<html>later</html>", Unavailable, id="no-json"),
        pytest.param(500, [], Unavailable, id="no-object"),
        pytest.param(500, {"message": {"a": 1}}, Unavailable, id="a-message-that-is-none"),
    ],
)
def test_what_the_server_says_no_to_says_what_to_do_next(tmp_path, status, body, error):
    with pytest.raises(error):
        asked(tmp_path, http(status, body))


def test_what_is_written_is_written_as_the_api_server_writes_it(tmp_path):
    """Else it takes a ControllerRevision's data for changed with every patch of its labels."""
    said: Object = {"b": ["x && y", "<é>", 1], "a": {"d": None, "c": "\u2028"}}

    with a_sink(status=500) as sink:
        url = sink.url.partition("/spillway")[0]
        cluster = Cluster(a_kubeconfig(tmp_path / "kubeconfig", url))
        with pytest.raises(Unavailable):
            cluster.create(MAPS, said)

    assert sink.deliveries[0].body.decode() == (
        r'{"a":{"c":"\u2028","d":null},"b":["x \u0026\u0026 y","\u003cé\u003e",1]}'
    )


def test_an_error_names_the_path_and_quotes_the_server_briefly(tmp_path):
    with pytest.raises(Unavailable) as found:
        asked(tmp_path, http(500, {"message": "x" * 5000}))

    assert str(found.value).startswith(f"{MAPS}/a: xxx")
    assert str(found.value).endswith("… (500)")
    assert len(str(found.value)) < 300


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(http(200, b"<html>hello</html>"), id="a-page"),
        pytest.param(http(200, b""), id="nothing"),
        pytest.param(http(200, []), id="a-list"),
        pytest.param(http(200, b"\xff\xfe"), id="bytes"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}", id="broken-off"),
        pytest.param(b"hello\r\n", id="no-http"),
        pytest.param(b"", id="hung-up"),
    ],
)
def test_garbage_is_never_taken_for_an_object(tmp_path, reply):
    with pytest.raises(Unavailable):
        asked(tmp_path, reply)


def test_garbage_is_never_taken_for_an_empty_list(tmp_path):
    with (
        answering(http(200, b"<html>hello</html>")) as url,
        pytest.raises(Unavailable),
    ):
        names(Cluster(a_kubeconfig(tmp_path / "kubeconfig", url)).pages(MAPS))


def test_a_redirect_is_not_followed(tmp_path):
    elsewhere = http(302, b"", "Location: http://127.0.0.1:9/\r\n")

    with pytest.raises(Unavailable, match=r"\(302\)"):
        asked(tmp_path, elsewhere)


def test_an_answer_without_end_is_left(tmp_path):
    huge = b'{"data": "' + b"x" * (64 << 20) + b'"}'

    with pytest.raises(Unavailable, match="the answer is longer than 67108864 bytes"):
        asked(tmp_path, http(200, huge))


def test_a_server_that_is_down_is_unavailable_at_once(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    started = time.monotonic()

    with pytest.raises(Unavailable, match=f"GET {MAPS}/a: "):
        Cluster(a_kubeconfig(tmp_path / "kubeconfig", f"http://127.0.0.1:{port}")).read(f"{MAPS}/a")

    assert time.monotonic() - started < 1


def test_a_server_that_hangs_is_left_in_time(tmp_path, monkeypatch):
    monkeypatch.setattr(adapter, "_TIMEOUT", urllib3.Timeout(0.3))
    started = time.monotonic()

    with silent() as url, pytest.raises(Unavailable, match="timed out"):
        Cluster(a_kubeconfig(tmp_path / "kubeconfig", url)).create(MAPS, a_map("a"))

    assert 0.3 <= time.monotonic() - started < 2


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nX: ", id="head"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n{", id="body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n999\r\n", id="chunk"),
        pytest.param(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{", id="until-it-hangs-up"),
    ],
)
def test_a_server_that_dribbles_is_left_in_time(tmp_path, monkeypatch, start):
    monkeypatch.setattr(adapter, "_TIMEOUT", urllib3.Timeout(0.3))
    started = time.monotonic()

    with dribbling(start) as url, pytest.raises(Unavailable, match="timed out"):
        Cluster(a_kubeconfig(tmp_path / "kubeconfig", url)).read(f"{MAPS}/a")

    assert 0.3 <= time.monotonic() - started < 2


def test_a_server_that_comes_back_is_asked_again(apiserver, tmp_path):
    cluster = Cluster(a_kubeconfig(tmp_path / "kubeconfig", apiserver.url))
    cluster.create(MAPS, a_map("a"))
    apiserver.stop()

    with pytest.raises(Unavailable):
        cluster.read(f"{MAPS}/a")
    with answering(http(200, a_map("a")), port=int(apiserver.url.rpartition(":")[2])):
        assert cluster.read(f"{MAPS}/a") == a_map("a")


def test_as_many_connections_are_kept_as_calls_were_made_at_once(tmp_path):
    """Three passes at once of eight canaries each: a connection that is not kept is another
    handshake at every call.
    """
    at_once, connections = 24, []
    together = threading.Barrier(at_once)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self):
            connections.append(self.client_address)
            super().setup()

        def do_GET(self):
            together.wait(10)
            self.wfile.write(http(200, {}))

        def log_message(self, format, *args):
            pass

    class Crowded(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = at_once

    server = Crowded(("127.0.0.1", 0), Handler)
    with in_background(server) as port, ThreadPoolExecutor(at_once) as pool:
        cluster = Cluster(a_kubeconfig(tmp_path / "kubeconfig", f"http://127.0.0.1:{port}"))
        for _ in range(2):
            assert [*pool.map(cluster.read, [f"{MAPS}/a"] * at_once)] == [{}] * at_once

    assert len(connections) == at_once


def test_the_account_of_the_kubeconfig_is_shown(tmp_path):
    heard: list[bytes] = []

    with answering(http(200, {}), heard) as url:
        Cluster(a_kubeconfig(tmp_path / "kubeconfig", url, token="t0ken")).read(f"{MAPS}/a")

    assert b"\r\nauthorization: Bearer t0ken\r\n" in heard[0]


@pytest.fixture
def mounted(tmp_path, monkeypatch):
    """The file of a pod's token, which is read again at every call; its API server is down."""
    token = tmp_path / "token"
    token.write_text("t0ken")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(port))
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(token))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", certifi.where())
    loaded = incluster_config.InClusterConfigLoader._read_token_file

    def read(loader):
        loaded(loader)
        loader.token_expires_at -= timedelta(hours=1)

    monkeypatch.setattr(incluster_config.InClusterConfigLoader, "_read_token_file", read)
    return token


def test_without_a_kubeconfig_the_pods_own_account_counts(mounted):
    port = os.environ["KUBERNETES_SERVICE_PORT"]

    with pytest.raises(Unavailable, match=f"GET {MAPS}/a: .*{port}"):
        Cluster().read(f"{MAPS}/a")


def test_a_pod_whose_token_is_gone_for_a_moment_is_to_come_again(mounted):
    cluster = Cluster()
    mounted.unlink()

    with pytest.raises(Unavailable, match=f"{MAPS}/a: the pod's own account: .*{mounted}"):
        cluster.read(f"{MAPS}/a")


@pytest.mark.parametrize(
    ("written", "why"),
    [
        pytest.param(b"", "exists but empty", id="empty"),
        pytest.param(b"\xffs3cret", "utf-8", id="bytes"),
        pytest.param(b"s3cret\nwith a line end", "not printable", id="two-lines"),
        pytest.param("s3cret€".encode(), "not printable", id="no-ascii"),
    ],
)
def test_a_token_that_cannot_be_shown_is_not_quoted_either(mounted, written, why):
    cluster = Cluster()
    mounted.write_bytes(written)

    with pytest.raises(Unavailable, match=f"the pod's own account: .*{why}") as found:
        cluster.read(f"{MAPS}/a")

    assert "s3cret" not in str(found.value)


KUBECONFIG = """
current-context: a
contexts: [{name: a, context: {cluster: a, user: a}}]
clusters: [{name: a, cluster: {server: "https://127.0.0.1:1", certificate-authority-data: %s}}]
users: [{name: a, %s}]
"""


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("a: [", id="no-yaml"),
        pytest.param("a: *s3cret", id="no-such-alias"),
        pytest.param("- s3cret", id="a-list"),
        pytest.param("s3cret", id="a-word"),
        pytest.param("clusters: [~]", id="nothing-in-it"),
        pytest.param(KUBECONFIG % ("s3cret", "user: {token: s3cret}"), id="no-base64"),
        pytest.param(KUBECONFIG % ("~", "user: {tokenFile: /not/there}"), id="no-such-file"),
        pytest.param(KUBECONFIG % ("~", "user: s3cret"), id="a-user-that-is-none"),
        pytest.param(KUBECONFIG % ("~", "token: s3cret"), id="a-user-without-its-key"),
        pytest.param("s3cret: \0", id="no-text"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_is_named_and_not_quoted(tmp_path, written):
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(written)

    with pytest.raises(Unavailable, match=f"kubeconfig {kubeconfig}: ") as found:
        Cluster(str(kubeconfig))

    assert "s3cret" not in str(found.value)


@pytest.mark.parametrize(
    ("kubeconfig", "named"),
    [
        pytest.param("/not/there", "kubeconfig /not/there: ", id="a-kubeconfig"),
        pytest.param("", "the pod's own account: ", id="an-account"),
    ],
)
def test_without_an_account_nothing_is_to_be_had(monkeypatch, kubeconfig, named):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    with pytest.raises(Unavailable, match=named):
        Cluster(kubeconfig)
