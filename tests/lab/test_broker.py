"""The broker keeps Knative's promises: who gets an event, what is tried again, what is dead."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from infra.local import message as wire
from infra.local.broker import Broker, Server, subscribe
from infra.local.kube import Tree
from infra.local.message import Message
from infra.local.triggers import Delivery, seconds, trigger

pytestmark = pytest.mark.loopback

TICK = Message({"specversion": "1.0", "id": "1", "source": "/clock", "type": "tick"})
DELIVERY = {"retry": 2, "backoffPolicy": "exponential", "backoffDelay": "PT0.01S"}
Answer = tuple[int, Mapping[str, str], bytes]
Call = Callable[..., tuple[int, Any]]


class Subscriber(ThreadingHTTPServer):
    """Answers with what it was given, the last answer for ever, and keeps what it was sent."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.got: list[Message] = []
        self.preferred: list[str | None] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, args=(0.01,)).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    server: Subscriber

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        self.server.got.append(wire.parse(dict(self.headers), body))
        self.server.preferred.append(self.headers.get("prefer"))
        answers = self.server.answers
        status, headers, data = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def subscriber(*answers: Answer | int) -> Iterator[Subscriber]:
    found = Subscriber(*(a if isinstance(a, tuple) else (a, {}, b"") for a in answers or (204,)))
    try:
        yield found
    finally:
        found.shutdown()
        found.server_close()


def test_only_the_triggers_that_want_an_event_get_it():
    with subscriber() as wanting, subscriber() as other:
        broker = broker_of(a_trigger(wanting.url, type="tick"), a_trigger(other.url, type="tock"))

        broker.publish("/x/default", TICK)

        settle(broker)
        assert [message.attributes["id"] for message in wanting.got] == ["1"]
        assert other.got == []
        assert wanting.preferred == ["reply"]
        assert broker.report("/delivered") == {"tick": 1}


def test_an_event_for_another_broker_is_not_delivered():
    with subscriber() as other:
        broker = broker_of(a_trigger(other.url, type="tick"))

        broker.publish("/y/default", TICK)

        settle(broker)
        assert other.got == []


def test_an_empty_value_in_a_filter_means_any():
    found = trigger(a_trigger("http://x", type="tick", subject=""))

    assert found.wants(Message({**TICK.attributes, "subject": "a/b"}))
    assert not found.wants(TICK)


@pytest.mark.parametrize("status", [404, 408, 409, 429, 500, 503])
def test_what_may_pass_is_delivered_again(status: int):
    with subscriber(status, 204) as shaky:
        broker = broker_of(a_trigger(shaky.url))

        broker.publish("/x/default", TICK)

        settle(broker)
        assert len(shaky.got) == 2
        assert broker.report("/delivered") == {"tick": 1}
        assert broker.dead == []


@pytest.mark.parametrize("status", [300, 400, 403, 410, 422])
def test_what_will_never_pass_is_dead_at_once(status: int):
    with subscriber(status) as strict:
        broker = broker_of(a_trigger(strict.url))

        broker.publish("/x/default", TICK)

        settle(broker)
        assert len(strict.got) == 1
        assert [letter["knativeerrorcode"] for letter in broker.dead] == [str(status)]


def test_an_event_is_dead_after_the_last_try():
    with subscriber(503) as down:
        broker = broker_of(a_trigger(down.url))

        broker.publish("/x/default", TICK)

        settle(broker)
        assert len(down.got) == 3
        report = broker.report("/dead") or {}
        assert (report["count"], report["pending"]) == (1, 0)


def test_a_subscriber_that_is_not_there_is_tried_again_and_named_in_the_letter():
    with subscriber() as gone:
        url = gone.url
    broker = broker_of(a_trigger(url))

    broker.publish("/x/default", TICK)

    settle(broker)
    assert [(dead["knativeerrordest"], dead["knativeerrorcode"]) for dead in broker.dead] == [
        (url, "0")
    ]


def test_a_reply_that_is_no_event_is_an_error_that_is_tried_again():
    with subscriber((200, {}, b"OK")) as chatty:
        broker = broker_of(a_trigger(chatty.url))

        broker.publish("/x/default", TICK)

        settle(broker)
        assert len(chatty.got) == 3
        assert [letter["knativeerrorcode"] for letter in broker.dead] == ["502"]


def test_a_reply_that_is_an_event_is_published():
    answer = Message({**TICK.attributes, "type": "tock", "id": "2"}, "text/plain", b"ding")
    with subscriber((200, answer.headers(), answer.body)) as asked, subscriber() as told:
        broker = broker_of(a_trigger(asked.url, type="tick"), a_trigger(told.url, type="tock"))

        broker.publish("/x/default", TICK)

        settle(broker)
        assert [(message.type, message.body) for message in told.got] == [("tock", b"ding")]


