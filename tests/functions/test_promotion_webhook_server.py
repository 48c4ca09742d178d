"""The webhook in its real server: a bad start stops, a good one is light, bodies are bounded."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

pytestmark = pytest.mark.loopback
ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "functions" / "promotion_webhook" / "main.py"
ENVIRON = {
    "PATH": os.environ["PATH"],
    "PYTHONPATH": str(ROOT),
    "FUNCTION_TARGET": "promotion_webhook",
    "FUNCTION_SOURCE": str(SOURCE),
    "K_SINK": "http://127.0.0.1:9/",
}
MIB = 1 << 20


@contextmanager
def a_server() -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = str(Path(sys.executable).parent / "functions-framework")
    command = [program, "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, env=ENVIRON, stdout=subprocess.DEVNULL)
    try:
        wait_until_it_answers(port)
        yield port, process
    finally:
        process.terminate()
        process.wait(20)


def wait_until_it_answers(port):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            assert status_of(port, "GET") == 204
        except ConnectionError:
            time.sleep(0.01)
        else:
            return
    raise TimeoutError(f"no answer on port {port}")


def status_of(port, method, body=None, **how):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, "/", body, **how)
        return connection.getresponse().status
    finally:
        connection.close()


def chunks(count):
    return (b"x" * 65536 for _ in range(count))


def peak_memory(process):
    """Of the server's worker, in MiB: its high-water mark."""
    (worker,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    lines = Path(f"/proc/{worker}/status").read_text().splitlines()
    (peak,) = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(peak) // 1024


def test_a_body_above_1_mib_is_too_large_announced_or_chunked():
    with a_server() as (port, _):
        assert status_of(port, "POST", b"x" * (MIB + 1)) == 413
        assert status_of(port, "POST", chunks(17), encode_chunked=True) == 413
        assert status_of(port, "POST", chunks(16), encode_chunked=True) == 503  # no secrets here


def test_a_body_that_breaks_off_is_refused_and_the_next_request_is_served():
    chunked = b"Transfer-Encoding: chunked\r\n\r\n"
    with a_server() as (port, _):
        assert answer_to(port, chunked + b"ZZZ\r\nabc\r\n0\r\n\r\n").startswith(b"HTTP/1.1 400 ")
        assert answer_to(port, chunked + b"3\r\nabcdef\r\n0\r\n\r\n").startswith(b"HTTP/1.1 400 ")
        assert answer_to(port, chunked + b"ff\r\nabc").startswith(b"HTTP/1.1 400 ")
        assert answer_to(port, b"Content-Length: 9\r\n\r\n{}").startswith(b"HTTP/1.1 400 ")
        assert status_of(port, "POST", b"{}") == 503  # no secrets here


def answer_to(port, rest):
    """What comes back of a POST that is sent as it is, and is then over."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n" + rest)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_huge_body_never_stays_in_memory():
    with a_server() as (port, process):
        before = peak_memory(process)

        assert status_of(port, "POST", chunks(192), encode_chunked=True) == 413
        with suppress(ConnectionError):  # the server may hang up on a body that it will not read
            status_of(port, "PUT", chunks(400), encode_chunked=True)

        assert peak_memory(process) - before < 8


def test_a_start_without_a_bus_stops_with_the_name_of_the_setting():
    environ = {name: value for name, value in ENVIRON.items() if name != "K_SINK"}
    program = str(Path(sys.executable).parent / "functions-framework")

    ran = subprocess.run(
        [program, "--port", "0"], env=environ, capture_output=True, text=True, timeout=30
    )

    assert ran.returncode != 0
    assert "K_SINK=''" in ran.stderr


def test_a_start_imports_no_kubernetes_and_no_pubsub():
    program = (
        "import functions_framework, sys;"
        "functions_framework.create_app();"
        "print(sorted({'kubernetes', 'google.pubsub_v1', 'grpc', 'requests'}"
        " & set(sys.modules)), len(sys.modules))"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=ENVIRON,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )

    assert ran.stdout.startswith("[] ")
    # Milliseconds differ from machine to machine; the number of modules does not.
    assert int(ran.stdout.split()[1]) < 400
