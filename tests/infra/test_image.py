"""The image, as far as it can be tried without building it: from its own Dockerfile."""

import http.client
import json
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra.local.background import in_background
from tests.functions.place import a_free_port
from tests.readme import ROOT
from tests.reconcile.kubeconfig import a_kubeconfig

DOCKERFILE = ROOT / "infra" / "Dockerfile"
TEXT = DOCKERFILE.read_text()
STAGE = TEXT.rpartition("FROM ")[2]  # the one that is shipped
COMMAND: list[str] = json.loads(re.findall(r"^CMD (.*)$", STAGE, re.MULTILINE)[-1])
FUNCTIONS = sorted(main.parent.name for main in ROOT.glob("functions/*/main.py"))
HEARD = 1 << (signal.SIGTERM - 1)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """What the image copies to /app, compiled as it is there."""
    folder = tmp_path / "app"
    folder.mkdir()
    for source, target in re.findall(r"^COPY (\S+) (\S+)$", STAGE, re.MULTILINE):
        shutil.copytree(
            ROOT / source, folder / target, ignore=shutil.ignore_patterns("__pycache__")
        )
    (compiles,) = re.findall(r"^RUN python (-m compileall .*)$", STAGE, re.MULTILINE)
    subprocess.run([sys.executable, *compiles.split()], cwd=folder, check=True)
    return folder


@pytest.fixture
def environ(app: Path, tmp_path: Path) -> dict[str, str]:
    """The image's own variables, with its two folders as they are here."""
    (tmp_path / "tmp").mkdir()
    (line,) = re.findall(r"^ENV (.*)$", STAGE, re.MULTILINE)
    found = {name: value for name, _, value in (item.partition("=") for item in line.split())}
    here: dict[str, str] = {"/app": str(app), "/tmp": str(tmp_path / "tmp")}
    path = f"{Path(sys.executable).parent}:/usr/bin"
    return {name: here.get(value, value) for name, value in found.items()} | {"PATH": path}


def of(function: str, app: Path) -> dict[str, str]:
    """What a Service sets for its function."""
    source = str(app / "functions" / function / "main.py")
    return {"FUNCTION_TARGET": function, "FUNCTION_SOURCE": source, "K_SINK": "http://127.0.0.1:9/"}


