"""Traffic as counters: what Istio would count, if each app had a hundred requests a second.

The shares are those of the VirtualServices as they stand, so that a weight is worth what it says.
An image whose tag says `bad` answers 500 to every second request; all answers take up to 25 ms.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from infra.local.background import in_background
from infra.local.kube import Informed, Key, Tree

_RATE = 100.0  # requests per second, of each app
_BAD_SHARE = 0.5
_BUCKETS = ("25", "50", "+Inf")  # milliseconds; no answer is slower than the first


class Traffic:
    """The requests that came so far, by workload."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shares: dict[Key, float] = {}
        self._images: dict[Key, str] = {}
        self._good: dict[Key, float] = defaultdict(float)
        self._bad: dict[Key, float] = defaultdict(float)
        self._counted = time.monotonic()

    def see_routes(self, store: Informed) -> None:
        """From now on the requests go where these VirtualServices say."""
        shares = {key: share for route in store.values() for key, share in _shares(route)}
        with self._lock:
            self._count()
            self._shares = shares

    def see_workloads(self, store: Informed) -> None:
        """From now on the requests are answered by these Deployments."""
        images = {key: _image(workload) for key, workload in store.items()}
        with self._lock:
            self._count()
            self._images = images

    def failed(self, namespace: str) -> float:
        """How many requests to the apps of a namespace were answered 500."""
        with self._lock:
            return sum(count for key, count in self._bad.items() if key[0] == namespace)

    def text(self) -> str:
        """As Prometheus reads it. Who gets nothing has counters too, so that the first shows."""
        with self._lock:
            self._count()
            return "".join(line for key in self._images for line in self._lines(key))

    def _count(self) -> None:
        """The requests since this was last done."""
        now = time.monotonic()
        came, self._counted = (now - self._counted) * _RATE, now
        for key, share in self._shares.items():
            bad = _BAD_SHARE if "bad" in self._images.get(key, "") else 0.0
            self._good[key] += came * share * (1 - bad)
            self._bad[key] += came * share * bad

    def _lines(self, key: Key) -> Iterator[str]:
        namespace, workload = key
        about = f'destination_workload_namespace="{namespace}",destination_workload="{workload}"'
        good, bad = self._good[key], self._bad[key]
        yield f'istio_requests_total{{{about},response_code="200"}} {good}\n'
        yield f'istio_requests_total{{{about},response_code="500"}} {bad}\n'
        for bucket in _BUCKETS:
            name = f'istio_request_duration_milliseconds_bucket{{{about},le="{bucket}"}}'
            yield f"{name} {good + bad}\n"


@contextmanager
def exposed(traffic: Traffic) -> Iterator[str]:
    """Shows the counters to a Prometheus; yields host and port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = traffic.text().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keeps the output of tests quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    with in_background(server) as port:
        yield f"127.0.0.1:{port}"


def _shares(route: Tree) -> Iterator[tuple[Key, float]]:
    """Who gets how much, from 0 to 1: the Service of a canary leads to the target's pods."""
    namespace = route["metadata"]["namespace"]
    for to in route["spec"]["http"][0]["route"]:
        workload = to["destination"]["host"].removesuffix("-canary")
        yield (namespace, workload), to["weight"] / 100


def _image(workload: Tree) -> str:
    image: str = workload["spec"]["template"]["spec"]["containers"][0]["image"]
    return image
