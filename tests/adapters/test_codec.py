"""The decoder: every way an event arrives, and every way a request is no event."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cloudevents.conversion import to_structured
from cloudevents.http import CloudEvent

from shared.adapters import codec
from shared.domain import events
from shared.domain.errors import Refused
from shared.domain.events import Event

RECORDINGS = Path(__file__).parents[1] / "data" / "pubsub"
BINARY = {
    "Ce-Specversion": "1.0",
    "Ce-Id": "a1",
    "Ce-Source": "/people",
    "Ce-Type": events.ROLLBACK_REQUESTED,
    "Content-Type": "application/json",
}
ENVELOPE = {
    "specversion": "1.0",
    "id": "a1",
    "source": "/people",
    "type": events.ROLLBACK_REQUESTED,
    "data": {"reason": "errors"},
}
EVENT = Event(
    id="a1",
    source="/spillway/test",
    type=events.CANARY_STARTED,
    subject="jx/croc",
    time=datetime(2026, 11, 22, 20, tzinfo=UTC),
    data={"reason": "Größe 10 %"},
)


def recording(folder, number):
    head, _, body = (RECORDINGS / folder / f"{number}.http").read_bytes().partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    return headers, body[: int(headers["Content-Length"])]


@pytest.mark.parametrize("folder", ["wrapped", "unwrapped"])
@pytest.mark.parametrize("number", ["01", "02", "03"])
def test_a_pubsub_push_is_the_event_that_was_published(folder, number):
    headers, body = recording(folder, number)

    event = codec.decode(headers, body)

    assert event.id == f"a{int(number)}"
    assert event.type == events.PROMOTION_REQUESTED
    assert event.source == "/spillway/promotion-webhook"
    assert event.data == {
        "app": "croc-hunter",
        "version": "1.4.0",
        "environment": "production",
        "namespace": "jx-production",
    }
    assert codec.is_push(headers, body)


@pytest.mark.parametrize("folder", ["wrapped", "unwrapped"])
def test_subject_and_time_are_read_out_of_a_push(folder):
    event = codec.decode(*recording(folder, "01"))

    assert event.subject == "jx-production/croc-hunter"
    assert event.time == datetime(2026, 11, 22, 20, tzinfo=UTC)


@pytest.mark.parametrize("folder", ["wrapped", "unwrapped"])
@pytest.mark.parametrize("number", ["04", "05"])
def test_a_message_that_is_no_event_is_refused_and_known_as_a_push(folder, number):
    headers, body = recording(folder, number)

    with pytest.raises(Refused):
        codec.decode(headers, body)
    assert codec.is_push(headers, body)


def test_an_event_in_binary_mode_is_read():
    event = codec.decode({**BINARY, "Ce-Subject": "jx/croc"}, b'{"reason": "errors"}')

    assert event == Event(
        "a1", "/people", events.ROLLBACK_REQUESTED, "jx/croc", None, {"reason": "errors"}
    )


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "text/plain; charset=x", "", "application/cloudevents"],
)
def test_the_content_type_of_a_binary_event_does_not_matter(content_type):
    event = codec.decode({**BINARY, "Content-Type": content_type}, b'{"reason": "errors"}')

    assert event.data == {"reason": "errors"}


@pytest.mark.parametrize(
    "content_type", ["application/cloudevents+json", "application/cloudevents+json; charset=utf-8"]
)
def test_an_event_in_structured_mode_is_read(content_type):
    event = codec.decode({"Content-Type": content_type}, json.dumps(ENVELOPE).encode())

    assert event == Event(
        "a1", "/people", events.ROLLBACK_REQUESTED, "", None, {"reason": "errors"}
    )


def test_data_in_base64_are_read():
    envelope = {**ENVELOPE, "data_base64": base64.b64encode(b'{"reason": "x"}').decode()}
    del envelope["data"]

    assert codec.decode({}, json.dumps(envelope).encode()).data == {"reason": "x"}


def test_what_the_sdk_sends_is_read():
    sent = CloudEvent({"source": "/sdk", "type": events.ANALYSIS_TICK, "traceparent": "00-1"}, {})

    event = codec.decode(*to_structured(sent))

    assert (event.id, event.source) == (sent["id"], "/sdk")


def test_an_event_without_data_says_nothing():
    assert codec.decode(BINARY, b"").data == {}


@pytest.mark.parametrize("extension", ["ce-extensions", "ce-data", "ce-trace-parent"])
def test_a_strange_extension_is_no_harm(extension):
    assert codec.decode({**BINARY, extension: "x", "ce-other": "y"}, b"{}").id == "a1"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"content-type": "application/cloudevents-batch+json"}, id="batch"),
        pytest.param(
            {**BINARY, "Content-Type": "application/cloudevents-batch+json"}, id="binary-batch"
        ),
    ],
)
def test_a_batch_is_refused(headers):
    with pytest.raises(Refused, match="one by one"):
        codec.decode(headers, json.dumps([ENVELOPE]).encode())


@pytest.mark.parametrize("name", ["Ce-Id", "Ce-Source", "Ce-Type"])
def test_a_binary_event_without_a_required_attribute_is_refused_by_name(name):
    headers = {key: value for key, value in BINARY.items() if key != name}

    with pytest.raises(Refused, match=f"no attribute {name[3:].lower()}"):
        codec.decode(headers, b"{}")


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type"])
@pytest.mark.parametrize("value", ["", None])
def test_a_structured_event_without_a_required_attribute_is_refused_by_name(name, value):
    with pytest.raises(Refused, match=f"no attribute {name}"):
        codec.decode({}, json.dumps({**ENVELOPE, name: value}).encode())


@pytest.mark.parametrize(
    ("headers", "body", "reason"),
    [
        pytest.param({**BINARY, "Ce-Specversion": "0.3"}, b"{}", "specversion", id="old-version"),
        pytest.param({**BINARY, "Ce-Specversion": "2.0"}, b"{}", "specversion", id="new-version"),
        pytest.param({**BINARY, "Ce-Time": "noon"}, b"{}", "time: wanted", id="no-time"),
        pytest.param(BINARY, b"{", "not JSON", id="half-an-object"),
        pytest.param(BINARY, b'{"a": NaN}', "not JSON: NaN", id="nan"),
        pytest.param(BINARY, b"\xff", "not JSON", id="not-utf-8"),
        pytest.param(BINARY, b"[" * 100_000, "not JSON", id="bottomless"),
        pytest.param(BINARY, b"<xml/>", "not JSON", id="xml"),
        pytest.param(BINARY, b"[1]", "data: wanted an object", id="list-as-data"),
        pytest.param({}, b"", "not JSON", id="nothing"),
        pytest.param({}, b"[]", "wanted an object", id="list"),
        pytest.param({}, b'{"specversion": 1}', "specversion: wanted", id="number-as-version"),
        pytest.param(
            {},
            json.dumps({**ENVELOPE, "extensions": "x"}).encode(),
            "extensions: wanted an object",
            id="extensions",
        ),
        pytest.param(
            {},
            json.dumps({**ENVELOPE, "data_base64": 5}).encode(),
            "not a CloudEvent",
            id="number-as-base64",
        ),
        pytest.param(
            {},
            b'{"subscription": "s", "message": {"data": "%%"}}',
            "message.data: not base64",
            id="push-not-base64",
        ),
        pytest.param(
            {},
            b'{"subscription": "s", "message": {"attributes": {"ce-id": 1}}}',
            "message.attributes.ce-id",
            id="push-with-a-number",
        ),
    ],
)
def test_a_request_that_is_no_event_is_refused_with_the_reason(headers, body, reason):
    with pytest.raises(Refused, match=reason):
        codec.decode(headers, body)


def test_deep_data_is_read_or_refused_but_no_bug():
    deepest = [b'{"specversion":"1.0","id":"a","source":"s","type":"t","data":', b"", b"}"]
    outcomes = set()

    for depth in range(900, 1100, 3):
        deepest[1] = b'{"a":' * depth + b"1" + b"}" * depth
        try:
            outcomes.add(codec.decode({}, b"".join(deepest)).id)
        except Refused:
            outcomes.add("refused")

    assert outcomes <= {"a", "refused"}
    assert "refused" in outcomes


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        pytest.param(BINARY, b"{}", id="binary"),
        pytest.param({}, json.dumps(ENVELOPE).encode(), id="structured"),
        pytest.param({}, b"{", id="malformed"),
        pytest.param({}, b'{"message": "hello"}', id="a-message-of-another-kind"),
    ],
)
def test_what_no_pubsub_sent_is_no_push(headers, body):
    assert not codec.is_push(headers, body)


def test_an_event_reads_as_it_was_written():
    assert codec.decode(*codec.encode(EVENT)) == EVENT


def test_an_event_is_written_in_binary_mode():
    headers, body = codec.encode(EVENT)

    assert headers == {
        "ce-specversion": "1.0",
        "ce-id": "a1",
        "ce-source": "/spillway/test",
        "ce-type": events.CANARY_STARTED,
        "ce-subject": "jx/croc",
        "ce-time": "2026-11-22T20:00:00Z",
        "content-type": "application/json",
    }
    assert json.loads(body) == EVENT.data


def test_an_event_without_time_and_subject_gets_none_made_up():
    bare = Event("a1", "/spillway/test", events.CANARY_STARTED, "", None, {})

    headers, body = codec.encode(bare)

    assert codec.decode(headers, body) == bare
    assert set(headers).isdisjoint({"ce-time", "ce-subject"})


def test_attributes_travel_percent_encoded():
    odd = Event("a 1%", "/ü", events.CANARY_STARTED, '"€', None, {})

    headers, body = codec.encode(odd)

    assert headers["ce-id"] == "a%201%25"
    assert headers["ce-source"] == "/%C3%BC"
    assert headers["ce-subject"] == "%22%E2%82%AC"
    assert codec.decode(headers, body) == odd
