"""The edge of a function: each outcome has its reply, empty, and its line."""

import io
import json
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import functions_framework
import pytest
from google.auth import crypt, jwt
from gunicorn.http.errors import (
    ChunkMissingTerminator,
    InvalidChunkExtension,
    InvalidChunkSize,
    InvalidHeader,
    NoMoreData,
)

from shared.adapters import entry
from shared.domain.events import ANALYSIS_TICK, PING
from tests.adapters.servers import answering
from tests.certificates import Certificate, a_certificate

# The framework loads a file; this one does what the event's id says.
SOURCE = '''
"""A function for a test."""

from shared.adapters import entry
from shared.domain.errors import Conflict, Refused, Unavailable

_OUTCOMES = {"refuse": Refused, "race": Conflict, "down": Unavailable, "bug": KeyError}


@entry.on_event("dev.cdeventsx.spillway-analysis.tick.0.1.0", "dev.knative.sources.ping")
def probe(event):
    if event.id in _OUTCOMES:
        raise _OUTCOMES[event.id](f"because of {event.id}")
'''
# Who is let in is a matter of the token; the door is held against a server of the test's own.
GUARDED = '''
"""A function for a test."""

from shared.adapters import entry
from shared.adapters.settings import PushSettings
from shared.adapters.tokens import Tokens

_TOKENS = Tokens(PushSettings("https://here", "push@p.iam.gserviceaccount.com"), "%s")


@entry.on_event("dev.cdeventsx.spillway-analysis.tick.0.1.0", admit=_TOKENS.admit)
def probe(event):
    pass
'''
HEADERS = {"Ce-Specversion": "1.0", "Ce-Source": "/people", "Ce-Type": ANALYSIS_TICK}
PUSHED = {**HEADERS, "x-goog-pubsub-message-id": "1"}


@pytest.fixture
def client(tmp_path: Path):
    source = tmp_path / "main.py"
    source.write_text(SOURCE)
    return functions_framework.create_app("probe", source, "http").test_client()


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("headers", "event_id", "status", "severity"),
    [
        pytest.param(HEADERS, "e1", 204, "INFO", id="done"),
        pytest.param(HEADERS, "refuse", 400, "WARNING", id="refused"),
        pytest.param(PUSHED, "refuse", 204, "WARNING", id="refused-on-a-push"),
        pytest.param(HEADERS, "race", 409, "WARNING", id="conflict"),
        pytest.param(PUSHED, "race", 409, "WARNING", id="conflict-on-a-push"),
        pytest.param(HEADERS, "down", 503, "ERROR", id="unavailable"),
    ],
)
def test_an_outcome_has_its_reply_without_a_body_and_one_line(
    client, capsys, headers, event_id, status, severity
):
    reply = client.post("/", headers={**headers, "Ce-Id": event_id}, data=b"{}")

    assert (reply.status_code, reply.data) == (status, b"")
    (line,) = lines(capsys)
    assert (line["event"], line["status"], line["severity"]) == (event_id, status, severity)
    assert event_id == "e1" or f"because of {event_id}" in line["message"]


def test_an_event_of_another_functions_type_is_refused_before_anything_is_done(client, capsys):
    reply = client.post("/", headers={**HEADERS, "Ce-Id": "bug", "Ce-Type": "com.example.other"})

    assert reply.status_code == 400
    assert lines(capsys)[0]["message"] == (
        f"refused: type: wanted {ANALYSIS_TICK} or {PING}, found 'com.example.other'"
    )


@pytest.mark.parametrize("type_", [ANALYSIS_TICK, PING])
def test_a_function_may_take_several_types(client, type_):
    assert client.post("/", headers={**HEADERS, "Ce-Id": "e1", "Ce-Type": type_}).status_code == 204


def test_a_line_repeats_no_more_of_an_event_than_a_line_can_hold(client, capsys):
    long = dict.fromkeys(("id", "source", "type", "subject"), "x" * (1 << 20))

    client.post("/", json={"specversion": "1.0", **long})

    (line,) = lines(capsys)
    assert len(json.dumps(line)) < 2_000


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/json"}])
def test_a_request_that_is_no_event_is_refused(client, capsys, headers):
    reply = client.post("/", headers=headers, data=b"hello")

    assert (reply.status_code, reply.data) == (400, b"")
    assert lines(capsys)[0]["message"].startswith("refused: not JSON")


def test_a_push_that_is_no_event_is_logged_and_never_repeated(client, capsys):
    body = {"subscription": "projects/p/subscriptions/s", "message": {"data": "e30="}}

    reply = client.post("/", json=body)

    assert (reply.status_code, reply.data) == (204, b"")
    assert "no attribute specversion" in lines(capsys)[0]["message"]


@pytest.mark.parametrize(
    ("method", "status"),
    [("GET", 204), ("HEAD", 204), ("PUT", 405), ("DELETE", 405), ("OPTIONS", 405)],
)
def test_only_a_post_brings_events(client, capsys, method, status):
    reply = client.open("/any/path", method=method)

    assert (reply.status_code, reply.data) == (status, b"")
    assert lines(capsys) == []


def test_a_body_longer_than_any_push_is_refused_unread(client, capsys):
    reply = client.post("/", headers={**HEADERS, "Ce-Id": "e1"}, data=b" " * (15 << 20))

    assert (reply.status_code, reply.data) == (400, b"")
    assert "longer than" in lines(capsys)[0]["message"]


@dataclass(slots=True)
class Body:
    """What a server hands a function to read: these pieces, one at a time, and then this error."""

    pieces: list[bytes]
    error: Exception
    seconds: float = 0.0

    def read(self, size: int = -1) -> bytes:
        time.sleep(self.seconds)
        if not self.pieces:
            raise self.error
        return self.pieces.pop(0)


