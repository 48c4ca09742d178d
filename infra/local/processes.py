"""Parts of the lab as processes: started together, waited for, and gone afterwards, all of them.

Each is the leader of a process group of its own, with a log file, and hears from the kernel when
the lab's main thread is gone, however it went. Start parts from that thread only.
"""

import itertools
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_FIRST_PORT = 20000  # up to where Linux begins to hand out ports of its own
_LAST_PORT = 32000
_POLL = 0.02  # seconds
_SHOWN = 30  # lines of a log
_turns = itertools.count()


class Failed(Exception):  # noqa: N818 - named by what happened
    """The lab cannot go on: a part ended, say. The message carries the end of its log."""


@dataclass(frozen=True, slots=True)
class Part:
    """A program and the sign by which it is known to be ready.

    When the lab is gone without having ended it, the kernel sends it the last signal.
    """

    name: str
    command: Sequence[str]
    ready: Callable[[], bool]
    environ: Mapping[str, str] = field(default_factory=dict)
    orphaned: str = "TERM"


class Processes:
    """The running parts, in the order of their start."""

    def __init__(self, logs: Path, grace: float = 10.0) -> None:
        """Grace: the seconds that a part has between SIGTERM and SIGKILL."""
        self._logs = logs
        self._grace = grace
        self._running: list[tuple[Part, subprocess.Popen[bytes]]] = []
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, part: Part) -> None:
        """Starts a part and returns at once."""
        command = ["setpriv", "--pdeathsig", part.orphaned, "--", *part.command]
        with self._log(part).open("wb") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **part.environ},
                start_new_session=True,
            )
        self._running.append((part, process))

    def wait(self, timeout: float, *names: str) -> None:
        """Returns when the named parts are ready, or all that were started; Failed when not."""
        end = time.monotonic() + timeout
        for part, _ in self._running:
            if names and part.name not in names:
                continue
            while not part.ready():
                self.check()
                if time.monotonic() > end:
                    raise Failed(f"{part.name} is not ready after {timeout:g} s{self._tail(part)}")
                time.sleep(_POLL)
        self.check()

    def check(self) -> None:
        """Failed when a part has ended by itself."""
        for part, process in self._running:
            self._check(part, process)

    def stop(self) -> None:
        """Ends every part, the last one first, with all that it started in its group."""
        while self._running:
            _, process = self._running.pop()
            _end(process, self._grace)

    def pids(self) -> dict[str, int]:
        """The process of each part, by its name."""
        return {part.name: process.pid for part, process in self._running}

    def _check(self, part: Part, process: subprocess.Popen[bytes]) -> None:
        code = process.poll()
        if code is not None:
            raise Failed(f"{part.name} ended with code {code}{self._tail(part)}")

    def _log(self, part: Part) -> Path:
        return self._logs / f"{part.name}.log"

    def _tail(self, part: Part) -> str:
        lines = self._log(part).read_text(errors="replace").splitlines()[-_SHOWN:]
        return "".join(f"\n  {part.name} | {line}" for line in lines)


def memory() -> float:
    """Megabytes that this process and all below it use: the sum of their PSS."""
    me = psutil.Process()
    return sum(_pss(process) for process in (me, *me.children(recursive=True))) / 1e6


def free_ports(number: int) -> tuple[int, ...]:
    """Free ports that the system gives to nobody else between this choice and their use.

    Nor does this process, until it has given all the others: what was chosen may not listen yet.
    """
    found: list[int] = []
    with ExitStack() as held:
        while len(found) < number:
            turn = os.getpid() * 32 + next(_turns)
            candidate = _FIRST_PORT + turn % (_LAST_PORT - _FIRST_PORT)
            probe = held.enter_context(socket.socket())
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            found.append(candidate)
    return tuple(found)


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0


def _end(process: subprocess.Popen[bytes], grace: float) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(grace)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # what is left of the group, or all of it
    process.wait()
