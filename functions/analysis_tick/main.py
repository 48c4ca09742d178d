"""A tick: every canary that is due, or those that it names."""

import functools
import os
from datetime import UTC, datetime

from shared.adapters.clock import is_beat
from shared.adapters.entry import on_event
from shared.adapters.settings import load
from shared.domain.events import ANALYSIS_TICK, PING, Event, tick
from shared.reconcile.run import pass_over_all, pass_over_some, report
from shared.reconcile.scope import Scope, open_scope

_SETTINGS = load(os.environ)


@functools.cache
def _scope() -> Scope:
    return open_scope(_SETTINGS, lambda: datetime.now(UTC))


@on_event(ANALYSIS_TICK, PING)
def analysis_tick(event: Event) -> None:
    """204 once the Canaries could be listed: what fails on one of them is left to its next tick."""
    wanted, now = tick(event), datetime.now(UTC)
    if wanted.is_over(now):
        return
    if wanted.names:
        report(pass_over_some(_scope(), wanted.names, now))
        return
    report(pass_over_all(_scope(), now, sweep=not is_beat(event.source)))
