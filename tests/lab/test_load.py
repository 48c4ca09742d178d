"""The load: its pace, its counts, and what it calls a failure."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from infra.local.croc_hunter import Behaviour, Server
from infra.local.load import Counts, Failure, Load

ANSWER = b"HTTP/1.1 200 OK\r\nx-version: 1\r\ncontent-length: 0\r\n\r\n"


@contextmanager
def serving(how: Behaviour, port: int = 0) -> Iterator[Server]:
    server = Server(how, port)
    server.start()
    yield server
    server.stop()


@contextmanager
def listening(handle: Callable[[socket.socket], object]) -> Iterator[str]:
    """A server that does as it likes with each connection, one after another."""

    def accept_all() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                handle(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=accept_all)
        accepting.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join()


def run(address: str, *, rate: float, seconds: float, lanes: int = 8) -> Counts:
    load = Load(address, "web.example.com", rate, lanes=lanes, timeout=1.0)
    load.start()
    time.sleep(seconds)
    load.stop()
    return load.snapshot()


def test_what_came_since_an_earlier_snapshot_is_the_difference():
    failures = tuple(Failure(datetime(2026, 1, 1, tzinfo=UTC), 500, "2", str(n)) for n in range(3))
    earlier = Counts({200: 5, 500: 1}, {"1": 6}, 1, failures[:1])
    later = Counts({200: 9, 500: 3}, {"1": 6, "2": 6}, 3, failures)

    between = later.since(earlier)

    assert between == Counts({200: 4, 500: 2}, {"2": 6}, 2, failures[1:])
    assert between.requests == 6


def test_nothing_since_now_is_nothing():
    counts = Counts(
        {500: 1}, {"2": 1}, 1, (Failure(datetime(2026, 1, 1, tzinfo=UTC), 500, "", ""),)
    )

    assert counts.since(counts) == Counts({}, {}, 0, ())


@pytest.mark.loopback
def test_the_pace_is_steady_and_every_answer_is_counted_by_version():
    with serving(Behaviour(version="1.2.3")) as server:
        start = time.monotonic()
        counts = run(server.address, rate=100, seconds=1.0)
        took = time.monotonic() - start  # more than asked for, on a busy machine

    assert 60 <= counts.requests <= 100 * took + 1
    assert counts == Counts({200: counts.requests}, {"1.2.3": counts.requests}, 0, ())


@pytest.mark.loopback
def test_slow_answers_are_not_caught_up_with_a_burst():
    with serving(Behaviour(delay=0.2)) as server:
        start = time.monotonic()
        counts = run(server.address, rate=1000, seconds=1.0, lanes=2)
        took = time.monotonic() - start

    assert 4 <= counts.requests <= 2 * (took / 0.16 + 1)  # the delay is 20 % more or less


@pytest.mark.loopback
def test_a_failed_answer_is_kept_with_its_time_status_and_version():
    before = datetime.now(UTC)

    with serving(Behaviour(version="2", fail_rate=1.0)) as server:
        counts = run(server.address, rate=50, seconds=0.3)

    assert counts.statuses == {500: counts.failed}
    assert counts.failures[0].version == "2"
    assert counts.failures[0].reason == "Internal Server Error"
    assert before <= counts.failures[0].time <= datetime.now(UTC)


@pytest.mark.loopback
def test_a_server_that_is_not_there_fails_every_request():
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        address = f"127.0.0.1:{reserved.getsockname()[1]}"

    counts = run(address, rate=50, seconds=0.3)

    assert counts.statuses == {0: counts.failed}
    assert "ConnectionRefusedError" in counts.failures[0].reason


@pytest.mark.loopback
def test_a_connection_closed_between_two_requests_fails_none():
    def answer_once(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(ANSWER)

    with listening(answer_once) as address:
        counts = run(address, rate=20, seconds=0.5, lanes=1)

    assert counts.requests >= 5
    assert counts.failed == 0


@pytest.mark.loopback
def test_a_connection_closed_under_a_request_is_a_failure():
    with listening(lambda connection: connection.recv(4096)) as address:
        counts = run(address, rate=20, seconds=0.3, lanes=1)

    assert counts.requests >= 3
    assert counts.statuses == {0: counts.failed}
    assert "RemoteDisconnected" in counts.failures[0].reason


@pytest.mark.loopback
def test_the_host_is_the_one_asked_for():
    heads: list[bytes] = []

    def keep_the_head(connection: socket.socket) -> None:
        heads.append(connection.recv(4096))
        connection.sendall(ANSWER)

    with listening(keep_the_head) as address:
        run(address, rate=20, seconds=0.2, lanes=1)

    assert b"Host: web.example.com\r\n" in heads[0]


@pytest.mark.loopback
def test_the_command_tells_the_counts():
    with serving(Behaviour(version="3")) as server:
        options = f"--address {server.address} --host web.example.com --rate 20 --seconds 0.5"
        told = subprocess.run(
            [sys.executable, "-m", "infra.local.load", *options.split()],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        ).stdout

    assert " requests, 0 failed; versions 3: " in told.splitlines()[-1]
