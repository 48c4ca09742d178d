"""A made-up mesh: what Prometheus scrapes, counters of many workloads in every odd state."""

import http.server
import time
import zlib
from collections.abc import Iterator

BUCKETS = ("5", "25", "100", "500", "+Inf")
# How the requests of a workload are answered: weights of the response codes.
HABITS = {
    "good": {"200": 40, "302": 3, "404": 2},
    "mixed": {"200": 30, "500": 4, "503": 9},
    "all-5xx": {"500": 7, "503": 5},
    "idle": {"200": 0},
    "idle-after-5xx": {"200": 0, "500": 0},
    "without-code": {"": 5, "0": 2, "504": 3},
}
NAMESPACES = ("shop", "shop-test", "prod")
WORKLOADS = (*HABITS, "good-primary", "a.b", "late", "gone", "restarted", "missing")


def habit(namespace: str, workload: str) -> dict[str, int]:
    """A workload that is named like a habit has it; the others have one each, by place."""
    others = tuple(HABITS.values())
    place = zlib.crc32(f"{namespace}/{workload}".encode())
    return HABITS.get(workload, others[place % len(others)])


def exported(workload: str, second: int) -> int | None:
    """For how many seconds a workload says it has counted; None where it says nothing."""
    match workload:
        case "missing":
            return None
        case "late":
            return second - 6 if second >= 6 else None
        case "gone":
            return second if second < 9 else None
        case "restarted":
            return second % 7
        case _:
            return second


def count(series: str, weight: int, seconds: int) -> int:
    """A counter that never runs evenly."""
    return sum(weight * (zlib.crc32(f"{series}@{each}".encode()) % 5) for each in range(seconds))


def exposition(second: int) -> str:
    """Two pods of each workload, and what the callers' side reports, which nobody asks for."""
    lines: list[str] = []
    for namespace in NAMESPACES:
        for workload in WORKLOADS:
            seconds = exported(workload, second)
            if seconds is not None:
                lines.extend(_series(namespace, workload, seconds))
    return "\n".join(lines) + "\n"


def _series(namespace: str, workload: str, seconds: int) -> Iterator[str]:
    place = f'destination_workload_namespace="{namespace}",destination_workload="{workload}"'
    for reporter in ("destination", "source"):
        for pod in ("pod-1", "pod-2"):
            labels = f'reporter="{reporter}",{place},instance_id="{pod}"'
            for code, weight in habit(namespace, workload).items():
                series = f'istio_requests_total{{{labels},response_code="{code}"}}'
                yield f"{series} {100 + count(series, weight, seconds)}"
            total = 0
            for bucket in BUCKETS:
                series = f'istio_request_duration_milliseconds_bucket{{{labels},le="{bucket}"}}'
                total += count(series, sum(habit(namespace, workload).values()), seconds)
                yield f"{series} {total}"


class Page(http.server.BaseHTTPRequestHandler):
    """One scrape: the mesh as it is so many seconds after the first one."""

    server: "Mesh"

    def do_GET(self):
        body = exposition(self.server.second()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        pass


class Mesh(http.server.ThreadingHTTPServer):
    """Serves the scrape page on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Page)
        self.address = f"127.0.0.1:{self.server_address[1]}"
        self._first: float | None = None

    def second(self) -> int:
        """How long ago the first scrape was."""
        now = time.monotonic()
        if self._first is None:
            self._first = now
        return int(now - self._first)
