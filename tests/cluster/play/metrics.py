"""A real Prometheus that scrapes the counters of the play, and can be stopped for a while."""

import json
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from infra.local import prometheus
from infra.local.parts import PROGRAMS
from infra.local.processes import Part, Processes

_READY_SECONDS = 60.0
_POLL = 0.1


@dataclass(slots=True)
class Metrics:
    """It remembers what it had, stopped or not."""

    command: tuple[str, ...]
    port: int
    processes: Processes

    @property
    def url(self) -> str:
        """Takes queries."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it answers."""
        address = f"127.0.0.1:{self.port}"
        part = Part("prometheus", self.command, lambda: prometheus.is_ready(address))
        self.processes.start(part)
        self.processes.wait(_READY_SECONDS)

    def stop(self) -> None:
        """From now on nobody answers."""
        self.processes.stop()

    def wait_until_they_flow(self) -> None:
        """Targets are first scraped some seconds after the start."""
        query = urllib.parse.urlencode({"query": "up == 1"})
        ends = time.monotonic() + _READY_SECONDS
        while not self._found(query):
            assert time.monotonic() < ends, "nothing is scraped"
            time.sleep(_POLL)

    def _found(self, query: str) -> bool:
        with urllib.request.urlopen(f"{self.url}/api/v1/query?{query}", timeout=5.0) as answer:
            return bool(json.load(answer)["data"]["result"])


def metrics(folder: Path, scraped: str, port: int) -> Metrics:
    """One that is not started yet; `scraped` is host and port of the counters."""
    command = prometheus.prepare(prometheus.fetched(PROGRAMS), folder, scraped, port)
    return Metrics(command, port, Processes(folder))
