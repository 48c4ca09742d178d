"""Looks at every write of the passes, as it takes effect: what must never be, must not be for a
moment (I1, I2, I8, I12, and that traffic follows the status)."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.domain.fields import Object, at, mapping, objects, text, whole


class Reader(Protocol):
    """Reads objects."""

    def read(self, path: str) -> Object | None: ...


@dataclass(frozen=True, slots=True)
class Names:
    """Where the objects of the one canary are."""

    namespace: str = "shop"
    name: str = "cart"

    @property
    def canary(self) -> str:
        return f"/apis/flagger.app/v1beta1/namespaces/{self.namespace}/canaries/{self.name}"

    @property
    def target(self) -> str:
        return f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{self.name}"

    @property
    def primary(self) -> str:
        return f"{self.target}-primary"

    @property
    def route(self) -> str:
        group = "/apis/networking.istio.io/v1beta1"
        return f"{group}/namespaces/{self.namespace}/virtualservices/{self.name}"


@dataclass(frozen=True, slots=True)
class Past:
    """What was, as far as later writes are judged by it."""

    lost_at: datetime | None = None  # since when the canary has no traffic
    reached: tuple[tuple[str, int], ...] = ()  # the largest weight each image was given
    decided: tuple[tuple[str, int], ...] = ()  # the last decision that wrote each object


def weight_of(route: Object | None) -> int:
    """The canary's share; -1 without a route."""
    return next((weight for host, weight in shares_of(route) if host.endswith("-canary")), -1)


def shares_of(route: Object | None) -> tuple[tuple[str, int], ...]:
    return tuple(
        (text(share, "destination", "host"), whole(share, "weight"))
        for rule in objects(route or {}, "spec", "http")
        for share in objects(rule, "route")
    )


def image_of(workload: Object | None) -> str:
    containers = objects(workload or {}, "spec", "template", "spec", "containers")
    return text(containers[0], "image") if containers else ""


def is_alive(workload: Object | None) -> bool:
    """Whether it is asked for pods and has a ready one."""
    found = workload or {}
    return whole(found, "spec", "replicas") > 0 and whole(found, "status", "readyReplicas") > 0


def look(
    past: Past, reader: Reader, names: Names, path: str, before: Object | None, now: datetime
) -> Past:
    """Raises AssertionError where a write that took effect was one that must not be."""
    if path == names.route:
        return _route_written(past, reader, names, before, now)
    if path == names.target:
        _target_written(past, reader, names, before, now)
    if path == names.primary:
        _primary_written(past, reader, names, before)
    if path == f"{names.canary}/status":
        _status_written(reader, names, before)
    return past


def _route_written(
    past: Past, reader: Reader, names: Names, before: Object | None, now: datetime
) -> Past:
    after = reader.read(names.route)
    shares = dict(shares_of(after))
    assert sum(shares.values()) == 100, f"I8: {shares}"
    was = dict(shares_of(before))
    for host, weight in shares.items():
        workload = reader.read(names.target if host.endswith("-canary") else names.primary)
        raised = weight > was.get(host, 0)
        assert not raised or is_alive(workload), f"I1: {host} is raised to {weight} without a pod"
    weight = weight_of(after)
    image = image_of(reader.read(names.target))
    reached = dict(past.reached)
    reached[image] = max(weight, reached.get(image, 0))
    lost = now if weight == 0 and weight_of(before) != 0 else past.lost_at
    return Past(None if weight else lost, tuple(reached.items()), past.decided)


def _target_written(
    past: Past, reader: Reader, names: Names, before: Object | None, now: datetime
) -> None:
    after = reader.read(names.target)
    if whole(after, "spec", "replicas") or not whole(before, "spec", "replicas"):
        return
    route = reader.read(names.route)
    assert route is None or weight_of(route) == 0, f"I2: scaled to zero at {shares_of(route)}"
    assert past.lost_at is not None, "I2: scaled to zero with traffic"
    drain = whole(reader.read(names.canary), "spec", "analysis", "drainSeconds", default=10)
    passed = now - past.lost_at
    assert passed >= timedelta(seconds=drain), f"I2: scaled to zero {passed} after the traffic"


def _primary_written(past: Past, reader: Reader, names: Names, before: Object | None) -> None:
    image = image_of(reader.read(names.primary))
    if before is None or image in (image_of(before), "cart:1"):
        return
    canary = reader.read(names.canary)
    if at(canary, "status", "phase") == "Initializing" or at(canary, "spec", "skipAnalysis"):
        return
    full = dict(past.reached).get(image, 0) >= whole(canary, "spec", "analysis", "maxWeight")
    assert full, f"I12: {image} is promoted, and was not analysed"
    assert "bad" not in image, f"I4: {image} is promoted"


def _status_written(reader: Reader, names: Names, before: Object | None) -> None:
    after = mapping(reader.read(names.canary), "status")
    was = mapping(before, "status")
    number = whole(after, "spillway", "decision")
    assert number - whole(was, "spillway", "decision") in (0, 1), "a decision went lost, or back"
    assert len(objects(after, "spillway", "outbox")) <= 20
    assert len(json.dumps(after)) < 16 << 10
