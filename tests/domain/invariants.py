"""The invariants of the machine, as claims about one edge of the walk."""

from collections.abc import Callable

from shared.domain.analysis import VerdictKind
from shared.domain.effects import KeepSnapshot, ScaleDown, SetRoute, WritePrimary
from shared.domain.machine import RESTING, UNDER_WAY, Act, Phase, Signal
from shared.domain.observation import Revision
from shared.domain.plan import shares
from tests.domain.walk import NOW, Edge

_SPACED = (Act.FIRST_STEP, Act.STEP, Act.STEP_BACK, Act.COUNT_FAILURE, Act.COUNT_INCONCLUSIVE)
_IN_PLACE = (Act.KEEP, Act.REPAIR, Act.NOTE_SUSPENSION, Act.NOTE_WAIT, Act.WAIT)


def surely(edge: Edge, name: str, claim: str) -> bool:
    """Whether the rules found out that the claim holds."""
    some = edge.look.read.get(name)
    return some is not None and all(getattr(member, claim) for member in some.left)


def maybe(edge: Edge, name: str, claim: str) -> bool:
    """Whether the claim holds for some of the observations that the edge stands for."""
    some = edge.look.read.get(name)
    return some is None or any(getattr(member, claim) for member in some.left)


def _is(edge: Edge, name: str, value: object) -> bool:
    return edge.look.read.get(name) == value


def _unread(edge: Edge) -> bool:
    return any(surely(edge, name, "unread") for name in ("canary", "primary", "route"))


def weight_rises_only_where_both_are_ready(edge: Edge) -> bool:
    """I1, but for a primary without pods, which gives its weight away."""
    if edge.decision.status.weight <= edge.status.weight:
        return True
    if edge.decision.act is Act.EMPTY_PRIMARY:
        return not maybe(edge, "primary", "alive") and surely(edge, "canary", "alive")
    return surely(edge, "canary", "ready") and surely(edge, "primary", "ready")


def weight_falls_only_onto_a_living_primary(edge: Edge) -> bool:
    """I1: taking weight off the canary needs one ready pod of the primary."""
    falls = edge.decision.status.weight < edge.status.weight
    return not falls or surely(edge, "primary", "alive")


def no_write_gives_traffic_to_a_workload_without_pods(edge: Edge) -> bool:
    """I1, of every route that is written, repairs too."""
    for effect in edge.decision.effects:
        if isinstance(effect, SetRoute):
            if effect.weight < 100 and not surely(edge, "primary", "alive"):
                return False
            if effect.weight > 0 and not surely(edge, "canary", "alive"):
                return False
    return True


def a_canary_without_pods_loses_its_weight(edge: Edge) -> bool:
    """I1, in that pass, if the primary has pods."""
    empty = not maybe(edge, "canary", "alive") and not maybe(edge, "canary", "unread")
    heavy = edge.status.weight > 0 and empty and maybe(edge, "primary", "alive")
    if edge.status.phase is Phase.FAILED and not edge.status.initialized:
        return True  # a failed initialization leaves the traffic as it is
    return not heavy or _unread(edge) or edge.decision.status.weight == 0


def a_primary_without_pods_gives_its_weight_away(edge: Edge) -> bool:
    """I1, but never to a revision that has failed."""
    empty = not maybe(edge, "primary", "alive") and not maybe(edge, "primary", "unread")
    heavy = edge.status.routed and edge.status.weight < 100 and empty
    if not heavy or edge.status.phase not in UNDER_WAY or not maybe(edge, "canary", "alive"):
        return True
    after = edge.decision.status
    return _unread(edge) or after.phase is Phase.FAILED or after.weight == 100 or _restarts(edge)


def _restarts(edge: Edge) -> bool:
    """A newer revision starts again from 0: the next pass finds the primary empty."""
    return edge.status.weight == 0 and edge.decision.act in (Act.RESTART, Act.RETURN)


def weights_are_in_force_once_their_route_is_written(edge: Edge) -> bool:
    """I2: else a drain would begin before the traffic has gone."""
    after, difference = edge.decision.status, edge.decision.difference
    fresh = after.routed and after.weighed_at is None
    if not edge.decision.is_saved or not fresh or difference.withheld:
        return True
    if after.phase is Phase.FAILED and not after.initialized:
        return True  # a failed initialization leaves the traffic as it is
    return any(isinstance(effect, SetRoute) for effect in difference.effects)


def a_drain_begins_anew_where_the_route_is_put_right(edge: Edge) -> bool:
    """I2: whoever wrote it may have given traffic to what is to go."""
    after = edge.decision.status
    drains = edge.decision.is_saved and after.routed and after.weight == 0
    if not drains or not maybe(edge, "route", "other"):
        return True
    return after.weighed_at is None or _is(edge, "idle", True)


def pods_go_only_after_the_drain(edge: Edge) -> bool:
    """I2."""
    if not any(isinstance(effect, ScaleDown) for effect in edge.decision.effects):
        return True
    settled = edge.status.weighed_at is not None and edge.decision.status.weighed_at is not None
    asked = edge.status.weight == 0 and edge.decision.status.weight == 0
    drained = _is(edge, "drained", True) and _is(edge, "rerouted", False)
    return settled and asked and drained and surely(edge, "route", "as_asked")


