"""From what was seen to one signal: all guards, priorities and claims about time.

The order of `RULES` is the order of importance. A wish and a refusal come before everything, a
failed read before whatever it could be mistaken for, pods before traffic, traffic before progress.
"""

from collections.abc import Callable

from shared.domain.analysis import VerdictKind
from shared.domain.claims import (
    awaits,
    has_differences,
    is_at_rest,
    is_unread,
    may_be_judged,
    may_refuse,
    may_step,
    owes,
)
from shared.domain.machine import RESTING, UNDER_WAY, Phase, Signal
from shared.domain.observation import Revision, Situation
from shared.domain.plan import next_step, weight_after_promotion

_ALL = 100


def classify(situation: Situation) -> Signal:
    """The first signal that holds."""
    return next(signal for signal, holds in RULES if holds(situation))


def _withdrawn(s: Situation) -> bool:
    return s.status.phase in UNDER_WAY and s.seen.wished


def _refused(s: Situation) -> bool:
    if s.seen.accepted:
        return False
    if s.status.phase in UNDER_WAY:
        return True
    return may_refuse(s) and s.status.refused_generation != s.facts.generation


def _already_refused(s: Situation) -> bool:
    return s.status.settled and not s.seen.accepted and may_refuse(s)


def _refused_to_no_end(s: Situation) -> bool:
    """What it waited for at rest, it need not wait for while its spec is refused."""
    return s.status.next_tick is not None and _already_refused(s) and is_at_rest(s)


def _accepted(s: Situation) -> bool:
    refused = s.status.refused_generation != 0 and may_refuse(s)
    return refused and s.seen.accepted and not is_unread(s)


def _unread_when_due(s: Situation) -> bool:
    return is_unread(s) and may_be_judged(s) and not s.spec.suspend


def _absent(s: Situation) -> bool:
    new = s.status.phase is Phase.NEW and not s.status.waiting_told
    return new and s.seen.accepted and s.seen.canary.gone


def _arrived(s: Situation) -> bool:
    """A canary that is new, or whose initialization failed and has another revision to try."""
    if s.spec.suspend or not s.seen.accepted or s.seen.canary.gone:
        return False
    failed = s.status.phase is Phase.FAILED and not s.status.initialized
    return s.status.phase is Phase.NEW or (failed and s.seen.revision is Revision.NEW)


def _revised(s: Situation) -> bool:
    if s.seen.revision is not Revision.NEW or s.seen.canary.gone:
        return False
    phase = s.status.phase
    if phase is Phase.PROGRESSING:
        return s.status.weight == 0 or s.seen.primary.alive
    if s.spec.suspend:
        return False
    if phase is Phase.INITIALIZING:
        return not s.status.routed and not s.status.promoted
    return phase in RESTING and _may_begin(s)


def _may_begin(s: Situation) -> bool:
    clear = s.status.initialized and s.status.weight == 0
    return clear and s.seen.accepted and not s.seen.primary.gone


def _returned(s: Situation) -> bool:
    here = s.status.phase is Phase.PROGRESSING and s.seen.revision is Revision.PROMOTED
    return here and not s.spec.suspend and (s.status.weight == 0 or s.seen.primary.alive)


def _expired(s: Situation) -> bool:
    seen = s.seen
    if s.spec.suspend or s.status.phase not in UNDER_WAY:
        return False
    if seen.overdrawn or seen.primary.expired:
        return True
    if s.status.phase is Phase.PROGRESSING and seen.canary.expired:
        return True
    return seen.overdue and awaits(s)


def _canary_empty(s: Situation) -> bool:
    moved = s.status.phase in UNDER_WAY or s.status.phase is Phase.FAILED
    loaded = moved and s.status.weight > 0
    return loaded and not s.seen.canary.alive and s.seen.primary.alive


def _primary_empty(s: Situation) -> bool:
    heavy = s.status.routed and s.status.weight < _ALL and not s.seen.primary.alive
    return heavy and s.seen.canary.alive and s.status.phase in UNDER_WAY


def _both_empty(s: Situation) -> bool:
    if not s.status.routed or s.seen.primary.alive or s.seen.canary.alive:
        return False
    loaded = s.status.phase in UNDER_WAY or s.status.weight > 0
    return loaded and not s.status.waiting_told


def _stranded(s: Situation) -> bool:
    """What `_expired` does not end: a canary that is over or suspended, and not in order."""
    status = s.status
    if status.stranded or status.phase is Phase.NEW:
        return False
    if status.phase in UNDER_WAY and not s.spec.suspend:
        return False
    return s.seen.overdrawn or (s.seen.overdue and awaits(s))


def _restored(s: Situation) -> bool:
    """A failed canary's weight may go, or its restored primary is up."""
    return s.status.phase is Phase.FAILED and owes(s) and not awaits(s)


def _unready(s: Situation) -> bool:
    return awaits(s) and s.status.waiting_since is None and not s.spec.suspend


def _outlasting(s: Situation) -> bool:
    return awaits(s) and s.seen.outlasted and not s.status.waiting_told and not s.spec.suspend


