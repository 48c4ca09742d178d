"""The machine: every phase, every signal, and what follows.

A pass puts one question to this table: in this phase, with this signal, what is the next phase and
what is done to the status? Guards and priorities are in `classify`, the doing in `acts`.
"""

from enum import StrEnum


class Phase(StrEnum):
    """Flagger's phases, by name."""

    NEW = ""
    INITIALIZING = "Initializing"
    INITIALIZED = "Initialized"
    PROGRESSING = "Progressing"
    PROMOTING = "Promoting"
    FINALISING = "Finalising"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


UNDER_WAY = (Phase.INITIALIZING, Phase.PROGRESSING, Phase.PROMOTING, Phase.FINALISING)
RESTING = (Phase.INITIALIZED, Phase.SUCCEEDED, Phase.FAILED)


class Signal(StrEnum):
    """What a pass found, in one word."""

    NOTHING = "nothing to do"
    UNREAD = "a read failed"
    SUSPENDED = "suspended"
    REFUSED = "refused"
    ACCEPTED = "accepted again"
    ABSENT = "no target"
    ARRIVED = "a canary to take up"
    REVISED = "a new revision"
    RETURNED = "back to the promoted revision"
    WITHDRAWN = "a rollback is wished"
    EXPIRED = "a deadline is over"
    STRANDED = "a restore outlasts its deadline"
    CANARY_EMPTY = "the canary lost its pods"
    PRIMARY_EMPTY = "the primary lost its pods"
    BOTH_EMPTY = "no pods at all"
    UNREADY = "not ready yet"
    OUTLASTING = "a wait outlasts an interval"
    READY = "ready again"
    PRIMARY_READY = "the primary is ready"
    DRAINED = "drained"
    SKIPPED = "ready, no analysis wanted"
    STARTED = "ready for the first step"
    PASSED = "checks passed"
    COMPLETED = "the last step passed"
    BREACHED = "a check failed"
    EXHAUSTED = "the threshold is reached"
    INCONCLUSIVE = "no verdict"
    DRIFTED = "the cluster is not as asked"


class Act(StrEnum):
    """What is done to the status. Each is pure, and in `acts`."""

    KEEP = "keep"
    NOTE_ABSENCE = "note the absence"
    NOTE_SUSPENSION = "note the suspension"
    REFUSE = "refuse"
    ACCEPT = "accept"
    INITIALIZE = "initialize"
    ROUTE = "route"
    COMPLETE = "complete the initialization"
    ABANDON = "abandon the initialization"
    BEGIN = "begin a run"
    RESTART = "restart the run"
    RETURN = "return"
    ROLL_BACK = "roll back"
    RESTORE = "restore the promoted snapshot"
    STRAND = "leave it to the sweep"
    EMPTY_CANARY = "all weight to the primary"
    EMPTY_PRIMARY = "all weight to the canary"
    WARN = "warn"
    WAIT = "wait"
    NOTE_WAIT = "note the wait"
    RESUME = "resume the step"
    TAKE = "take the weight"
    REST = "rest"
    FIRST_STEP = "first step"
    STEP = "step"
    COUNT_FAILURE = "count a failed check"
    COUNT_INCONCLUSIVE = "count an inconclusive check"
    PROMOTE = "promote"
    STEP_BACK = "step the traffic back"
    FINALISE = "finalise"
    SUCCEED = "succeed"
    REPAIR = "repair"


Transition = tuple[Phase, Act]

# What may happen wherever there is something to bring in order.
_ALWAYS: dict[Signal, Act] = {
    Signal.NOTHING: Act.KEEP,
    Signal.UNREAD: Act.KEEP,
    Signal.SUSPENDED: Act.NOTE_SUSPENSION,
    Signal.DRIFTED: Act.REPAIR,
    Signal.STRANDED: Act.STRAND,
}
_WAITS: dict[Signal, Act] = {Signal.UNREADY: Act.WAIT, Signal.OUTLASTING: Act.NOTE_WAIT}
_EMPTIES: dict[Signal, Act] = {
    Signal.CANARY_EMPTY: Act.EMPTY_CANARY,
    Signal.PRIMARY_EMPTY: Act.EMPTY_PRIMARY,
    Signal.BOTH_EMPTY: Act.WARN,
}
_REST: dict[Signal, Act] = {
    **_ALWAYS,
    Signal.REFUSED: Act.REFUSE,
    Signal.ACCEPTED: Act.ACCEPT,
    Signal.DRAINED: Act.REST,
}


def _staying(phase: Phase, acts: dict[Signal, Act]) -> dict[Signal, Transition]:
    return {signal: (phase, act) for signal, act in acts.items()}


