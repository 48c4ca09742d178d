"""The lab's bus and clock, in this process: events reach the function servers, beats come."""

import itertools
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from infra.local import clock
from infra.local.broker import Broker
from infra.local.informed import informed
from infra.local.kube import Kube
from infra.local.message import Message
from infra.local.processes import Failed
from infra.local.triggers import Delivery, Trigger
from shared.domain import events

ADDRESS = "/spillway/default"
_POLL_SECONDS = 0.05
_WANTED = (
    (events.PROMOTION_REQUESTED, "start_canary"),
    (events.ANALYSIS_TICK, "analysis_tick"),
    (events.PING, "analysis_tick"),
    (events.ROLLBACK_REQUESTED, "rollback"),
)


class Balancing(Broker):
    """A broker whose subscribers are each several servers, which take turns, as instances do."""

    def __init__(self) -> None:
        super().__init__()
        self._turns = itertools.count()

    def subscribe(self, servers: Mapping[str, Sequence[str]]) -> None:
        """Gives each function the events that are for it: one of its servers each."""
        self.triggers = tuple(
            Trigger(wanted, ADDRESS, (("type", wanted),), url, Delivery(retry=5))
            for wanted, function in _WANTED
            for url in servers[function]
        )

    def publish(self, address: str, message: Message) -> None:
        """Takes an event: one delivery."""
        wanting = [one for one in self.triggers if one.broker == address and one.wants(message)]
        if not wanting:
            return
        chosen = wanting[next(self._turns) % len(wanting)]
        with self._lock:
            self.pending += 1
        threading.Thread(target=self._deliver, args=(chosen, message), daemon=True).start()

    def wait_until_idle(self, seconds: float) -> None:
        """Until every event was taken, or given up; Failed where that takes longer."""
        ends = time.monotonic() + seconds
        while self.pending:
            if time.monotonic() > ends:
                raise Failed(f"{self.pending} events are still under way after {seconds:g} s")
            time.sleep(_POLL_SECONDS)


@contextmanager
def beating(kube: Kube, url: str) -> Iterator[None]:
    """Beats as the PingSources of an API server say, until the block is left."""
    with (
        clock.running(url) as go_by,
        informed(kube, {clock.PING_SOURCES: go_by}),
    ):
        yield
