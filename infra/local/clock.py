"""The lab's clock: sends a CloudEvent whenever a PingSource of the API server says so.

As Knative's adapter: schedules may count seconds, fires may overlap, nothing is caught up, and an
event that cannot be sent in a few tries is lost. Left out is its random half second of delay.
"""

import argparse
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import croniter

from infra.local import message as wire
from infra.local.kube import Informed, Key, connected, informer
from infra.local.message import Message

PING_SOURCES = "/apis/sources.knative.dev/v1/pingsources"
TYPE = "dev.knative.sources.ping"
_TRIES = 5
_FIRST_PAUSE = 0.05  # seconds, doubled after each try
_TIMEOUT = 5.0  # seconds of one try


@dataclass(frozen=True, slots=True)
class Source:
    """One PingSource: when it fires, what it sends, and where to."""

    schedule: str
    zone: ZoneInfo
    sink: str
    about: Mapping[str, str]
    content_type: str
    data: bytes

    def next_after(self, now: datetime) -> datetime:
        """When it fires next."""
        local = now.astimezone(self.zone)
        found: datetime = croniter(self.schedule, local, second_at_beginning=True).get_next(
            datetime
        )
        return found.astimezone(UTC)

    def event(self, now: datetime) -> Message:
        """The event of one fire, with an id of its own."""
        attributes = {**self.about, "id": str(uuid.uuid4()), "time": now.isoformat()}
        return Message(attributes, self.content_type, self.data)


def source(obj: Mapping[str, Any], broker: str) -> Source:
    """The Source of an API object; ValueError where the lab cannot do what it asks for."""
    namespace, name = obj["metadata"]["namespace"], obj["metadata"]["name"]
    spec = obj["spec"]
    if spec["schedule"].startswith("@every") or not croniter.is_valid(
        spec["schedule"], second_at_beginning=True
    ):
        raise ValueError(f"PingSource {name}: no schedule: {spec['schedule']!r}")
    about = {
        "specversion": "1.0",
        "type": TYPE,
        "source": f"/apis/v1/namespaces/{namespace}/pingsources/{name}",
        **spec.get("ceOverrides", {}).get("extensions", {}),
    }
    data = spec.get("data", "").encode()
    content_type = spec.get("contentType", "application/json") if data else ""
    zone = _zone(name, spec.get("timezone") or "UTC")
    sink = _sink(name, namespace, spec["sink"], broker)
    return Source(spec["schedule"], zone, sink, about, content_type, data)


class Clock:
    """The sources there are, and when each fires next."""

    def __init__(self) -> None:
        self._sources: dict[Key, Source] = {}
        self._next: dict[Key, datetime] = {}
        self._changed = threading.Condition()
        self._stopped = False

    def keep(self, sources: Mapping[Key, Source], now: datetime) -> None:
        """Replaces the sources. One that is unchanged keeps its next time."""
        with self._changed:
            self._next = {
                key: self._next[key] if self._sources.get(key) == found else found.next_after(now)
                for key, found in sources.items()
            }
            self._sources = dict(sources)
            self._changed.notify()

    def due(self, now: datetime) -> list[Source]:
        """The sources that fire now; each is then set to its next time after now."""
        with self._changed:
            keys = [key for key, time in self._next.items() if time <= now]
            for key in keys:
                self._next[key] = self._sources[key].next_after(now)
            return [self._sources[key] for key in keys]

    def run(self) -> None:
        """Fires what is due, until stopped."""
        while self._sleep():
            now = datetime.now(UTC)
            for found in self.due(now):
                event = found.event(now)
                threading.Thread(target=_send, args=(found.sink, event), daemon=True).start()

    def stop(self) -> None:
        """Ends the run."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def _sleep(self) -> bool:
        """Waits for the next fire or a change of the sources; false once stopped."""
        with self._changed:
            wait = None
            if self._next:
                left = min(self._next.values()) - datetime.now(UTC)
                wait = max(0.0, left.total_seconds())
            if not self._stopped:
                self._changed.wait(wait)
            return not self._stopped


def set_sources(clock: Clock, store: Informed, broker: str) -> None:
    """Makes the PingSources of the API server the clock's."""
    sources: dict[Key, Source] = {}
    for key, obj in store.items():
        try:
            sources[key] = source(obj, broker)
        except ValueError as error:
            print(f"left out: {error}", flush=True)
    clock.keep(sources, datetime.now(UTC))


@contextmanager
def running(broker: str) -> Iterator[Callable[[Informed], None]]:
    """A clock in a thread of this process, until the block is left; it goes by the PingSources that
    it is shown.
    """
    clock = Clock()
    thread = threading.Thread(target=clock.run)
    thread.start()
    try:
        yield lambda store: set_sources(clock, store, broker)
    finally:
        clock.stop()
        thread.join()


def main() -> None:
    """Fires until SIGTERM or Ctrl-C."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kubeconfig", type=Path, required=True, help="of the API server")
    options.add_argument("--broker", required=True, help="URL of the broker")
    given = options.parse_args()
    clock = Clock()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit())
    threading.Thread(target=clock.run, daemon=True).start()
    print("clock runs", flush=True)
    kube, always = connected(given.kubeconfig), threading.Event()
    informer(kube, PING_SOURCES, lambda store: set_sources(clock, store, given.broker), always)


def _send(sink: str, event: Message) -> None:
    status = 0
    for number in range(_TRIES):
        status = wire.post(sink, event, timeout=_TIMEOUT, headers={}).status
        if 200 <= status < 300:
            return
        time.sleep(_FIRST_PAUSE * 2**number)
    print(f"lost: {event.attributes['source']} to {sink}: {status}", flush=True)


def _sink(name: str, namespace: str, sink: Mapping[str, Any], broker: str) -> str:
    if "ref" not in sink:
        return str(sink["uri"])
    ref = sink["ref"]
    if ref["kind"] != "Broker":
        raise ValueError(f"PingSource {name}: a sink is a uri or a Broker, found {ref['kind']}")
    return f"{broker}/{ref.get('namespace', namespace)}/{ref['name']}"


def _zone(name: str, zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(zone)
    except ZoneInfoNotFoundError as error:
        raise ValueError(f"PingSource {name}: no timezone: {zone!r}") from error


if __name__ == "__main__":
    main()
