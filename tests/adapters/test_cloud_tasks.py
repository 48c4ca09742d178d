"""The beat as tasks: each a whole CloudEvent for analysis_tick, at a moment that names it."""

import base64
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters import codec
from shared.adapters.clock import is_beat, open_clock
from shared.adapters.cloud_tasks import CloudTasksClock
from shared.adapters.settings import ClockSettings
from shared.adapters.variables import ClockKind
from shared.domain.errors import Unavailable
from shared.domain.events import ANALYSIS_TICK, Tick, tick
from shared.domain.fields import mapping, pairs, text
from tests.adapters.servers import answering, silent
from tests.google_cloud import ACCOUNT, QUEUE, CloudTasks, a_queue
from tests.reconcile.memory import Memory

pytestmark = pytest.mark.loopback
SECOND = timedelta(seconds=1)
BEAT = 5 * SECOND
TICK = "https://analysis-tick.example.com/"
# Long after every test: nothing is delivered.
NOW = datetime(2100, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def queue() -> Iterator[CloudTasks]:
    with a_queue() as queue:
        yield queue


def settings(url: str) -> ClockSettings:
    return ClockSettings(ClockKind.CLOUD_TASKS, "spillway", TICK, QUEUE, ACCOUNT, url)


def clock(url: str) -> CloudTasksClock:
    return CloudTasksClock(settings(url), lambda: "t1", BEAT)


def moments(queue: CloudTasks) -> list[str]:
    return [text(task, "scheduleTime") for task in queue.made]


def test_the_request_of_a_task_is_a_tick_over_all_from_the_beat(queue):
    clock(queue.url).want(NOW, NOW + 60 * SECOND)

    (task,) = queue.made
    request = mapping(task, "httpRequest")
    body = base64.b64decode(text(request, "body"))
    event = codec.decode(pairs(request, "headers"), body)
    assert (text(request, "httpMethod"), text(request, "url")) == ("POST", TICK)
    assert (event.type, tick(event), is_beat(event.source)) == (ANALYSIS_TICK, Tick(), True)
    assert event.time == NOW + 60 * SECOND
    assert text(task, "name") == f"{QUEUE}/tasks/{event.id}"


def test_a_task_shows_the_token_of_the_account_to_the_address_it_goes_to(queue):
    clock(queue.url).want(NOW, NOW)

    token = mapping(queue.made[0], "httpRequest", "oidcToken")

    assert token == {"serviceAccountEmail": ACCOUNT, "audience": TICK}


def test_a_tick_that_is_asked_for_twice_is_one(queue):
    clock(queue.url).want(NOW, NOW + 60 * SECOND)
    clock(queue.url).want(NOW + SECOND, NOW + 61 * SECOND)

    assert moments(queue) == ["2100-03-01T12:01:00Z"]


def test_a_tick_after_one_that_was_delivered_has_another_name(queue):
    clock(queue.url).want(NOW, NOW)
    clock(queue.url).want(NOW + BEAT, NOW)

    assert moments(queue) == ["2100-03-01T12:00:05Z", "2100-03-01T12:00:10Z"]


def test_a_pass_whose_clock_is_behind_googles_does_not_ask_for_the_tick_that_it_is(queue):
    clock(queue.url).want(NOW, NOW)
    clock(queue.url).want(NOW + 0.96 * BEAT, NOW)

    assert moments(queue) == ["2100-03-01T12:00:05Z", "2100-03-01T12:00:10Z"]


def test_two_installations_on_one_queue_do_not_take_each_others_ticks(queue):
    other = replace(settings(queue.url), sink="https://other.example.com/")

    clock(queue.url).want(NOW, NOW)
    CloudTasksClock(other, lambda: "t1", BEAT).want(NOW, NOW)

    assert moments(queue) == ["2100-03-01T12:00:05Z"] * 2


def test_nothing_of_it_stands_in_the_cluster(queue):
    memory = Memory()
    tasks = open_clock(settings(queue.url), memory, lambda: "t1", BEAT)  # type: ignore[arg-type]  # has all its calls

    tasks.want(NOW, NOW)
    tasks.stop(tasks.version())

    assert not tasks.goes_on
    assert len(queue.made) == 1
    assert memory.objects == {}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"queue": QUEUE.replace("beats", "gone")}, "404.*NOT_FOUND", id="no-queue"),
        pytest.param({"endpoint": "http://127.0.0.1:1"}, "ConnectionRefusedError", id="down"),
    ],
)
def test_a_queue_that_does_not_take_a_task_is_unavailable(queue, change, why):
    changed = replace(settings(queue.url), **change)

    with pytest.raises(Unavailable, match=why):
        CloudTasksClock(changed, lambda: "t1", BEAT).want(NOW, NOW)


def test_a_token_that_is_not_taken_is_unavailable(queue):
    with pytest.raises(Unavailable, match=r"401.*UNAUTHENTICATED"):
        CloudTasksClock(settings(queue.url), lambda: "x", BEAT).want(NOW, NOW)


def test_a_queue_that_is_silent_is_given_up_in_seconds():
    began = time.monotonic()

    with silent() as url, pytest.raises(Unavailable, match="TimeoutError"):
        clock(url).want(NOW, NOW)

    assert time.monotonic() - began < 15


def test_a_task_is_asked_for_as_google_documents_it():
    heard: list[bytes] = []

    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", heard) as url:
        clock(url).want(NOW, NOW)

    (head, *_) = heard
    assert head.startswith(f"POST /v2/{QUEUE}/tasks HTTP/1.1\r\n".encode())
    assert b"\r\nAuthorization: Bearer t1\r\n" in head
    assert b"\r\nContent-Type: application/json" in head