def posted(client, body, headers, **environ):
    served = {"wsgi.input": body, "wsgi.input_terminated": True, **environ}
    return client.post("/", headers={**headers, "Ce-Id": "e1"}, environ_overrides=served)


@pytest.mark.parametrize("headers", [HEADERS, PUSHED])
@pytest.mark.parametrize(
    "error",
    [
        pytest.param(InvalidChunkSize(b"s3cret"), id="no-size"),
        pytest.param(ChunkMissingTerminator(b"s3"), id="no-end-of-a-chunk"),
        pytest.param(InvalidChunkExtension("s3cret"), id="an-extension"),
        pytest.param(InvalidHeader("s3cret"), id="a-trailer"),
        pytest.param(NoMoreData(b"s3cret"), id="no-more"),
        pytest.param(ConnectionResetError(), id="hung-up"),
    ],
)
def test_a_body_that_breaks_off_is_refused_and_never_taken_for_an_event(
    client, capsys, headers, error
):
    reply = posted(client, Body([b"{"], error), headers)

    assert (reply.status_code, reply.data) == (400, b"")
    (line,) = lines(capsys)
    assert line["message"] == f"refused: the body broke off: {type(error).__name__}"


@pytest.mark.parametrize("headers", [HEADERS, PUSHED])
def test_a_body_that_is_shorter_than_it_says_is_refused(client, capsys, headers):
    reply = posted(client, io.BytesIO(b"{}"), headers, CONTENT_LENGTH="100")

    assert (reply.status_code, reply.data) == (400, b"")
    assert lines(capsys)[0]["message"] == "refused: the body broke off: 2 of 100 bytes"


def test_a_body_that_comes_byte_by_byte_is_left_in_time(client, capsys, monkeypatch):
    monkeypatch.setattr(entry, "_SECONDS", 0.05)

    reply = posted(client, Body([b" "] * 100, AssertionError(), seconds=0.01), HEADERS)

    assert (reply.status_code, reply.data) == (400, b"")
    assert "longer than 0.05 s" in lines(capsys)[0]["message"]


@pytest.mark.loopback
def test_a_client_that_sends_nothing_more_is_left_in_time(client, capsys, monkeypatch):
    monkeypatch.setattr(entry, "_SECONDS", 0.05)
    ours, theirs = socket.socketpair()

    with ours, theirs:
        theirs.sendall(b"{")
        body = SimpleNamespace(read=ours.recv)
        reply = posted(client, body, HEADERS, **{"gunicorn.socket": ours})

    assert (reply.status_code, reply.data) == (400, b"")
    assert "broke off: TimeoutError" in lines(capsys)[0]["message"]


def test_a_bug_stays_a_500(client):
    client.application.config["PROPAGATE_EXCEPTIONS"] = False

    assert client.post("/", headers={**HEADERS, "Ce-Id": "bug"}, data=b"{}").status_code == 500


def guarded(tmp_path: Path, certificates: str):
    source = tmp_path / "main.py"
    source.write_text(GUARDED % certificates)
    return functions_framework.create_app("probe", source, "http").test_client()


def a_token(key: Certificate) -> str:
    now = int(time.time())
    claims = {"iss": "https://accounts.google.com", "aud": "https://here", "email_verified": True}
    account = {"email": "push@p.iam.gserviceaccount.com", "iat": now, "exp": now + 60}
    signer = crypt.RSASigner.from_string(key.key, "k1")
    return str(jwt.encode(signer, claims | account).decode())


@pytest.mark.loopback
def test_an_event_with_the_token_of_who_pushes_is_taken(tmp_path):
    key = a_certificate()
    known = json.dumps({"k1": key.certificate}).encode()
    headers = {**PUSHED, "Ce-Id": "e1", "Authorization": f"Bearer {a_token(key)}"}

    with answering(b"HTTP/1.1 200 X\r\n\r\n" + known) as url:
        reply = guarded(tmp_path, url).post("/", headers=headers, data=b"{}")

    assert (reply.status_code, reply.data) == (204, b"")


@pytest.mark.loopback
def test_an_event_with_any_other_token_is_refused_and_said_why(tmp_path, capsys):
    known = json.dumps({"k1": a_certificate().certificate}).encode()
    headers = {**PUSHED, "Ce-Id": "e1", "Authorization": f"Bearer {a_token(a_certificate())}"}

    with answering(b"HTTP/1.1 200 X\r\n\r\n" + known) as url:
        reply = guarded(tmp_path, url).post("/", headers=headers, data=b"{}")

    assert (reply.status_code, reply.data) == (401, b"")
    (line,) = lines(capsys)
    assert (line["status"], line["severity"]) == (401, "WARNING")
    assert "not signed by a key of Google's" in line["message"]


@pytest.mark.loopback
def test_who_is_not_let_in_is_told_so_whatever_becomes_of_the_body(tmp_path):
    with answering(b"HTTP/1.1 500 X\r\n\r\n") as url:
        reply = posted(guarded(tmp_path, url), Body([], NoMoreData()), PUSHED)

    assert (reply.status_code, reply.data) == (401, b"")


@pytest.mark.loopback
def test_an_event_is_to_come_again_where_who_sends_it_cannot_be_told(tmp_path):
    headers = {**PUSHED, "Ce-Id": "e1", "Authorization": f"Bearer {a_token(a_certificate())}"}

    with answering(b"HTTP/1.1 500 X\r\n\r\n") as url:
        reply = guarded(tmp_path, url).post("/", headers=headers, data=b"{}")

    assert (reply.status_code, reply.data) == (503, b"")