def test_a_trigger_that_the_lab_cannot_serve_is_left_out():
    with subscriber() as other:
        broken = a_trigger("http://x")
        broken["spec"]["filters"] = [{"prefix": {"type": "t"}}]
        broker = broker_of(broken, a_trigger(other.url))

        assert [found.subscriber for found in broker.triggers] == [other.url]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        pytest.param(TICK.headers(), b'{"a": 1}', id="binary"),
        pytest.param(
            {"content-type": "application/cloudevents+json; charset=utf-8"},
            json.dumps({**TICK.attributes, "data": {"a": 1}}).encode(),
            id="structured",
        ),
    ],
)
def test_an_event_in_either_mode_is_taken_and_delivered_in_binary(
    headers: Mapping[str, str], body: bytes
):
    with subscriber() as other, serving(broker_of(a_trigger(other.url))) as call:
        assert call("POST", "/x/default", headers, body) == (202, None)

        settle_over(call)
        assert other.got[0].attributes == TICK.attributes
        assert json.loads(other.got[0].body) == {"a": 1}
        assert call("GET", "/delivered") == (200, {"tick": 1})


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        pytest.param({}, b"{}", id="no event at all"),
        pytest.param({"ce-specversion": "1.0", "ce-type": "tick"}, b"", id="no id"),
        pytest.param({"content-type": "application/cloudevents+json"}, b"[", id="no JSON"),
        pytest.param({"content-type": "application/cloudevents+json"}, b"[]", id="a batch"),
    ],
)
def test_what_is_no_event_is_refused(headers: Mapping[str, str], body: bytes):
    with serving(broker_of()) as call:
        status, _ = call("POST", "/x/default", headers, body)

        assert status == 400


def test_a_non_ascii_attribute_and_binary_data_arrive_whole():
    event = {**TICK.attributes, "subject": "größe", "data_base64": "AAH/"}
    found = wire.parse({"content-type": "application/cloudevents+json"}, json.dumps(event).encode())

    assert found.attributes["subject"] == "gr%C3%B6%C3%9Fe"
    assert found.body == b"\x00\x01\xff"


@pytest.mark.parametrize(
    ("delivery", "pauses"),
    [
        pytest.param(Delivery(3, "exponential", 0.5), [0.5, 1.0, 2.0], id="exponential"),
        pytest.param(Delivery(3, "linear", 0.5), [0.0, 0.5, 1.0], id="linear"),
        pytest.param(Delivery(2, "", 0.5), [0.0, 0.0], id="no policy"),
    ],
)
def test_the_pauses_between_tries_are_knatives(delivery: Delivery, pauses: list[float]):
    assert list(delivery.pauses()) == pauses


@pytest.mark.parametrize(
    ("text", "wanted"), [("PT0.2S", 0.2), ("PT1M30S", 90), ("PT2H", 7200), ("PT30S", 30)]
)
def test_durations_are_iso_8601(text: str, wanted: float):
    assert seconds(text) == wanted


@pytest.mark.parametrize("text", ["5s", "PT", "P1D", ""])
def test_other_durations_are_refused(text: str):
    with pytest.raises(ValueError, match="wanted a duration"):
        seconds(text)


def a_trigger(uri: str, **attributes: str) -> Tree:
    return {
        "metadata": {"namespace": "x", "name": f"to-{uri}"},
        "spec": {
            "broker": "default",
            "filter": {"attributes": attributes},
            "subscriber": {"uri": uri},
            "delivery": DELIVERY,
        },
    }


def broker_of(*triggers: Tree) -> Broker:
    broker = Broker()
    subscribe(broker, {("x", str(number)): found for number, found in enumerate(triggers)})
    return broker


def settle(broker: Broker) -> None:
    until(lambda: broker.pending == 0)


def settle_over(call: Call) -> None:
    until(lambda: call("GET", "/dead")[1]["pending"] == 0)


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


@contextmanager
def serving(broker: Broker) -> Iterator[Call]:
    server = Server(broker)
    threading.Thread(target=server.serve_forever, args=(0.01,)).start()

    def call(method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""):
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
        try:
            connection.request(method, path, body, {**(headers or {}), "connection": "close"})
            answer = connection.getresponse()
            data = answer.read()
            return answer.status, json.loads(data) if data else None
        finally:
            connection.close()

    try:
        yield call
    finally:
        server.shutdown()
        server.server_close()
