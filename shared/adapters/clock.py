"""The beat: a PingSource that exists only while some canary has a next tick, or tasks (§7)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol, assert_never

from shared.adapters import cloud_tasks, paths
from shared.adapters.cloud_tasks import CloudTasksClock
from shared.adapters.cluster import Cluster
from shared.adapters.settings import ClockSettings
from shared.adapters.variables import ClockKind
from shared.domain.errors import Conflict
from shared.domain.fields import Object, text
from shared.domain.instants import written

BEAT = "spillway-beat"
_WANTED = "spillway.dev/wanted-at"
_NOWHERE: Object = {"uri": None, "ref": None}  # with a merge, it no longer is where it was


class Clock(Protocol):
    """Ticks for as long as it is wanted."""

    @property
    def goes_on(self) -> bool:
        """Whether it ticks by itself once it is wanted; else each tick is asked for."""

    def version(self) -> str:
        """The beat as it stands, before a look; empty where there is none."""

    def want(self, now: datetime, due: datetime) -> None:
        """Somebody is due then: the beat goes on, or begins."""

    def stop(self, version: str) -> None:
        """Nothing waits: the beat ends, unless it was wanted since that version."""


class NoClock:
    """Sweeps are all there is."""

    goes_on = True

    def version(self) -> str:
        """There never is a beat."""
        return ""

    def want(self, now: datetime, due: datetime) -> None:
        """A sweep will come by itself."""

    def stop(self, version: str) -> None:
        """There is nothing to stop."""


class PingSourceClock:
    """The beat as a PingSource in Spillway's own namespace."""

    goes_on = True

    def __init__(self, cluster: Cluster, namespace: str, sink: str, beat: timedelta) -> None:
        """Beats go to `sink`: `<kind>/<name>` of an Eventing kind in the namespace, or an URL."""
        self._cluster = cluster
        self._namespace = namespace
        self._sink = sink
        self._beat = beat

    def version(self) -> str:
        """The resourceVersion of the beat."""
        return text(self._cluster.read(self._path()), "metadata", "resourceVersion")

    def want(self, now: datetime, due: datetime) -> None:  # noqa: ARG002 - it beats, whoever is due
        """Makes the beat; where it is there, marks it, so that no older look deletes it, and brings
        it to the settings. One that is deleted between the two is made once more.
        """
        if self._is_made(now):
            return
        marked = {
            "metadata": {"annotations": {_WANTED: written(now)}},
            "spec": self._spec({**_NOWHERE, **self._destination()}),
        }
        try:
            self._cluster.merge(self._path(), marked)
        except Conflict:
            self._is_made(now)

    def _is_made(self, now: datetime) -> bool:
        try:
            self._cluster.create(paths.ping_sources(self._namespace), self._object(now))
        except Conflict:
            return False
        return True

    def stop(self, version: str) -> None:
        """Deletes the beat at that version; a newer one stays."""
        try:
            self._cluster.delete(self._path(), resource_version=version)
        except Conflict:
            return

    def _path(self) -> str:
        return f"{paths.ping_sources(self._namespace)}/{BEAT}"

    def _object(self, now: datetime) -> Object:
        return {
            "apiVersion": "sources.knative.dev/v1",
            "kind": "PingSource",
            "metadata": {
                "name": BEAT,
                "namespace": self._namespace,
                "annotations": {_WANTED: written(now)},
            },
            "spec": self._spec(self._destination()),
        }

    def _spec(self, sink: Object) -> Object:
        return {"schedule": _schedule(self._beat), "sink": sink}

    def _destination(self) -> Object:
        if "://" in self._sink:
            return {"uri": self._sink}
        kind, _, name = self._sink.partition("/")
        group = "eventing.knative.dev/v1"
        return {"ref": {"apiVersion": group, "kind": kind.capitalize(), "name": name}}


def _schedule(beat: timedelta) -> str:
    """Cron counts the seconds of each minute anew: only what divides a minute is even."""
    seconds = max(each for each in range(1, 61) if 60 % each == 0 and each <= beat.total_seconds())
    return f"*/{seconds} * * * * *" if seconds < 60 else "0 * * * * *"


def open_clock(
    settings: ClockSettings, cluster: Cluster, token: Callable[[], str], beat: timedelta
) -> Clock:
    """The clock that the settings choose. The token is for Google's own."""
    match settings.kind:
        case ClockKind.PINGSOURCE:
            return PingSourceClock(cluster, settings.namespace, settings.sink, beat)
        case ClockKind.CLOUD_TASKS:
            return CloudTasksClock(settings, token, beat)
        case ClockKind.NONE:
            return NoClock()
        case _:
            assert_never(settings.kind)


def is_beat(source: str) -> bool:
    """Whether a tick comes from the beat, by the source that it, or Knative, gives its events."""
    return source == cloud_tasks.SOURCE or source.endswith(f"/pingsources/{BEAT}")
