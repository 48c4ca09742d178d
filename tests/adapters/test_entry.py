"""The edge of a function: each outcome has its reply, empty, and its line."""

import json
from pathlib import Path

import functions_framework
import pytest

from shared.domain.events import ANALYSIS_TICK, PING

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


def test_a_bug_stays_a_500(client):
    client.application.config["PROPAGATE_EXCEPTIONS"] = False

    assert client.post("/", headers={**HEADERS, "Ce-Id": "bug"}, data=b"{}").status_code == 500
