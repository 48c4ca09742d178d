"""Fan out: more canaries are due than one pass should do, so ticks that name them are sent."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from shared.adapters import log
from shared.domain.errors import Unavailable
from shared.domain.events import MOST, Event, Origin, Tick, analysis_tick
from shared.domain.instants import written
from shared.domain.subject import Key, Subject
from shared.reconcile.bracket import key_of
from shared.reconcile.scope import Scope

_SOURCE = "/spillway/analysis_tick"


def fan_out(scope: Scope, due: Sequence[Subject], now: datetime) -> list[Subject]:
    """Those that this pass does itself: as many as one should, and those no tick was sent for.

    Where the bus does not take a tick, to fail would mean to wait for that bus to deliver again:
    safety does not wait for it.
    """
    own, others = due[:MOST], due[MOST:]
    names = sorted(key_of(subject) for subject in others)
    for start in range(0, len(names), MOST):
        try:
            scope.bus.publish(_tick(scope, tuple(names[start : start + MOST]), now))
        except Unavailable as error:
            log.warning(f"{len(names) - start} canaries are left to this pass: {error}")
            left = frozenset(names[start:])
            return [*own, *(subject for subject in others if key_of(subject) in left)]
    return list(own)


def _tick(scope: Scope, names: tuple[Key, ...], now: datetime) -> Event:
    """Not to be acted on when a pass as long as they come would be over: a later list has them."""
    said = json.dumps([written(now), names])
    origin = Origin(hashlib.sha256(said.encode()).hexdigest()[:32], _SOURCE, now)
    return analysis_tick(origin, Tick(names, now + scope.budget))
