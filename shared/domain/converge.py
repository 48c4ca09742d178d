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
from shared.domain.machine import RESTING, UNDER_WAY, Act, Phase
from shared.domain.observation import Observation, Revision
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
    """What to write, and whether a write of the route has to wait: for a ready pod, or since the
    route was not read.
    """

    effects: tuple[Effect, ...] = ()
    withheld: bool = False


def converge(status: Status, seen: Observation, act: Act) -> Difference:
    """The effects that bring the cluster to the status: snapshots first, traffic before pods go."""
    if not _is_in_force(status):
        return Difference()
    thorough = act in _THOROUGH or _takes_over(status)
    before = (*_snapshots(status, seen, act), KeepServices(status.routed)) if thorough else ()
    after = (Prune(_keepsakes(status)),) if thorough and status.phase is Phase.SUCCEEDED else ()
    return Difference((*before, *_changes(status, seen), *after), _is_withheld(status, seen))


def differs(status: Status, seen: Observation) -> bool:
    """Whether a pass that decides nothing else has something to put in force."""
    if not status.settled and not (_is_in_force(status) and _is_withheld(status, seen)):
        return True
    return _is_in_force(status) and next(_changes(status, seen), None) is not None


def _is_in_force(status: Status) -> bool:
    """A canary that was not taken up, or failed to be, leaves everything as it is."""
    return status.phase in UNDER_WAY or (status.initialized and status.phase is not Phase.NEW)


def _takes_over(status: Status) -> bool:
    """A decision before this one was never in force: what it was to keep may be missing."""
    return status.unsettled_since != status.decided_at


def _changes(status: Status, seen: Observation) -> Iterator[Effect]:
    yield from _primary(status, seen)
    yield from _scale_up(status, seen)
    if _is_route_wanted(status, seen) and _has_pods(status, seen):
        yield SetRoute(status.weight)
    yield from _scale_down(status, seen)


def _is_withheld(status: Status, seen: Observation) -> bool:
    if seen.route.unread:
        return status.routed and status.weighed_at is None
    return _is_route_wanted(status, seen) and not _has_pods(status, seen)


def needs_support(act: Act, difference: Difference) -> bool:
    """Whether a decision needs Services, rules, snapshots and autoscalers to be looked at."""
    writes = (KeepServices, KeepSnapshot, WritePrimary)
    return act in (*_THOROUGH, Act.ACCEPT) or any(
        isinstance(effect, writes) for effect in difference.effects
    )


def _snapshots(status: Status, seen: Observation, act: Act | None) -> Iterator[Effect]:
    if status.promoted and not seen.promoted_kept:
        yield KeepSnapshot(status.promoted, promoted=True)
    if status.phase not in (Phase.PROGRESSING, Phase.PROMOTING):
        return
    fresh = act in (Act.BEGIN, Act.RESTART) or seen.revision is Revision.SAME
    if fresh and not seen.target_kept:
        yield KeepSnapshot(status.revision, promoted=False)


def intended_primary(status: Status) -> str:
    """The revision that the primary is to run."""
    promoting = status.phase in (Phase.PROMOTING, Phase.FINALISING)
    first = status.phase is Phase.INITIALIZING and not status.promoted
    return status.revision if promoting or first else status.promoted


def _primary(status: Status, seen: Observation) -> Iterator[Effect]:
    if seen.primary.gone and seen.canary.gone:
        return  # nothing is left to make it from
    intended = intended_primary(status)
    written = status.primary_revision == intended
    if seen.primary.gone if written else not seen.primary.unread:
        yield WritePrimary(intended)


def _scale_up(status: Status, seen: Observation) -> Iterator[Effect]:
    if status.phase is not Phase.PROGRESSING or seen.canary.unread or seen.canary.gone:
        return
    if seen.idle:
        yield ScaleUp()


def _scale_down(status: Status, seen: Observation) -> Iterator[Effect]:
    """I2: never while weight is above 0, or the drain since it was settled is not over."""
    if (
        status.phase not in RESTING
        or status.restoring
        or status.weight > 0
        or status.weighed_at is None
    ):
        return
    if seen.canary.unread or seen.idle:
        return
    if seen.drained and seen.route.as_asked and not seen.rerouted:
        yield ScaleDown()


def _is_route_wanted(status: Status, seen: Observation) -> bool:
    """A decision that changes the weights writes them even where they look right (the fence)."""
    if not status.routed or seen.route.unread:
        return False
    return status.weighed_at is None or not seen.route.as_asked


def _has_pods(status: Status, seen: Observation) -> bool:
    """I1: no write raises a workload without a ready pod."""
    if status.weight < _ALL and not seen.primary.alive:
        return False
    return status.weight == 0 or seen.canary.alive


def _keepsakes(status: Status) -> tuple[str, ...]:
    return tuple(dict.fromkeys((status.revision, status.promoted, status.previous)))
