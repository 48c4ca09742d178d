"""A wish to go back: one canary, at once."""

import functools
import os
from datetime import UTC, datetime

from shared.adapters.entry import on_event
from shared.adapters.settings import load
from shared.adapters.tokens import admission
from shared.domain.events import ROLLBACK_REQUESTED, Event, rollback_wish
from shared.domain.instants import refuse_future
from shared.domain.subject import Request
from shared.reconcile.run import pass_over_some, settle_with
from shared.reconcile.scope import Scope, open_scope

_SETTINGS = load(os.environ)


@functools.cache
def _scope() -> Scope:
    return open_scope(_SETTINGS, lambda: datetime.now(UTC))


@on_event(ROLLBACK_REQUESTED, admit=admission(_SETTINGS.push))
def rollback(event: Event) -> None:
    """A wish that means another run than the present one, or none, changes nothing."""
    wish, now = rollback_wish(event), datetime.now(UTC)
    if wish.revision is None and wish.time:
        refuse_future(wish.time, now)
    key = (wish.namespace, wish.canary)
    settle_with(pass_over_some(_scope(), [key], now, {key: Request(wish=wish)}))
