"""The clock fires what its PingSources ask for, when they ask for it, and nothing else."""

import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from infra.local import message as wire
from infra.local.clock import Clock, set_sources, source
from infra.local.kube import Tree
from infra.local.message import Message

NOW = datetime(2026, 1, 1, 12, 0, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SINK = {"ref": {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "name": "default"}}


@pytest.mark.parametrize(
    ("schedule", "seconds"),
    [
        pytest.param("* * * * * *", 1, id="every second"),
        pytest.param("*/15 * * * * *", 14, id="every 15 seconds"),
        pytest.param("* * * * *", 59, id="five fields: every minute"),
        pytest.param("@hourly", 3599, id="a descriptor"),
    ],
)
def test_a_schedule_says_when_it_fires_next(schedule: str, seconds: int):
    found = source(ping(schedule=schedule), "http://broker")

    assert found.next_after(NOW) == NOW + seconds * SECOND


def test_a_schedule_is_read_in_its_timezone():
    found = source(ping(schedule="0 30 13 * * *", timezone="Europe/Berlin"), "http://broker")

    assert found.next_after(NOW) == datetime(2026, 1, 1, 12, 30, tzinfo=UTC)


def test_an_event_is_named_as_knatives():
    found = source(ping(data='{"a":1}', ceOverrides={"extensions": {"k": "v"}}), "http://broker")

    event, next_event = found.event(NOW), found.event(NOW)

    assert event.attributes["id"] != next_event.attributes["id"]
    assert event == Message(
        {
            "id": event.attributes["id"],
            "specversion": "1.0",
            "type": "dev.knative.sources.ping",
            "source": "/apis/v1/namespaces/x/pingsources/beat",
            "time": "2026-01-01T12:00:01+00:00",
            "k": "v",
        },
        "application/json",
        b'{"a":1}',
    )


@pytest.mark.parametrize(
    ("sink", "url"),
    [
        pytest.param({"uri": "http://there/now"}, "http://there/now", id="a uri"),
        pytest.param(SINK, "http://broker/x/default", id="a broker of its namespace"),
        pytest.param(
            {"ref": {**SINK["ref"], "namespace": "y"}}, "http://broker/y/default", id="elsewhere"
        ),
    ],
)
def test_a_sink_is_a_uri_or_a_broker(sink: Tree, url: str):
    assert source(ping(sink=sink), "http://broker").sink == url


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"schedule": "@every 5s"}, id="@every, as Knative"),
        pytest.param({"schedule": "often"}, id="no schedule"),
        pytest.param({"timezone": "Mars/Olympus"}, id="no timezone"),
        pytest.param({"sink": {"ref": {"kind": "Service", "name": "s"}}}, id="no sink of the lab"),
    ],
)
def test_what_the_lab_cannot_do_is_refused(spec: Tree):
    with pytest.raises(ValueError, match="PingSource beat"):
        source(ping(**spec), "http://broker")


def test_a_source_is_due_once_per_time_and_nothing_is_caught_up():
    beat = source(ping(schedule="* * * * * *"), "http://broker")
    clock = Clock()
    clock.keep({("x", "beat"): beat}, NOW)

    assert clock.due(NOW) == []
    assert clock.due(NOW + 5 * SECOND) == [beat]
    assert clock.due(NOW + 5 * SECOND) == []
    assert clock.due(NOW + 6 * SECOND) == [beat]


def test_an_unchanged_source_keeps_its_time_when_others_change():
    beat = source(ping(schedule="*/4 * * * * *"), "http://broker")
    other = source(ping(schedule="0 * * * * *"), "http://broker")
    clock = Clock()
    clock.keep({("x", "beat"): beat}, NOW)

    clock.keep({("x", "beat"): beat, ("x", "other"): other}, NOW + 3.5 * SECOND)

    assert clock.due(NOW + 3.5 * SECOND) == [beat]


def test_a_deleted_source_never_fires():
    clock = Clock()
    clock.keep({("x", "beat"): source(ping(), "http://broker")}, NOW)

    clock.keep({}, NOW)

    assert clock.due(NOW + 60 * SECOND) == []


@pytest.mark.loopback
def test_a_beat_that_is_made_fires_each_second_over_a_sink_that_stumbles():
    sink, clock = Sink(), Clock()
    running = threading.Thread(target=clock.run)
    running.start()
    try:
        obj = ping(schedule="* * * * * *", sink={"uri": sink.url})
        set_sources(clock, {("x", "beat"): obj, ("x", "bad"): ping(schedule="?")}, "")
        end = time.monotonic() + 10
        while len(sink.got) < 3 and time.monotonic() < end:
            time.sleep(0.01)
    finally:
        clock.stop()
        running.join()
        sink.shutdown()
        sink.server_close()

    first, again, second = sink.got[:3]
    assert first == again
    assert second.attributes["id"] != first.attributes["id"]
    assert first.type == "dev.knative.sources.ping"


class Sink(ThreadingHTTPServer):
    """Answers 503 to the first event, then 202."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, args=(0.01,)).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    server: Sink

    def do_POST(self) -> None:
        self.server.got.append(wire.parse(dict(self.headers), b""))
        self.send_response(202 if len(self.server.got) > 1 else 503)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def ping(**spec: object) -> Tree:
    return {
        "metadata": {"namespace": "x", "name": "beat"},
        "spec": {"schedule": "*/5 * * * * *", "sink": SINK, **spec},
    }
