"""The webhook: the order of its checks, and that 202 means the bus has the event."""

import hashlib
import hmac
import json
import time
from pathlib import Path

import functions_framework
import pytest

from shared.adapters import codec
from shared.domain import events
from tests.sink import a_sink

pytestmark = pytest.mark.loopback
SOURCE = Path(__file__).parents[2] / "functions" / "promotion_webhook" / "main.py"
KEY, LIMITED, FOREIGN = b"k" * 32, b"l" * 32, b"f" * 32
PROMOTION = {
    "id": "build-7",
    "time": "2026-01-01T00:00:00Z",
    "app": "croc-hunter",
    "version": "1.4.0",
    "environment": "production",
    "namespace": "jx-production",
}


@pytest.fixture
def sink():
    with a_sink() as running:
        yield running


def taken(sink):
    return [codec.decode(delivery.headers, delivery.body) for delivery in sink.deliveries]


@pytest.fixture
def client(sink, tmp_path, monkeypatch):
    (tmp_path / "ci").write_bytes(KEY + b"\n")
    (tmp_path / "limited").write_bytes(LIMITED)
    (tmp_path / "limited.namespaces").write_text("staging")
    monkeypatch.setenv("K_SINK", sink.url)
    monkeypatch.setenv("SPILLWAY_SECRETS", str(tmp_path))
    return functions_framework.create_app("promotion_webhook", SOURCE, "http").test_client()


def signed(body, key=KEY, age=0, **others):
    stamp = str(int(time.time()) - age)
    digest = hmac.new(key, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-Spillway-Timestamp": stamp,
        "X-Spillway-Signature-256": f"sha256={digest}",
        **others,
    }


def send(client, content=PROMOTION, **how):
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client.post("/", data=body, headers=signed(body, **how))


def test_a_signed_promotion_is_on_the_bus_before_it_is_accepted(client, sink):
    reply = send(client, {**PROMOTION, "image": "croc-hunter:1.4.0", "pullRequest": 7})

    (event,) = taken(sink)
    assert (reply.status_code, reply.json) == (202, {"event": event.id})
    assert event.type == events.PROMOTION_REQUESTED
    assert event.subject == "jx-production/croc-hunter"
    assert events.content(event) == {
        **PROMOTION,
        "image": "croc-hunter:1.4.0",
        "pullRequest": "7",
    }


def test_a_promotion_sent_twice_is_the_same_event_twice(client, sink):
    send(client)
    send(client)

    first, second = taken(sink)
    assert first == second


@pytest.mark.parametrize("status", [404, 500, 503])
def test_what_the_bus_does_not_take_is_not_accepted(client, sink, status):
    sink.status = status

    reply = send(client)

    assert (reply.status_code, reply.json) == (503, {"error": "try again later"})


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_probe_finds_it_ready(client, method):
    reply = client.open("/", method=method)

    assert (reply.status_code, reply.data) == (204, b"")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_not_allowed(client, method):
    reply = client.open("/", method=method, data=b"x" * (2 << 20))

    assert (reply.status_code, reply.headers["Allow"]) == (405, "GET, HEAD, POST")


def test_a_long_body_is_too_large_before_anything_else_is_asked(client):
    assert client.post("/", data=b"x" * ((1 << 20) + 1)).status_code == 413


def test_a_body_of_just_1_mib_is_read(client):
    assert send(client, b" " * (1 << 20)).status_code == 400


def test_a_rotated_secret_counts_at_once(client, tmp_path):
    (tmp_path / "ci").write_bytes(FOREIGN)

    assert send(client).status_code == 401
    assert send(client, key=FOREIGN).status_code == 202


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"key": FOREIGN}, id="unknown-key"),
        pytest.param({"age": 301}, id="too-old"),
        pytest.param({"age": -302}, id="from-the-future"),
        pytest.param({"X-Spillway-Timestamp": "1"}, id="another-timestamp"),
        pytest.param({"X-Spillway-Timestamp": ""}, id="no-timestamp"),
        pytest.param({"X-Spillway-Signature-256": ""}, id="no-signature"),
        pytest.param({"X-Spillway-Signature-256": "sha256="}, id="empty-signature"),
        pytest.param({"Content-Type": "text/plain", "key": FOREIGN}, id="before-415"),
    ],
)
def test_who_did_not_sign_it_now_learns_nothing_else(client, sink, how):
    reply = send(client, b"{", **how)

    assert reply.status_code == 401
    assert taken(sink) == []


def test_without_secrets_the_sender_is_asked_to_come_back(client, tmp_path):
    for file in tmp_path.iterdir():
        file.unlink()

    assert send(client).status_code == 503


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_only_json_is_read(client, content_type):
    assert send(client, b"{", **{"Content-Type": content_type}).status_code == 415


def test_a_charset_is_no_other_content_type(client):
    assert send(client, **{"Content-Type": "application/json; charset=utf-8"}).status_code == 202


@pytest.mark.parametrize(
    ("content", "error"),
    [
        pytest.param(b"{", "not JSON: ", id="malformed"),
        pytest.param(b"", "not JSON: ", id="empty"),
        pytest.param([], "body: wanted an object, found '[]'", id="list"),
        pytest.param({**PROMOTION, "app": "A"}, "app: wanted a DNS name", id="app"),
        pytest.param(
            {**PROMOTION, "time": "2999-01-01T00:00:00Z"}, "time: wanted a time", id="future"
        ),
        pytest.param({**PROMOTION, "namespace": None}, "namespace: wanted", id="missing"),
    ],
)
def test_a_malformed_promotion_is_refused_by_path_and_value(client, sink, content, error):
    reply = send(client, content, key=LIMITED)

    assert reply.status_code == 400
    assert reply.json["error"].startswith(error)
    assert taken(sink) == []


def test_a_secret_for_other_namespaces_is_not_enough(client, sink):
    reply = send(client, key=LIMITED)

    assert (reply.status_code, reply.json) == (
        403,
        {"error": "namespace: the secret is not for jx-production"},
    )
    assert taken(sink) == []


def test_a_limited_secret_is_enough_for_its_own_namespace(client):
    assert send(client, {**PROMOTION, "namespace": "staging"}, key=LIMITED).status_code == 202


def test_no_line_of_the_log_shows_a_secret(client, capsys):
    send(client)
    send(client, key=FOREIGN)

    out, err = capsys.readouterr()
    assert out
    assert KEY.decode() not in out + err