def _suspended(s: Situation) -> bool:
    return s.spec.suspend and not s.status.suspension_told


def _still_suspended(s: Situation) -> bool:
    return s.spec.suspend and not has_differences(s)


def _drifted(s: Situation) -> bool:
    if not has_differences(s):
        return False
    return not may_be_judged(s) or awaits(s) or s.spec.suspend


def _ready(s: Situation) -> bool:
    status = s.status
    if status.phase not in (Phase.PROGRESSING, Phase.PROMOTING) or awaits(s):
        return False
    waited = status.waiting_since is not None and status.weight > 0 and not s.seen.due
    return status.held is not None or waited


def _primary_ready(s: Situation) -> bool:
    if s.status.phase is Phase.PROMOTING:
        return s.seen.due and not awaits(s)
    if s.status.phase is Phase.INITIALIZING and not s.status.routed:
        return not awaits(s)
    lent = s.status.phase in (Phase.INITIALIZING, Phase.FINALISING) and s.status.weight > 0
    return lent and not awaits(s)


def _traffic_back(s: Situation) -> bool:
    last = weight_after_promotion(s.spec.analysis, s.status.weight) == 0
    return s.status.phase is Phase.PROMOTING and last and _primary_ready(s)


def _drained(s: Situation) -> bool:
    """What was to be waited for is over; of an initialization that failed there is nothing."""
    status = s.status
    if status.phase is Phase.FAILED and not status.initialized and not awaits(s):
        return status.next_tick is not None
    clear = status.weight == 0 and s.seen.route.as_asked and s.seen.drained
    if not clear or awaits(s):
        return False
    if status.phase in RESTING:
        return status.next_tick is not None
    return status.phase in (Phase.INITIALIZING, Phase.FINALISING) and status.routed


def _skipped(s: Situation) -> bool:
    return may_step(s) and s.spec.skip_analysis


def _started(s: Situation) -> bool:
    return may_step(s) and s.status.weight == 0


def _completed(s: Situation) -> bool:
    return may_step(s) and next_step(s.spec.analysis, s.status.weight) is None


def _inconclusive(s: Situation) -> bool:
    blind = not s.seen.route.as_asked  # what was measured was not what was asked for
    return may_step(s) and (blind or s.seen.verdict is VerdictKind.INCONCLUSIVE)


def _breached(s: Situation) -> bool:
    """A breach fails a check, and so does each inconclusive one past the limit."""
    if _inconclusive(s):
        return _is_past_the_limit(s)
    return may_step(s) and s.seen.verdict is VerdictKind.BREACHED


def _exhausted(s: Situation) -> bool:
    return _breached(s) and _is_last_check(s)


def _unread_breached(s: Situation) -> bool:
    return _unread_when_due(s) and _is_past_the_limit(s)


def _unread_exhausted(s: Situation) -> bool:
    return _unread_breached(s) and _is_last_check(s)


def _is_past_the_limit(s: Situation) -> bool:
    return s.status.inconclusive >= s.spec.analysis.inconclusive_limit


def _is_last_check(s: Situation) -> bool:
    return s.status.failed_checks + 1 >= s.spec.analysis.threshold


RULES: tuple[tuple[Signal, Callable[[Situation], bool]], ...] = (
    (Signal.WITHDRAWN, _withdrawn),
    (Signal.REFUSED, _refused),
    (Signal.DRAINED, _refused_to_no_end),
    (Signal.NOTHING, _already_refused),
    (Signal.ACCEPTED, _accepted),
    (Signal.EXHAUSTED, _unread_exhausted),
    (Signal.BREACHED, _unread_breached),
    (Signal.INCONCLUSIVE, _unread_when_due),
    (Signal.UNREAD, is_unread),
    (Signal.ABSENT, _absent),
    (Signal.ARRIVED, _arrived),
    (Signal.REVISED, _revised),
    (Signal.RETURNED, _returned),
    (Signal.CANARY_EMPTY, _canary_empty),
    (Signal.PRIMARY_EMPTY, _primary_empty),
    (Signal.BOTH_EMPTY, _both_empty),
    (Signal.EXPIRED, _expired),
    (Signal.STRANDED, _stranded),
    (Signal.PRIMARY_READY, _restored),
    (Signal.SUSPENDED, _suspended),
    (Signal.NOTHING, _still_suspended),
    (Signal.UNREADY, _unready),
    (Signal.OUTLASTING, _outlasting),
    (Signal.DRIFTED, _drifted),
    (Signal.READY, _ready),
    (Signal.COMPLETED, _traffic_back),
    (Signal.PRIMARY_READY, _primary_ready),
    (Signal.DRAINED, _drained),
    (Signal.SKIPPED, _skipped),
    (Signal.STARTED, _started),
    (Signal.EXHAUSTED, _exhausted),
    (Signal.BREACHED, _breached),
    (Signal.INCONCLUSIVE, _inconclusive),
    (Signal.COMPLETED, _completed),
    (Signal.PASSED, may_step),
    (Signal.NOTHING, lambda _: True),
)
