"""What each act does to the status. Pure, and without a guard: `classify` has decided already."""

from collections.abc import Callable

from shared.domain import acts_end, acts_outset, acts_run, conditions
from shared.domain.change import Change
from shared.domain.machine import Act, Phase, Signal
from shared.domain.observation import Situation
from shared.domain.status import Status


def act_on(situation: Situation, signal: Signal, act: Act, phase: Phase) -> Status:
    """The status after the act, in its phase, before it is stamped as a decision."""
    change = Change(situation, signal, situation.status.decision + 1)
    done = _ACTS[act](change)
    return conditions.in_phase(done, phase, situation.spec.target.kind, situation.now)


def _unchanged(change: Change) -> Status:
    return change.status


_ACTS: dict[Act, Callable[[Change], Status]] = {
    Act.KEEP: _unchanged,
    Act.NOTE_ABSENCE: acts_outset.note_absence,
    Act.NOTE_SUSPENSION: acts_outset.note_suspension,
    Act.REFUSE: acts_outset.refuse,
    Act.ACCEPT: acts_outset.accept,
    Act.INITIALIZE: acts_outset.initialize,
    Act.ROUTE: acts_outset.route,
    Act.COMPLETE: acts_outset.complete,
    Act.ABANDON: acts_outset.abandon,
    Act.BEGIN: acts_run.begin,
    Act.RESTART: acts_run.restart,
    Act.RETURN: acts_run.return_,
    Act.ROLL_BACK: acts_end.roll_back,
    Act.RESTORE: acts_end.restore,
    Act.STRAND: acts_end.strand,
    Act.EMPTY_CANARY: acts_run.empty_canary,
    Act.EMPTY_PRIMARY: acts_run.empty_primary,
    Act.WARN: acts_run.warn,
    Act.WAIT: acts_run.wait,
    Act.NOTE_WAIT: acts_run.note_wait,
    Act.RESUME: acts_run.resume,
    Act.TAKE: acts_end.take,
    Act.REST: acts_end.rest,
    Act.FIRST_STEP: acts_run.first_step,
    Act.STEP: acts_run.step,
    Act.COUNT_FAILURE: acts_run.count_failure,
    Act.COUNT_INCONCLUSIVE: acts_run.count_inconclusive,
    Act.PROMOTE: acts_run.promote,
    Act.STEP_BACK: acts_end.step_back,
    Act.FINALISE: acts_end.finalise,
    Act.SUCCEED: acts_end.succeed,
    Act.REPAIR: _unchanged,
}