TRANSITIONS: dict[Phase, dict[Signal, Transition]] = {
    Phase.NEW: {
        Signal.NOTHING: (Phase.NEW, Act.KEEP),
        Signal.UNREAD: (Phase.NEW, Act.KEEP),
        Signal.SUSPENDED: (Phase.NEW, Act.NOTE_SUSPENSION),
        Signal.DRIFTED: (Phase.NEW, Act.REPAIR),
        Signal.REFUSED: (Phase.NEW, Act.REFUSE),
        Signal.ACCEPTED: (Phase.NEW, Act.ACCEPT),
        Signal.ABSENT: (Phase.NEW, Act.NOTE_ABSENCE),
        Signal.ARRIVED: (Phase.INITIALIZING, Act.INITIALIZE),
    },
    Phase.INITIALIZING: {
        **_staying(Phase.INITIALIZING, {**_ALWAYS, **_WAITS, **_EMPTIES}),
        Signal.REVISED: (Phase.INITIALIZING, Act.INITIALIZE),
        Signal.PRIMARY_READY: (Phase.INITIALIZING, Act.ROUTE),
        Signal.DRAINED: (Phase.INITIALIZED, Act.COMPLETE),
        Signal.WITHDRAWN: (Phase.FAILED, Act.ABANDON),
        Signal.REFUSED: (Phase.FAILED, Act.ABANDON),
        Signal.EXPIRED: (Phase.FAILED, Act.ABANDON),
    },
    Phase.INITIALIZED: {
        **_staying(Phase.INITIALIZED, _REST),
        Signal.REVISED: (Phase.PROGRESSING, Act.BEGIN),
    },
    Phase.PROGRESSING: {
        **_staying(Phase.PROGRESSING, {**_ALWAYS, **_WAITS, **_EMPTIES}),
        Signal.REVISED: (Phase.PROGRESSING, Act.RESTART),
        Signal.READY: (Phase.PROGRESSING, Act.RESUME),
        Signal.STARTED: (Phase.PROGRESSING, Act.FIRST_STEP),
        Signal.PASSED: (Phase.PROGRESSING, Act.STEP),
        Signal.BREACHED: (Phase.PROGRESSING, Act.COUNT_FAILURE),
        Signal.INCONCLUSIVE: (Phase.PROGRESSING, Act.COUNT_INCONCLUSIVE),
        Signal.COMPLETED: (Phase.PROMOTING, Act.PROMOTE),
        Signal.SKIPPED: (Phase.PROMOTING, Act.PROMOTE),
        Signal.RETURNED: (Phase.FINALISING, Act.RETURN),
        Signal.EXHAUSTED: (Phase.FAILED, Act.ROLL_BACK),
        Signal.EXPIRED: (Phase.FAILED, Act.ROLL_BACK),
        Signal.WITHDRAWN: (Phase.FAILED, Act.ROLL_BACK),
        Signal.REFUSED: (Phase.FAILED, Act.ROLL_BACK),
    },
    Phase.PROMOTING: {
        **_staying(Phase.PROMOTING, {**_ALWAYS, **_WAITS, **_EMPTIES}),
        Signal.READY: (Phase.PROMOTING, Act.RESUME),
        Signal.PRIMARY_READY: (Phase.PROMOTING, Act.STEP_BACK),
        Signal.COMPLETED: (Phase.FINALISING, Act.FINALISE),
        Signal.EXPIRED: (Phase.FAILED, Act.RESTORE),
        Signal.WITHDRAWN: (Phase.FAILED, Act.RESTORE),
        Signal.REFUSED: (Phase.FAILED, Act.RESTORE),
    },
    Phase.FINALISING: {
        **_staying(Phase.FINALISING, {**_ALWAYS, **_WAITS, **_EMPTIES}),
        Signal.PRIMARY_READY: (Phase.FINALISING, Act.TAKE),
        Signal.DRAINED: (Phase.SUCCEEDED, Act.SUCCEED),
        Signal.EXPIRED: (Phase.FAILED, Act.RESTORE),
        Signal.WITHDRAWN: (Phase.FAILED, Act.RESTORE),
        Signal.REFUSED: (Phase.FAILED, Act.RESTORE),
    },
    Phase.SUCCEEDED: {
        **_staying(Phase.SUCCEEDED, _REST),
        Signal.REVISED: (Phase.PROGRESSING, Act.BEGIN),
    },
    Phase.FAILED: {
        **_staying(Phase.FAILED, {**_REST, **_WAITS}),
        Signal.CANARY_EMPTY: (Phase.FAILED, Act.EMPTY_CANARY),
        Signal.BOTH_EMPTY: (Phase.FAILED, Act.WARN),
        Signal.PRIMARY_READY: (Phase.FAILED, Act.TAKE),
        Signal.ARRIVED: (Phase.INITIALIZING, Act.INITIALIZE),
        Signal.REVISED: (Phase.PROGRESSING, Act.BEGIN),
    },
}