@contextmanager
def served(app: Path, environ: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The image's own command at work, and its port."""
    port = a_free_port()
    process = subprocess.Popen(
        COMMAND,
        cwd=app,
        env={**environ, "PORT": str(port), "HOST": "127.0.0.1", "THREADS": "8"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        ends = time.monotonic() + 30
        while not answers(port):
            assert process.poll() is None, process.stderr
            assert time.monotonic() < ends
            time.sleep(0.05)
        yield process, port
    finally:
        process.kill()
        process.communicate()


def answers(port: int) -> bool:
    try:
        return ask(port, "GET") == 204
    except OSError:
        return False


def ask(port: int, method: str, headers: dict[str, str] | None = None) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, "/", b"", headers or {})
        return connection.getresponse().status
    finally:
        connection.close()


def test_it_does_not_run_as_root_and_its_server_is_the_first_process():
    assert "USER 65532:65532" in STAGE.splitlines()
    assert STAGE.splitlines()[-1] == 'CMD ["functions-framework"]'
    assert "ENTRYPOINT" not in STAGE  # nothing stands between


def test_its_builder_is_sent_what_it_copies_and_nothing_else():
    copied = re.findall(r"^COPY (\S+) \S+$", TEXT, re.MULTILINE)
    lines = (ROOT / "infra" / "Dockerfile.dockerignore").read_text().splitlines()

    assert next(line for line in lines if not line.startswith("#")) == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == set(copied)


def test_all_that_is_copied_is_compiled(app: Path):
    sources = list(app.rglob("*.py"))

    assert len(sources) > 50
    assert [
        s for s in sources if not list((s.parent / "__pycache__").glob(f"{s.stem}.*.pyc"))
    ] == []


@pytest.mark.loopback
@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_starts_from_what_is_copied_and_without_what_is_left_out(
    app: Path, environ: dict[str, str], function: str
):
    (left_out,) = re.findall(r"rm -r \S+/site-packages/(\S+)", TEXT)
    config = a_kubeconfig(app / "kubeconfig", "http://127.0.0.1:9")
    program = (
        f"import sys; sys.modules[{left_out.replace('/', '.')!r}] = None\n"
        "import functions_framework\n"
        "print(functions_framework.create_app().test_client().get('/').status)\n"
        f"from shared.adapters.cluster import Cluster; Cluster({config!r})\n"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=app,
        env={**environ, **of(function, app)},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (ran.stdout, ran.stderr) == ("204 NO CONTENT\n", "")


@pytest.mark.loopback
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_server_needs_to_write_in_its_temporary_folder_alone(
    app: Path, environ: dict[str, str], tmp_path: Path, function: str
):
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "sitecustomize.py").write_text(WATCH)
    environ["PYTHONPATH"] += f":{tmp_path / 'watch'}"
    environ["WRITES"] = str(tmp_path / "writes")

    with served(app, {**environ, **of(function, app)}) as (process, port):
        ask(port, "POST")
        process.terminate()
        process.communicate(timeout=30)

    written = (tmp_path / "writes").read_text().splitlines()
    allowed = (environ["TMPDIR"], "/dev/null")
    assert any(path.startswith(environ["TMPDIR"]) for path in written)  # so the watch does see
    assert [path for path in written if not path.startswith(allowed)] == []


WATCH = """\
import os, sys

_out = os.open(os.environ["WRITES"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
_writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_making = ("os.mkdir", "os.rename", "os.remove", "os.link", "os.symlink", "os.chmod", "os.truncate")


def _told(path):
    os.write(_out, os.fsencode(path) + b"\\n")


def _watch(event, given):
    if event == "open" and isinstance(given[0], (str, bytes)) and given[2] & _writing:
        _told(given[0])
    elif event in _making and isinstance(given[0], (str, bytes)):
        _told(given[0])
    elif event == "socket.bind" and isinstance(given[1], (str, bytes)):
        _told(given[1])


sys.addaudithook(_watch)
"""


@pytest.mark.loopback
def test_a_server_that_is_told_to_end_finishes_its_request_first(
    app: Path, environ: dict[str, str], tmp_path: Path
):
    tick = {
        "ce-specversion": "1.0",
        "ce-id": "e1",
        "ce-source": "/tests",
        "ce-type": "dev.knative.sources.ping",
    }
    replies: list[int] = []
    with a_slow_api_server() as (url, reached):
        config = a_kubeconfig(tmp_path / "kubeconfig", url)
        settings = {**environ, **of("analysis_tick", app), "SPILLWAY_KUBECONFIG": config}
        with served(app, settings) as (process, port):
            caught = int(
                re.findall(r"^SigCgt:\s*(\w+)", status_of(process.pid), re.MULTILINE)[0], 16
            )
            request = threading.Thread(target=lambda: replies.append(ask(port, "POST", tick)))
            request.start()
            reached.wait(10)
            process.terminate()
            request.join(30)
            process.communicate(timeout=30)

    assert caught & HEARD  # as the first process of a container it would hear nothing else
    assert replies == [204]
    assert process.returncode == 0


def status_of(pid: int) -> str:
    """What the kernel says of a process, its signals among it."""
    return Path(f"/proc/{pid}/status").read_text()


@contextmanager
def a_slow_api_server() -> Iterator[tuple[str, threading.Event]]:
    """One that has no objects, and takes a second to say so; and a sign that it was asked."""
    reached = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reached.set()
            time.sleep(1)
            body = b'{"kind": "List", "metadata": {}, "items": []}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keeps the output of tests quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with in_background(server) as port:
        yield f"http://127.0.0.1:{port}", reached
