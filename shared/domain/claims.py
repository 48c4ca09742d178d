"""Claims about a situation that more than one rule rests on."""

from typing import assert_never

from shared.domain.converge import differs
from shared.domain.machine import RESTING, Phase
from shared.domain.observation import Situation


def is_at_rest(s: Situation) -> bool:
    """Settled, in a phase of rest, with no canary replicas; or failed before it was initialised."""
    status = s.status
    if status.phase not in RESTING or not status.settled or status.restoring:
        return False
    return not status.initialized or (status.weight == 0 and s.seen.idle)


def may_refuse(s: Situation) -> bool:
    return s.status.phase is Phase.NEW or is_at_rest(s)


def is_unread(s: Situation) -> bool:
    seen = s.seen
    return seen.canary.unread or seen.primary.unread or seen.route.unread


def may_be_judged(s: Situation) -> bool:
    """Metrics are judged at a weight that is in force, when an interval is over."""
    at_work = s.status.phase is Phase.PROGRESSING and s.status.weight > 0 and s.status.held is None
    return at_work and s.status.settled and s.seen.due


def owes(s: Situation) -> bool:
    return s.status.restoring or s.status.weight > 0


def awaits(s: Situation) -> bool:
    """Whether the phase waits for a workload that is not ready."""
    primary_ready = s.seen.primary.ready
    match s.status.phase:
        case Phase.PROGRESSING:
            return not (primary_ready and s.seen.canary.ready)
        case Phase.INITIALIZING | Phase.PROMOTING | Phase.FINALISING:
            return not primary_ready
        case Phase.FAILED:
            if s.status.restoring:
                restored = s.status.primary_revision == s.status.promoted and s.status.settled
                return not (primary_ready and restored)
            return s.status.weight > 0 and not s.seen.primary.alive
        case Phase.NEW | Phase.INITIALIZED | Phase.SUCCEEDED:
            return False
        case _:
            assert_never(s.status.phase)


def has_differences(s: Situation) -> bool:
    """Whether a save has something to put right, to settle or to record."""
    return differs(s.status, s.seen) or (s.status.phase is not Phase.NEW and s.seen.unrecorded)


def may_step(s: Situation) -> bool:
    return s.status.phase is Phase.PROGRESSING and s.seen.due and not awaits(s)
