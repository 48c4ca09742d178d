"""A promotion: its revision is taken up at once."""

import functools
import os
from datetime import UTC, datetime

from shared.adapters.entry import on_event
from shared.adapters.settings import load
from shared.adapters.tokens import admission
from shared.domain.events import PROMOTION_REQUESTED, Event, content
from shared.domain.instants import refuse_future
from shared.domain.promotion import from_content
from shared.reconcile.promote import promote
from shared.reconcile.scope import Scope, open_scope

_SETTINGS = load(os.environ)


@functools.cache
def _scope() -> Scope:
    return open_scope(_SETTINGS, lambda: datetime.now(UTC))


@on_event(PROMOTION_REQUESTED, admit=admission(_SETTINGS.push))
def start_canary(event: Event) -> None:
    """Sets the image where the promotion carries one, then passes over its canary."""
    promotion, now = from_content(content(event)), datetime.now(UTC)
    refuse_future(promotion.time, now)
    promote(_scope(), promotion, now)
