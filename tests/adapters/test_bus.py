"""The bus: taken means taken, on a real HTTP sink and a real gRPC topic."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.adapters import bus, codec
from shared.adapters.variables import BusKind
from shared.domain.errors import Unavailable
from shared.domain.events import CANARY_STARTED, Event
from tests.sink import a_sink

pytestmark = pytest.mark.loopback
TOPIC = "projects/demo/topics/spillway"
EVENT = Event(
    id="e1",
    source="/spillway/test",
    type=CANARY_STARTED,
    subject="jx/croc",
    time=datetime(2026, 11, 22, 20, tzinfo=UTC),
    data={"reason": "Größe"},
)


@dataclass(frozen=True, slots=True)
class OnHttp:
    """What a function's settings say of an HTTP bus."""

    sink: str
    sink_token: str = ""
    bus: BusKind = BusKind.HTTP
    topic: str = ""


@dataclass(frozen=True, slots=True)
class OnPubSub:
    """What a function's settings say of a topic."""

    bus: BusKind = BusKind.PUBSUB
    sink: str = ""
    sink_token: str = ""
    topic: str = TOPIC


@pytest.mark.parametrize("status", [200, 202, 204])
def test_a_sink_that_takes_an_event_gets_it_whole(status):
    with a_sink(status) as sink:
        bus.open_bus(OnHttp(sink.url)).publish(EVENT)

    (delivery,) = sink.deliveries
    assert delivery.path == "/spillway/default?x=1"
    assert codec.decode(delivery.headers, delivery.body) == EVENT


def test_the_token_that_a_sink_wants_goes_along_as_it_is_at_the_time(tmp_path):
    token = tmp_path / "token"
    with a_sink() as sink:
        to = bus.open_bus(OnHttp(sink.url, str(token)))
        for written in ("first", "second\n"):
            token.write_text(written)
            to.publish(EVENT)

    sent = [delivery.headers["Authorization"] for delivery in sink.deliveries]
    assert sent == ["Bearer first", "Bearer second"]


def test_without_a_token_none_goes_along():
    with a_sink() as sink:
        bus.open_bus(OnHttp(sink.url)).publish(EVENT)

    assert "Authorization" not in sink.deliveries[0].headers


def test_a_token_that_cannot_be_read_is_no_fault_of_the_event(tmp_path):
    with a_sink() as sink, pytest.raises(Unavailable, match=r"event e1: sink token .*nowhere"):
        bus.open_bus(OnHttp(sink.url, str(tmp_path / "nowhere"))).publish(EVENT)

    assert sink.deliveries == []


@pytest.mark.parametrize("written", ["", "s3cret\nsecond", "a s3cret", "s3cret\0", "s3cret€"])
def test_a_token_that_no_header_can_hold_is_refused_and_not_quoted(tmp_path, written):
    token = tmp_path / "token"
    token.write_text(written)

    with a_sink() as sink, pytest.raises(Unavailable, match=f"token {token}: wanted") as found:
        bus.open_bus(OnHttp(sink.url, str(token))).publish(EVENT)

    assert "s3cret" not in str(found.value)
    assert sink.deliveries == []


@pytest.mark.parametrize("status", [301, 400, 404, 429, 500, 503])
def test_an_event_that_a_sink_does_not_take_is_not_published(status):
    with a_sink(status) as sink, pytest.raises(Unavailable, match=rf"e1.*answered {status}"):
        bus.open_bus(OnHttp(sink.url)).publish(EVENT)


def test_a_sink_that_is_down_is_unavailable():
    with a_sink(204) as sink:
        url = sink.url

    with pytest.raises(Unavailable, match=r"e1.*ConnectionRefusedError"):
        bus.open_bus(OnHttp(url)).publish(EVENT)


