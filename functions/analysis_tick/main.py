"""A tick: every canary that is due, those that it names, or those whose object changed."""

import functools
import os
from datetime import UTC, datetime

from shared.adapters.clock import is_beat
from shared.adapters.entry import on_event
from shared.adapters.settings import load
from shared.adapters.tokens import admission
from shared.domain.events import (
    ANALYSIS_TICK,
    OBJECT_ADDED,
    OBJECT_DELETED,
    OBJECT_UPDATED,
    PING,
    Event,
    changed,
    tick,
)
from shared.reconcile.run import pass_over_all, pass_over_some, pass_over_touched, report
from shared.reconcile.scope import Scope, open_scope

_SETTINGS = load(os.environ)


@functools.cache
def _scope() -> Scope:
    return open_scope(_SETTINGS, lambda: datetime.now(UTC))


@on_event(
    ANALYSIS_TICK,
    PING,
    OBJECT_ADDED,
    OBJECT_UPDATED,
    OBJECT_DELETED,
    admit=admission(_SETTINGS.push),
)
def analysis_tick(event: Event) -> None:
    """204 once the Canaries could be listed: what fails on one of them is left to its next tick."""
    now, of_an_object = datetime.now(UTC), changed(event)
    if of_an_object is not None:
        report(pass_over_touched(_scope(), of_an_object, now))
        return
    wanted = tick(event)
    if wanted.is_over(now):
        return
    if wanted.names:
        report(pass_over_some(_scope(), wanted.names, now))
        return
    report(pass_over_all(_scope(), now, sweep=not is_beat(event.source)))
