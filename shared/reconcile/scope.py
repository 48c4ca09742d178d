"""What a pass works with: the adapters and limits of a process, and the time of one pass."""

import gc
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from shared.adapters import metrics
from shared.adapters.bus import Bus, open_bus
from shared.adapters.clock import Clock, open_clock
from shared.adapters.cluster import Cluster, Remote
from shared.adapters.metadata import MetadataServer
from shared.adapters.settings import Settings
from shared.domain.analysis import Answer, Question
from shared.reconcile.hands import Hands


class Gather(Protocol):
    """Asks metrics servers; `metrics.gather` over HTTP."""

    def __call__(
        self, questions: Sequence[Question], *, deadline: float, pool: Executor
    ) -> dict[Question, Answer]:
        """The answers, none later than the deadline in seconds."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The adapters, and the limits that the settings put on every pass."""

    cluster: Cluster
    bus: Bus
    clock: Clock
    gather: Gather
    now: Callable[[], datetime]
    namespaces: tuple[str, ...]  # empty: all
    selector: str
    metrics_server: str
    beat: timedelta
    budget: timedelta
    pool: int
    hands: Hands = field(default_factory=Hands)
    sleep: Callable[[float], None] = time.sleep

    @property
    def patience(self) -> timedelta:
        """How long a pass may wait for what is nearly over: half a beat, as steps may be early."""
        return min(self.beat, self.budget / 4) / 2


def open_scope(settings: Settings, now: Callable[[], datetime]) -> Scope:
    """Once in a process. Connects nothing yet: clients connect at their first call, and stay warm.

    What is loaded by now stays: the collector of cycles is to go through it no more. With every
    page of a list it would, and then most of the time it takes to read one is the collector's.
    """
    token = MetadataServer(settings.metadata_host, now).token
    cluster = _open_cluster(settings, token)
    gc.freeze()
    return Scope(
        cluster=cluster,
        bus=open_bus(settings),
        clock=open_clock(settings.clock, cluster, token, settings.beat),
        gather=metrics.gather,
        now=now,
        namespaces=settings.namespaces,
        selector=settings.selector,
        metrics_server=settings.metrics_server,
        beat=settings.beat,
        budget=settings.pass_budget,
        pool=settings.pool,
    )


def _open_cluster(settings: Settings, token: Callable[[], str]) -> Cluster:
    """By its endpoint where that is set, as Google Cloud's functions find it."""
    found = settings.cluster
    if not found.endpoint:
        return Cluster(found.kubeconfig)
    return Cluster(remote=Remote(found.endpoint, found.authorities, token))


class Watch:
    """How much of a pass's time is left, and whether it has asked for the beat, and got it."""

    def __init__(self, budget: timedelta) -> None:
        """Starts now."""
        self._ends = time.monotonic() + budget.total_seconds()
        self._half = budget.total_seconds() / 2
        self.wanted = False
        self.unbeaten = False

    def left(self) -> float:
        """Seconds, never less than none."""
        return max(0.0, self._ends - time.monotonic())

    def is_half_over(self) -> bool:
        """Nothing new is looked at from then on: what was seen has to be put in force."""
        return self.left() <= self._half