def a_wish_is_honoured_in_every_phase_that_is_not_at_rest(edge: Edge) -> bool:
    """I3, and harmless in the others: there nothing so much as asks for it."""
    if edge.status.phase not in UNDER_WAY:
        return "wished" not in edge.look.read
    return not _is(edge, "wished", True) or edge.decision.status.phase is Phase.FAILED


def nothing_is_promoted_without_evidence(edge: Edge) -> bool:
    """I4: every metric gave a value, and none a breach, in the very pass that promotes."""
    if edge.decision.act is not Act.PROMOTE or edge.spec.skip_analysis:
        return True
    return _is(edge, "verdict", VerdictKind.PASSED) and edge.status.settled


def every_state_rests_or_has_one_next_tick(edge: Edge) -> bool:
    """I5."""
    after = edge.decision.status
    if not edge.decision.is_saved or edge.spec.suspend:
        return True
    if after.phase in UNDER_WAY:
        return after.next_tick is not None and not after.stranded
    if after.phase is Phase.FAILED and after.initialized:
        owes = after.restoring or after.weight > 0 or after.weighed_at is None
        refused = edge.decision.act is Act.REFUSE
        return after.next_tick is not None or after.stranded or not owes or refused
    return True


def the_newest_revision_is_never_swallowed(edge: Edge) -> bool:
    """I6."""
    new = _is(edge, "revision", Revision.NEW) and _is(edge, "accepted", True)
    if not new or _unread(edge) or maybe(edge, "canary", "gone") or _is(edge, "wished", True):
        return True
    act, status = edge.decision.act, edge.status
    if status.phase is Phase.PROGRESSING:
        free = status.weight == 0 or surely(edge, "primary", "alive")
        return act is Act.RESTART or not free
    if status.phase not in RESTING or edge.spec.suspend or act is Act.ACCEPT:
        return True
    if not status.initialized:
        return act is Act.INITIALIZE
    return act is Act.BEGIN or status.weight > 0 or surely(edge, "primary", "gone")


def a_failed_read_is_neither_a_change_nor_a_breach(edge: Edge) -> bool:
    """I7: it holds everything, until too many follow each other."""
    if not _unread(edge) or _is(edge, "wished", True) or _is(edge, "accepted", False):
        return True
    if edge.decision.signal in (Signal.BREACHED, Signal.EXHAUSTED):
        return edge.status.inconclusive >= edge.spec.analysis.inconclusive_limit
    held = (Signal.UNREAD, Signal.INCONCLUSIVE, Signal.ACCEPTED)
    return edge.decision.signal in held and edge.decision.status.weight == edge.status.weight


def the_shares_come_to_a_hundred(edge: Edge) -> bool:
    """I8."""
    found = shares(edge.spec.service, edge.decision.status.weight)
    return sum(share.weight for share in found) == 100 and all(share.weight >= 0 for share in found)


def what_was_done_is_not_due_again(edge: Edge) -> bool:
    """I9: a tick that comes twice finds the second time that nothing is due."""
    if edge.decision.act not in _SPACED:
        return True
    tick = edge.decision.status.next_tick
    if edge.spec.suspend:
        return tick is None
    return tick is not None and tick > NOW and _is(edge, "due", True)


def repairs_leave_the_weights(edge: Edge) -> bool:
    """I10."""
    before, after = edge.status, edge.decision.status
    if edge.decision.act not in _IN_PLACE:
        return True
    return (after.weight, after.weighed, after.phase) == (
        before.weight,
        before.weighed,
        before.phase,
    )


def the_threshold_takes_the_traffic_itself(edge: Edge) -> bool:
    """I11: unless the primary has no pod to take it."""
    if edge.decision.signal is not Signal.EXHAUSTED:
        return True
    after = edge.decision.status
    return after.phase is Phase.FAILED and (
        after.weight == 0 or not surely(edge, "primary", "alive")
    )


def what_is_promoted_is_what_was_analysed(edge: Edge) -> bool:
    """I12: the primary gets the run's snapshot or the promoted one; snapshots are of the run."""
    after = edge.decision.status
    for effect in edge.decision.effects:
        if isinstance(effect, WritePrimary):
            promoting = after.phase in (Phase.PROMOTING, Phase.FINALISING, Phase.INITIALIZING)
            if effect.revision != after.promoted and not promoting:
                return False
        if isinstance(effect, KeepSnapshot) and not effect.promoted:
            fresh = _is(edge, "revision", Revision.SAME)
            if not fresh and edge.decision.act not in (Act.BEGIN, Act.RESTART):
                return False
    return True


INVARIANTS: tuple[Callable[[Edge], bool], ...] = (
    weight_rises_only_where_both_are_ready,
    weight_falls_only_onto_a_living_primary,
    no_write_gives_traffic_to_a_workload_without_pods,
    a_canary_without_pods_loses_its_weight,
    a_primary_without_pods_gives_its_weight_away,
    weights_are_in_force_once_their_route_is_written,
    a_drain_begins_anew_where_the_route_is_put_right,
    pods_go_only_after_the_drain,
    a_wish_is_honoured_in_every_phase_that_is_not_at_rest,
    nothing_is_promoted_without_evidence,
    every_state_rests_or_has_one_next_tick,
    the_newest_revision_is_never_swallowed,
    a_failed_read_is_neither_a_change_nor_a_breach,
    the_shares_come_to_a_hundred,
    what_was_done_is_not_due_again,
    repairs_leave_the_weights,
    the_threshold_takes_the_traffic_itself,
    what_is_promoted_is_what_was_analysed,
)