@contextmanager
def a_topic(monkeypatch: pytest.MonkeyPatch, publish: Any) -> Iterator[None]:
    """A gRPC server with the one method that a publisher calls."""
    grpc = pytest.importorskip("grpc")
    from google.pubsub_v1.types import PublishRequest, PublishResponse

    method = grpc.unary_unary_rpc_method_handler(
        publish,
        request_deserializer=PublishRequest.deserialize,
        response_serializer=PublishResponse.serialize,
    )
    server = grpc.server(futures.ThreadPoolExecutor(2))
    service = "google.pubsub.v1.Publisher"
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(service, {"Publish": method}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", f"127.0.0.1:{port}")
    try:
        yield
    finally:
        server.stop(0).wait()


def test_a_topic_gets_an_event_as_attributes_and_data(monkeypatch):
    from google.pubsub_v1.types import PublishResponse

    got = []

    def publish(request, context):
        got.append(request)
        return PublishResponse(message_ids=["1"])

    with a_topic(monkeypatch, publish):
        bus.open_bus(OnPubSub()).publish(EVENT)

    ((message,),) = [request.messages for request in got]
    assert got[0].topic == TOPIC
    assert message.ordering_key == ""
    assert codec.decode(dict(message.attributes), message.data) == EVENT


def test_a_topic_that_is_gone_is_unavailable(monkeypatch):
    grpc = pytest.importorskip("grpc")

    def publish(request, context):
        context.abort(grpc.StatusCode.NOT_FOUND, "no such topic")

    with (
        a_topic(monkeypatch, publish),
        pytest.raises(Unavailable, match=r"e1.*no such topic"),
    ):
        bus.open_bus(OnPubSub()).publish(EVENT)


def test_a_topic_that_refused_an_event_may_take_the_next(monkeypatch):
    grpc = pytest.importorskip("grpc")
    from google.pubsub_v1.types import PublishResponse

    refusals = [grpc.StatusCode.PERMISSION_DENIED] * 5

    def publish(request, context):
        if refusals:
            context.abort(refusals.pop(), "not now")
        return PublishResponse(message_ids=["1"])

    with a_topic(monkeypatch, publish):
        topic = bus.open_bus(OnPubSub())
        for _ in range(5):
            with pytest.raises(Unavailable, match=r"e1.*not now"):
                topic.publish(EVENT)
        topic.publish(EVENT)

    assert refusals == []


def test_a_topic_that_is_down_is_asked_once_and_not_behind_our_back(monkeypatch):
    grpc = pytest.importorskip("grpc")
    asked = []

    def publish(request, context):
        asked.append(request)
        context.abort(grpc.StatusCode.UNAVAILABLE, "later")

    with a_topic(monkeypatch, publish):
        with pytest.raises(Unavailable, match=r"e1.*later"):
            bus.open_bus(OnPubSub()).publish(EVENT)
        time.sleep(0.5)

    assert len(asked) == 1


def test_a_topic_that_says_nothing_is_waited_for_no_longer_than_the_deadline(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(bus, "_DEADLINE", 0.2)

    with a_topic(monkeypatch, lambda request, context: over.wait(20)):
        with pytest.raises(Unavailable, match=r"e1.*Deadline"):
            bus.open_bus(OnPubSub()).publish(EVENT)
        over.set()


def test_a_topic_is_unavailable_while_there_are_no_credentials_for_it(monkeypatch):
    monkeypatch.delenv("PUBSUB_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/not/there.json")

    with pytest.raises(Unavailable, match=f"topic {TOPIC}: .*/not/there.json"):
        bus.open_bus(OnPubSub())


@pytest.mark.parametrize("written", ["[]", "s3cret", '{"type": "service_account", "s3cret": 1}'])
def test_credentials_that_cannot_be_used_are_not_quoted(monkeypatch, tmp_path, written):
    credentials = tmp_path / "credentials.json"
    credentials.write_text(written)
    monkeypatch.delenv("PUBSUB_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(credentials))

    with pytest.raises(Unavailable, match=f"topic {TOPIC}: .*credentials") as found:
        bus.open_bus(OnPubSub())

    assert "s3cret" not in str(found.value)


def test_importing_the_bus_imports_no_pubsub():
    program = (
        "import sys, shared.adapters.bus;"
        "slow = ('google.cloud.pubsub', 'google.pubsub', 'grpc');"
        "print([name for name in sys.modules if name.startswith(slow)])"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )

    assert ran.stdout.strip() == "[]"
