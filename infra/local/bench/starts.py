"""What a start of each function costs: modules and memory in a fresh process, and the time until
its server has answered its first event.
"""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from infra.local import message, promote
from infra.local.message import Message
from infra.local.parts import ROOT
from infra.local.processes import Failed, free_ports
from shared.domain import events

_SECONDS = 30.0
_TRY_SECONDS = 0.002  # between two tries to connect
_KEY = b"a key that is long enough for the bench"


@dataclass(frozen=True, slots=True)
class Probed:
    """A function in a fresh process, after one tick."""

    modules: frozenset[str]  # imported by the start
    status: int
    peak: float  # MB, after the event


def probe(function: str, environ: Mapping[str, str]) -> Probed:
    """Loads a function, and gives it a tick; what is not made for ticks refuses it."""
    ran = subprocess.run(
        [sys.executable, "-m", "infra.local.bench.probe"],
        env=_environ(function, environ),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=_SECONDS,
    )
    said = json.loads(ran.stdout.splitlines()[-1])
    return Probed(frozenset(said["modules"]), said["status"], said["peak"])


def first_answer(function: str, environ: Mapping[str, str], secrets: Path) -> float:
    """Seconds from the start of a function's real server to its answer to a real event.

    The event is about nothing that exists: what the function then does is not its start.
    """
    (secrets / "bench").write_bytes(_KEY)
    (port,) = free_ports(1)
    begun = time.monotonic()
    with _server(function, {**environ, "SPILLWAY_SECRETS": str(secrets)}, port) as process:
        while not _listens(port):
            if process.poll() is not None or time.monotonic() - begun > _SECONDS:
                raise Failed(f"{function} does not answer")
            time.sleep(_TRY_SECONDS)
        status = _ask(function, f"http://127.0.0.1:{port}/")
        seconds = time.monotonic() - begun
    if status not in (202, 204):
        raise Failed(f"{function} answered {status} to its first event")
    return seconds


@contextmanager
def _server(
    function: str, environ: Mapping[str, str], port: int
) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "functions_framework", "--host", "127.0.0.1"]
    process = subprocess.Popen(
        [*command, "--port", str(port)],
        env=_environ(function, environ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(_SECONDS)


def _environ(function: str, environ: Mapping[str, str]) -> dict[str, str]:
    return {
        **os.environ,
        **environ,
        "PYTHONPATH": str(ROOT),
        "NO_PROXY": "127.0.0.1",
        "FUNCTION_TARGET": function,
        "FUNCTION_SOURCE": str(ROOT / "functions" / function / "main.py"),
    }


def _listens(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.connect()
    except ConnectionError:
        return False
    finally:
        connection.close()
    return True


def _ask(function: str, url: str) -> int:
    now = datetime.now(UTC)
    said: Mapping[str, str] = promote.promotion("1.1.0", now)
    match function:
        case "promotion_webhook":
            return promote.send(url, _KEY, said, now)[0]
        case "start_canary":
            return _post(url, events.PROMOTION_REQUESTED, said, now)
        case "rollback":
            wish = {"namespace": "nowhere", "canary": "x", "reason": "x", "requestedBy": "x"}
            return _post(url, events.ROLLBACK_REQUESTED, wish, now)
        case _:
            return _post(url, events.ANALYSIS_TICK, {}, now)


def _post(url: str, event_type: str, said: Mapping[str, str], now: datetime) -> int:
    about = {"specversion": "1.0", "id": "1", "source": "/bench", "time": now.isoformat()}
    event = Message({**about, "type": event_type}, "application/json", json.dumps(said).encode())
    return message.post(url, event, timeout=_SECONDS, headers={}).status
