"""The beat, as a pass keeps it: a clock that fails ends no pass, for the sweep comes by itself."""

from datetime import datetime

from shared.adapters import log
from shared.domain.errors import Conflict, Refused, Unavailable
from shared.reconcile.scope import Scope

_FAILURES = (Conflict, Refused, Unavailable)


def version(scope: Scope) -> str | None:
    """The beat as it stands, empty where there is none; None where that cannot be known."""
    try:
        return scope.clock.version()
    except _FAILURES as error:
        log.warning(f"whether there is a beat cannot be known: {error}")
        return None


def want(scope: Scope, due: datetime) -> bool:
    """Whether there is a beat from now on, for somebody who is due then."""
    try:
        scope.clock.want(scope.now(), due)
    except _FAILURES as error:
        log.warning(f"no beat could be asked for, the sweep will: {error}")
        return False
    return True


def stop(scope: Scope, stands: str) -> None:
    """Ends the beat, unless it was wanted since."""
    try:
        scope.clock.stop(stands)
    except _FAILURES as error:
        log.warning(f"the beat could not be ended, the next one will: {error}")
