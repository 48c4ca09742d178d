"""From what the status asks for and what was seen to the difference, as effects in a safe order."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.domain.effects import (
    Effect,
    KeepServices,
    KeepSnapshot,
    Prune,
    ScaleDown,
    ScaleUp,
    SetRoute,
    WritePrimary,
)
from shared.domain.machine import Act, Phase
from shared.domain.observation import Kept, Observation, Pods, Revision, Route
from shared.domain.status import Status

_THOROUGH = (
    Act.INITIALIZE,
    Act.ROUTE,
    Act.COMPLETE,
    Act.BEGIN,
    Act.RESTART,
    Act.PROMOTE,
    Act.RESTORE,
    Act.SUCCEED,
)
_ALL = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """What to write, and whether a write of the route has to wait for a ready pod."""

    effects: tuple[Effect, ...] = ()
    withheld: bool = False


def converge(status: Status, seen: Observation, act: Act | None) -> Difference:
    """The effects that bring the cluster to the status: snapshots first, traffic before pods go."""
    if status.phase is Phase.NEW or (status.phase is Phase.FAILED and not status.initialized):
        return Difference()
    thorough = act in _THOROUGH or not status.settled
    route = _route(status, seen)
    open_ = route is None or _has_pods(status, seen)
    effects = (
        *(_snapshots(status, seen, act) if thorough else ()),
        *((KeepServices(status.routed),) if thorough else ()),
        *_primary(status, seen),
        *_scale_up(status, seen),
        *((route,) if route and open_ else ()),
        *_scale_down(status, seen),
        *((Prune(_keepsakes(status)),) if act is Act.SUCCEED else ()),
    )
    return Difference(effects, withheld=not open_)


def needs_support(act: Act, difference: Difference) -> bool:
    """Whether a decision needs Services, rules, snapshots and autoscalers to be looked at."""
    writes = (KeepServices, KeepSnapshot, WritePrimary)
    return act in _THOROUGH or any(isinstance(effect, writes) for effect in difference.effects)


def _snapshots(status: Status, seen: Observation, act: Act | None) -> Iterator[Effect]:
    if status.promoted and seen.promoted_snapshot is not Kept.KEPT:
        yield KeepSnapshot(status.promoted, promoted=True)
    fresh = seen.revision is Revision.SAME or act in (Act.BEGIN, Act.RESTART)
    running = status.phase in (Phase.PROGRESSING, Phase.PROMOTING) and fresh
    if running and seen.target_snapshot is not Kept.KEPT:
        yield KeepSnapshot(status.revision, promoted=False)


def intended_primary(status: Status) -> str:
    """The revision that the primary is to run."""
    promoting = status.phase in (Phase.PROMOTING, Phase.FINALISING)
    first = status.phase is Phase.INITIALIZING and not status.promoted
    return status.revision if promoting or first else status.promoted


def _primary(status: Status, seen: Observation) -> Iterator[Effect]:
    if seen.primary is Pods.UNREAD:
        return
    intended = intended_primary(status)
    if seen.primary is Pods.GONE or status.primary_revision != intended:
        yield WritePrimary(intended)


def _scale_up(status: Status, seen: Observation) -> Iterator[Effect]:
    here = seen.canary not in (Pods.GONE, Pods.UNREAD)
    if status.phase is Phase.PROGRESSING and seen.idle and here:
        yield ScaleUp()


def _scale_down(status: Status, seen: Observation) -> Iterator[Effect]:
    """I2: never while weight is above 0, or the drain since it was settled is not over."""
    resting = status.phase in (Phase.INITIALIZED, Phase.SUCCEEDED, Phase.FAILED)
    clear = status.weight == 0 and seen.route is Route.AS_ASKED and not status.restoring
    drained = status.weighed_at is not None and seen.drained
    here = not seen.idle and seen.canary is not Pods.UNREAD
    if resting and clear and drained and here:
        yield ScaleDown()


def _route(status: Status, seen: Observation) -> SetRoute | None:
    """A decision that changes the weights writes them even where they look right (the fence)."""
    if not status.routed or seen.route is Route.UNREAD:
        return None
    if seen.route is Route.AS_ASKED and status.weighed_at is not None:
        return None
    return SetRoute(status.weight)


def _has_pods(status: Status, seen: Observation) -> bool:
    """I1: no write raises a workload without a ready pod."""
    canary = status.weight == 0 or seen.canary.alive
    return canary and (status.weight == _ALL or seen.primary.alive)


def _keepsakes(status: Status) -> tuple[str, ...]:
    return tuple(dict.fromkeys((status.revision, status.promoted, status.previous)))
