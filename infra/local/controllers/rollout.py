"""The arithmetic of a rollout: which ReplicaSet of a Deployment gets how many pods next.

As the Deployment controller of Kubernetes reckons (pkg/controller/deployment/rolling.go and
util/deployment_util.go), with one simplification: a Deployment that is scaled in the middle of a
rollout moves on under its new size, its ReplicaSets are not first scaled in proportion.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from infra.local.kube import Tree

Sizes = dict[str, int]  # by ReplicaSet; only those that change


@dataclass(frozen=True, slots=True)
class Counts:
    """A ReplicaSet in numbers."""

    name: str
    created: str  # a timestamp of the API, whose order as text is that of time
    wanted: int
    replicas: int = 0
    ready: int = 0
    available: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a rolling update may leave the wanted number: above it, and below it."""

    surge: int
    unavailable: int


def limits(strategy: Tree, desired: int) -> Limits:
    """The limits of a strategy: of a share, surge is rounded up and unavailable down."""
    if strategy.get("type", "RollingUpdate") == "Recreate":
        return Limits(surge=0, unavailable=0)
    rolling = strategy.get("rollingUpdate") or {}
    surge = _share(rolling.get("maxSurge", "25%"), desired, rounding=99)
    unavailable = _share(rolling.get("maxUnavailable", "25%"), desired, rounding=0)
    if surge == 0 and unavailable == 0:
        unavailable = 1  # else nothing could ever move
    return Limits(surge=surge, unavailable=min(unavailable, desired))


def rolling_sizes(desired: int, allowed: Limits, new: Counts, olds: Sequence[Counts]) -> Sizes:
    """One step of a rolling update: first the new one grows, then old ones shrink."""
    size = new_size(desired, allowed, new.wanted, sum(old.wanted for old in olds))
    if size != new.wanted:
        return {new.name: size}
    return _shrunk(desired, allowed, new, olds)


def recreate_sizes(desired: int, new: Counts, olds: Sequence[Counts], left: int) -> Sizes:
    """One step of a Recreate: the old go, and when none of their pods is left, the new come."""
    going = {old.name: 0 for old in olds if old.wanted}
    if going or left:
        return going
    return {new.name: desired} if new.wanted != desired else {}


def paused_sizes(desired: int, sets: Sequence[Counts]) -> Sizes:
    """What a paused Deployment may do: scale its one active ReplicaSet, or else its latest."""
    active = [s for s in sets if s.wanted] or sorted(sets, key=lambda s: s.created)[-1:]
    if len(active) != 1 or active[0].wanted == desired:
        return {}
    return {active[0].name: desired}


def new_size(desired: int, allowed: Limits, size: int, old_sizes: int) -> int:
    """How large the new ReplicaSet may be beside old ones of so many pods."""
    if size >= desired:
        return desired
    room = desired + allowed.surge - size - old_sizes
    return size if room <= 0 else size + min(room, desired - size)


def _shrunk(desired: int, allowed: Limits, new: Counts, olds: Sequence[Counts]) -> Sizes:
    """Old ReplicaSets lose pods that are not available first, then what is not needed."""
    ordered = sorted(olds, key=lambda old: old.created)
    least = desired - allowed.unavailable
    pods = new.wanted + sum(old.wanted for old in olds)
    spare = pods - least - (new.wanted - new.available)
    if spare <= 0:
        return {}
    sizes: Sizes = {}
    for old in ordered:
        broken = min(spare, max(0, old.wanted - old.available))
        sizes[old.name] = old.wanted - broken
        spare -= broken
    surplus = new.available + sum(old.available for old in olds) - least
    for old in ordered:
        lost = min(sizes[old.name], max(0, surplus))
        sizes[old.name] -= lost
        surplus -= lost
    return {old.name: sizes[old.name] for old in olds if sizes[old.name] != old.wanted}


def _share(value: int | str, of: int, *, rounding: int) -> int:
    """A number as it is; a percentage with so many hundredths added before it is cut."""
    if isinstance(value, str) and value.endswith("%"):
        return (int(value[:-1]) * of + rounding) // 100
    return int(value)
