"""The status of a Canary: the only memory there is. Read from the object, written back whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from shared.domain.canary import Target
from shared.domain.durations import LONGEST
from shared.domain.fields import Json, Object, mapping, objects, text, texts, truth, whole, wrong
from shared.domain.instants import countable, instant
from shared.domain.machine import Phase


@dataclass(frozen=True, slots=True)
class Made:
    """What the status was made for: the objects that a rollback of it is carried out on."""

    target: Target
    service: str
    provider: str


@dataclass(frozen=True, slots=True)
class Generations:
    """The generations last seen or written. 0 is none."""

    target: int = 0
    primary: int = 0
    route: int = 0


@dataclass(frozen=True, slots=True)
class LastPromotion:
    """The last promotion that carried an image; later ones are later by (time, id)."""

    id: str
    time: datetime
    done: bool
    version: str = ""  # what people call the image
    image: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Something to be told, and not yet known to have been told."""

    decision: int
    at: datetime
    kind: str
    arguments: tuple[str, ...] = ()
    revision: str = ""  # of the run that it is about: it may be told when the next one has begun


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as Kubernetes has them; `status` is True, False or Unknown."""

    type: str
    status: str
    reason: str
    message: str
    since: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """Flagger's fields first, with Flagger's meaning; then what is kept in `status.spillway`."""

    phase: Phase = Phase.NEW
    weight: int = 0  # percent of the traffic that the canary is asked to have
    failed_checks: int = 0
    revision: str = ""  # lastAppliedSpec: of the run, or of the last one
    promoted: str = ""  # lastPromotedSpec
    since: datetime | None = None  # lastTransitionTime
    conditions: tuple[Condition, ...] = ()

    decision: int = 0
    decided_at: datetime | None = None
    settled_at: datetime | None = None
    unsettled_since: datetime | None = None
    unsettled_reason: str = ""
    made: Made | None = None
    interval: timedelta | None = None  # of the last spec that was run, for those who watch
    drain: timedelta | None = None  # of that spec, too
    generations: Generations = Generations()
    generation: int = 0  # of the Canary itself, when it was last decided on
    target_revision: str = ""  # of the template at generations.target
    primary_revision: str = ""  # last settled on the primary
    previous: str = ""  # promoted before `promoted`
    initialized: bool = False
    restoring: bool = False  # the primary is on its way back to the promoted snapshot
    stranded: bool = False  # only the sweep looks on
    started_at: datetime | None = None  # of the run
    weighed: int = 0  # the decision that set the present weights; 0: no route was asked for yet
    weighed_at: datetime | None = None  # when that decision was settled
    held: int | None = None  # the weight to resume, set aside while a workload has no pods
    inconclusive: int = 0
    waiting_since: datetime | None = None
    waiting_told: bool = False
    suspension_told: bool = False
    refused_generation: int = 0  # the Canary's generation that was refused
    refusal: str = ""  # and why
    next_tick: datetime | None = None
    last_promotion: LastPromotion | None = None
    outbox: tuple[Note, ...] = ()
    # fields of Flagger's that are kept as found
    foreign: Mapping[str, Json] = field(default_factory=dict, hash=False)

    @property
    def settled(self) -> bool:
        """Whether the last decision is in force."""
        return self.decision == 0 or self.settled_at is not None

    @property
    def routed(self) -> bool:
        """Whether a route was ever asked for."""
        return self.weighed > 0


_OWN = ("phase", "canaryWeight", "failedChecks", "iterations", "lastAppliedSpec")
_OWN_TOO = ("lastPromotedSpec", "lastTransitionTime", "conditions", "spillway")


# Flagger's waits for approval are those of a canary that has not begun, or is still analysed.
_PHASES = {phase.value: phase for phase in Phase} | {
    "Waiting": Phase.INITIALIZED,
    "WaitingPromotion": Phase.PROGRESSING,
}


_AT_PRIMARY = ("", Phase.INITIALIZED, Phase.SUCCEEDED)  # phases in which no canary has weight


def read_status(status: Object) -> Status:
    """The status of a Canary as the API server has it. Unreadable blocks are refused by path."""
    block = mapping(status, "spillway")
    phase = text(status, "phase")
    found = Status(
        phase=_PHASES.get(phase, Phase.NEW),
        weight=0 if phase in _AT_PRIMARY else _percent(whole(status, "canaryWeight")),
        failed_checks=whole(status, "failedChecks"),
        revision=text(status, "lastAppliedSpec"),
        promoted=text(status, "lastPromotedSpec"),
        since=instant(status, "lastTransitionTime"),
        conditions=tuple(_condition(item) for item in objects(status, "conditions")),
        foreign={k: v for k, v in status.items() if k not in (*_OWN, *_OWN_TOO)},
    )
    if block:
        return _with_block(found, block)
    if found.phase is Phase.INITIALIZING:
        return replace(found, phase=Phase.NEW)  # somebody else's beginning: ours finds what it left
    return found


def _percent(number: int) -> int:
    """A weight that no route can have, as an edited status may say, is the nearest that one can."""
    return max(0, min(number, 100))


def _condition(item: Object) -> Condition:
    since = instant(item, "lastTransitionTime") or datetime.fromtimestamp(0, UTC)
    return Condition(
        type=text(item, "type"),
        status=text(item, "status"),
        reason=text(item, "reason"),
        message=text(item, "message"),
        since=since,
        updated=instant(item, "lastUpdateTime") or since,
    )


def _with_block(found: Status, block: Object) -> Status:
    generations = mapping(block, "generations")
    weights = mapping(block, "weights")
    return replace(
        found,
        decision=whole(block, "decision"),
        decided_at=countable(block, "decidedAt"),
        settled_at=countable(block, "settledAt"),
        unsettled_since=countable(block, "unsettledSince"),
        unsettled_reason=text(block, "unsettledReason"),
        made=_made(mapping(block, "target")),
        interval=_seconds(block, "intervalSeconds"),
        drain=_seconds(block, "drainSeconds"),
        generations=Generations(
            whole(generations, "target"), whole(generations, "primary"), whole(generations, "route")
        ),
        generation=whole(block, "observedGeneration"),
        target_revision=text(block, "targetRevision"),
        primary_revision=text(block, "primaryRevision"),
        previous=text(block, "previousRevision"),
        initialized=truth(block, "initialized"),
        restoring=truth(block, "restoring"),
        stranded=truth(block, "stranded"),
        started_at=countable(block, "startedAt"),
        weighed=whole(weights, "decision"),
        weighed_at=countable(weights, "settledAt"),
        held=_percent(whole(weights, "held")) if "held" in weights else None,
        inconclusive=whole(block, "inconclusiveChecks"),
        waiting_since=countable(block, "waitingSince"),
        waiting_told=truth(block, "waitingTold"),
        suspension_told=truth(block, "suspensionTold"),
        refused_generation=whole(block, "refusedGeneration"),
        refusal=text(block, "refusal"),
        next_tick=countable(block, "nextTickTime"),
        last_promotion=_last_promotion(mapping(block, "lastPromotion")),
        outbox=tuple(_note(item) for item in objects(block, "outbox")),
    )


def _seconds(block: Object, name: str) -> timedelta | None:
    if name not in block:
        return None
    seconds, most = whole(block, name), int(LONGEST.total_seconds())
    if not 0 <= seconds <= most:
        raise wrong((name,), seconds, f"0 to {most} seconds")
    return timedelta(seconds=seconds)


def _made(block: Object) -> Made | None:
    if not block:
        return None
    target = Target(text(block, "kind"), text(block, "name"))
    return Made(target, text(block, "service"), text(block, "provider"))


def _last_promotion(block: Object) -> LastPromotion | None:
    time = instant(block, "time")
    if time is None:
        return None
    version, image = text(block, "version"), text(block, "image")
    return LastPromotion(text(block, "id"), time, truth(block, "done"), version, image)


def _note(item: Object) -> Note:
    return Note(
        decision=whole(item, "decision"),
        at=instant(item, "at") or datetime.fromtimestamp(0, UTC),
        kind=text(item, "kind"),
        arguments=texts(item, "arguments"),
        revision=text(item, "revision"),
    )
