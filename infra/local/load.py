"""A steady, bounded number of requests through the mesh: what a user of the app would see.

Nothing is ever retried. A server may close a kept-alive connection between two requests; so
before each one the idle connection is looked at, and where the close has already arrived a new
one is opened: no request was under way, none is lost. Whatever goes wrong after the first byte
of a request was sent counts as a failure, also a close that crossed it on the wire, for a user
without retries would have lost that request too.
"""

import argparse
import select
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException

_REMEMBERED = 1000  # failures kept with their time and reason; all are counted
_NO_ANSWER = 0  # stands for the status of a request that none came to


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that was not answered 2xx."""

    time: datetime
    status: int  # 0 where no answer came
    version: str
    reason: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the requests so far; one in flight is not counted yet."""

    statuses: Mapping[int, int]  # 0 stands for: no answer
    versions: Mapping[str, int]  # by x-version; "" for an answer without, and for no answer
    failed: int
    failures: tuple[Failure, ...]  # the latest

    @property
    def requests(self) -> int:
        """How many have an outcome."""
        return sum(self.statuses.values())

    def since(self, earlier: "Counts") -> "Counts":
        """What came after an earlier snapshot of the same load."""
        failed = self.failed - earlier.failed
        return Counts(
            statuses=Counter(self.statuses) - Counter(earlier.statuses),
            versions=Counter(self.versions) - Counter(earlier.versions),
            failed=failed,
            failures=self.failures[-failed:] if failed else (),
        )


class Load:
    """Sends `rate` requests per second to one address until stopped.

    Each of `lanes` threads has one connection and takes the next free moment of a common
    timetable. When all lanes wait for slow answers, moments pass unused: nothing is caught up,
    so the rate is never exceeded.
    """

    def __init__(
        self, address: str, host: str, rate: float, *, lanes: int = 8, timeout: float = 5.0
    ) -> None:
        self._address, self._host, self._timeout = address, host, timeout
        self._gap = 1 / rate
        self._next = 0.0
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._statuses: Counter[int] = Counter()
        self._versions: Counter[str] = Counter()
        self._failures: deque[Failure] = deque(maxlen=_REMEMBERED)
        self._failed = 0
        self._lanes = [threading.Thread(target=self._run, daemon=True) for _ in range(lanes)]

    def start(self) -> None:
        """Begins to send, in the background."""
        for lane in self._lanes:
            lane.start()

    def stop(self) -> None:
        """Sends nothing more, and returns when what was in flight has an outcome."""
        self._stopping.set()
        for lane in self._lanes:
            lane.join()

    def snapshot(self) -> Counts:
        """The counts up to now."""
        with self._lock:
            return Counts(
                statuses=dict(self._statuses),
                versions=dict(self._versions),
                failed=self._failed,
                failures=tuple(self._failures),
            )

    def _run(self) -> None:
        connection = HTTPConnection(self._address, timeout=self._timeout)
        while not self._stopping.wait(self._moment() - time.monotonic()):
            if _was_closed(connection):
                connection.close()
            self._count(*_ask(connection, self._host))
        connection.close()

    def _moment(self) -> float:
        with self._lock:
            moment = max(self._next, time.monotonic())
            self._next = moment + self._gap
            return moment

    def _count(self, status: int, version: str, reason: str) -> None:
        with self._lock:
            self._statuses[status] += 1
            self._versions[version] += 1
            if not 200 <= status < 300:
                self._failed += 1
                self._failures.append(Failure(datetime.now(UTC), status, version, reason))


def _was_closed(connection: HTTPConnection) -> bool:
    """Whether the server has ended an idle connection: only then is there something to read."""
    return connection.sock is not None and bool(select.select([connection.sock], [], [], 0)[0])


def _ask(connection: HTTPConnection, host: str) -> tuple[int, str, str]:
    """One request: its status, the version that answered, and the reason given."""
    try:
        connection.request("GET", "/", headers={"Host": host})
        response = connection.getresponse()
        response.read()
    except (OSError, HTTPException) as error:
        connection.close()
        return _NO_ANSWER, "", f"{type(error).__name__}: {error}"
    return response.status, response.getheader("x-version", ""), response.reason


def main() -> None:
    """Sends until SIGTERM or Ctrl-C, or for --seconds, telling the counts once a second."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.load", description=__doc__)
    parser.add_argument("--address", required=True, help="host:port of the mesh's ingress")
    parser.add_argument("--host", required=True, help="the Host header")
    parser.add_argument("--rate", type=float, default=50.0, help="requests per second")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="how long")
    options = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    load = Load(options.address, options.host, options.rate)
    until = time.monotonic() + options.seconds
    load.start()
    while not ended.wait(min(1.0, max(0.0, until - time.monotonic()))) and time.monotonic() < until:
        _tell(load.snapshot())
    load.stop()
    _tell(load.snapshot())


def _tell(counts: Counts) -> None:
    versions = ", ".join(f"{name or 'none'}: {n}" for name, n in sorted(counts.versions.items()))
    print(f"{counts.requests} requests, {counts.failed} failed; versions {versions}", flush=True)


if __name__ == "__main__":
    main()
