"""The sample app: what it answers, how it fails and dawdles, and that its stop loses nothing."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from infra.local import croc_hunter
from infra.local.croc_hunter import Behaviour, Server


@contextmanager
def serving(how: Behaviour) -> Iterator[Server]:
    server = Server(how)
    server.start()
    yield server
    server.stop()


def connect(server: Server) -> HTTPConnection:
    host, _, port = server.address.partition(":")
    return HTTPConnection(host, int(port), timeout=5)


def test_the_environment_describes_the_behaviour():
    environ = {
        "VERSION": "2.0.0",
        "POD_NAME": "web-1",
        "FAIL_RATE": "0.25",
        "DELAY_MS": "40",
        "READY": "never",
        "START_SECONDS": "3",
    }

    assert croc_hunter.behaviour(environ) == Behaviour(
        version="2.0.0",
        pod="web-1",
        fail_rate=0.25,
        delay=0.04,
        ever_ready=False,
        start_seconds=3.0,
    )


@pytest.mark.parametrize(
    ("environ", "rate"),
    [
        pytest.param({"VERSION": "1.2.0"}, 0.0, id="a good version"),
        pytest.param({"VERSION": "1.2.0-bad"}, 0.3, id="a bad one"),
        pytest.param({"VERSION": "1.2.0-bad", "FAIL_RATE": "0.1"}, 0.1, id="the environment wins"),
    ],
)
def test_a_version_can_be_bad_by_itself(environ, rate):
    assert croc_hunter.behaviour(environ).fail_rate == rate


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("FAIL_RATE", "1.1", id="a share above one"),
        pytest.param("FAIL_RATE", "nan", id="not a number at all"),
        pytest.param("DELAY_MS", "-1", id="time that runs backwards"),
        pytest.param("START_SECONDS", "soon", id="a word"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_name_and_value(name, value):
    with pytest.raises(SystemExit, match=rf"^{name}: .* found '{value}'$"):
        croc_hunter.behaviour({name: value})


@pytest.mark.parametrize(
    ("rate", "failures"),
    [
        pytest.param(0.0, 0, id="none"),
        pytest.param(0.01, 10, id="one in a hundred"),
        pytest.param(0.2, 200, id="one in five"),
        pytest.param(1.0, 1000, id="all"),
    ],
)
def test_the_share_of_failures_is_kept_to_a_few_requests(rate, failures):
    how = Behaviour(fail_rate=rate)

    statuses = [croc_hunter.answer(how, "/", number=n, up_seconds=0).status for n in range(1000)]

    assert statuses.count(500) == pytest.approx(failures, abs=3)


def test_failures_and_delays_have_nothing_to_do_with_each_other():
    how = Behaviour(fail_rate=0.5, delay=1.0)

    answers = [croc_hunter.answer(how, "/", number=n, up_seconds=0) for n in range(1000)]
    slow_failures = [a for a in answers if a.status == 500 and a.delay > 1.0]

    assert len(slow_failures) == pytest.approx(250, abs=25)


def test_a_delay_is_the_one_asked_for_give_or_take_a_fifth():
    how = Behaviour(delay=0.1)

    delays = [croc_hunter.answer(how, "/", number=n, up_seconds=0).delay for n in range(1000)]

    assert min(delays) == pytest.approx(0.08, abs=0.001)
    assert max(delays) == pytest.approx(0.12, abs=0.001)


@pytest.mark.parametrize(
    ("how", "up_seconds", "status"),
    [
        pytest.param(Behaviour(), 0.0, 200, id="at once"),
        pytest.param(Behaviour(ever_ready=False), 99.0, 503, id="never"),
        pytest.param(Behaviour(start_seconds=5), 4.9, 503, id="still starting"),
        pytest.param(Behaviour(start_seconds=5), 5.0, 200, id="started"),
        pytest.param(Behaviour(fail_rate=1.0), 0.0, 200, id="failing but ready"),
    ],
)
def test_a_probe_is_told_whether_the_app_is_ready(how, up_seconds, status):
    assert croc_hunter.answer(how, "/healthz", number=0, up_seconds=up_seconds).status == status


@pytest.mark.loopback
def test_every_page_tells_the_version_over_one_connection():
    with serving(Behaviour(version="1.2.3", pod="web-1")) as server:
        connection = connect(server)
        answers = []
        for method, path, body in (("GET", "/", None), ("POST", "/any?q=1", b"x" * 100_000)):
            connection.request(method, path, body)
            response = connection.getresponse()
            answers.append((response.status, response.getheader("x-version"), response.read()))
        own_port = connection.sock.getsockname()[1]
        connection.request("HEAD", "/")
        connection.getresponse().read()

        assert [(status, version) for status, version, _ in answers] == [(200, "1.2.3")] * 2
        assert json.loads(answers[0][2]) == {
            "app": "croc-hunter",
            "version": "1.2.3",
            "pod": "web-1",
        }
        assert connection.sock.getsockname()[1] == own_port
        connection.close()


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(b"hello\r\n\r\n", b"400", id="not HTTP"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"400", id="no length"),
        pytest.param(
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"411", id="chunked"
        ),
        pytest.param(b"GET / HTTP/1.0\r\n\r\n", b"200", id="an old protocol"),
    ],
)
def test_a_connection_that_cannot_go_on_is_answered_and_closed(sent, status):
    with (
        serving(Behaviour()) as server,
        socket.create_connection(("127.0.0.1", port_of(server))) as s,
    ):
        s.sendall(sent)
        received = b"".join(iter(lambda: s.recv(4096), b""))

    assert received.split(b" ")[1] == status
    assert b"connection: close" in received


@pytest.mark.loopback
def test_two_requests_sent_at_once_are_both_answered():
    with (
        serving(Behaviour()) as server,
        socket.create_connection(("127.0.0.1", port_of(server))) as s,
    ):
        s.sendall(b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        received = b"".join(iter(lambda: s.recv(4096), b""))

    assert received.count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.loopback
def test_a_stop_answers_what_is_in_flight_and_ends_idle_connections():
    server = Server(Behaviour(delay=0.3))
    server.start()
    idle, busy = connect(server), connect(server)
    idle.connect()
    busy.request("GET", "/")
    time.sleep(0.1)

    stopping = threading.Thread(target=server.stop)
    stopping.start()
    response = busy.getresponse()

    assert (response.status, response.getheader("connection")) == (200, "close")
    assert response.read()
    stopping.join(timeout=5)
    assert not stopping.is_alive()
    assert idle.sock.recv(1) == b""
    idle.close()
    busy.close()


@pytest.mark.loopback
def test_the_process_is_small_and_leaves_on_sigterm():
    environ = {**os.environ, "PORT": "0", "VERSION": "7"}
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.local.croc_hunter"],
        env=environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process:
        assert process.stdout.readline().startswith("croc-hunter 7 on 127.0.0.1:")
        resident = resident_kilobytes(process.pid)

        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=5) == 0
    assert resident < 15_000


def port_of(server: Server) -> int:
    return int(server.address.rpartition(":")[2])


def resident_kilobytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
