"""What a pass sees of one canary, in the classes that the rules tell apart."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.analysis import VerdictKind
from shared.domain.canary import CanarySpec
from shared.domain.status import Generations, Status


class Pods(StrEnum):
    """A workload, by what it can serve."""

    READY = "ready"
    UNREADY = "below its threshold, with a ready pod"
    EMPTY = "without a ready pod"
    STALLED = "past its own progress deadline, with a ready pod"
    STUCK = "past its own progress deadline, without a ready pod"
    GONE = "gone"
    UNREAD = "unread"

    @property
    def ready(self) -> bool:
        """Whether it is at its threshold."""
        return self is Pods.READY

    @property
    def gone(self) -> bool:
        """Whether the API server says that there is no such workload."""
        return self is Pods.GONE

    @property
    def unread(self) -> bool:
        """Whether nothing is known of it."""
        return self is Pods.UNREAD

    @property
    def alive(self) -> bool:
        """Whether a pod of it is known to be ready."""
        return self in (Pods.READY, Pods.UNREADY, Pods.STALLED)

    @property
    def expired(self) -> bool:
        """Whether the workload itself says that it will not come up."""
        return self in (Pods.STALLED, Pods.STUCK)


class Revision(StrEnum):
    """The target's template, beside what the status knows."""

    SAME = "the run's"
    PROMOTED = "the promoted one"
    NEW = "neither"


class Route(StrEnum):
    """The route, beside what the status asks for."""

    AS_ASKED = "as asked"
    OTHER = "not as asked"
    GONE = "gone"
    UNREAD = "unread"

    @property
    def as_asked(self) -> bool:
        """Whether it sends the traffic where the status says."""
        return self is Route.AS_ASKED

    @property
    def other(self) -> bool:
        """Whether it sends the traffic elsewhere."""
        return self is Route.OTHER

    @property
    def unread(self) -> bool:
        """Whether nothing is known of it."""
        return self is Route.UNREAD


@dataclass(frozen=True, slots=True)
class Observation:
    """One look at one canary. Ages are claims: their moment has come (at it, or after it)."""

    accepted: bool  # the spec is one that Spillway runs, on the objects the status was made for
    wished: bool  # somebody asks to roll back, and means this run
    canary: Pods
    idle: bool  # the target is asked for no replicas, or is gone
    revision: Revision
    primary: Pods
    route: Route
    rerouted: bool  # it was written or deleted since the status knew it: traffic may have moved
    promoted_kept: bool  # a snapshot of the promoted revision was seen
    target_kept: bool  # and one of the target's template as it is
    unrecorded: bool  # a generation or a promotion that the status does not know
    verdict: VerdictKind
    due: bool  # the next tick
    drained: bool  # since the present weights were settled
    overdue: bool  # the awaited workload, since it was asked for
    outlasted: bool  # the wait, one interval
    overdrawn: bool  # the decision that the API server refuses to put in force


@dataclass(frozen=True, slots=True)
class Facts:
    """What a pass read and no rule judges: revisions to record, and words to tell."""

    generation: int  # of the Canary
    generations: Generations
    target_revision: str
    primary_revision: str  # of the primary as found, what Spillway changed undone; "" without one
    refusal: str = ""  # why the spec is not run
    waiting_for: str = ""  # the readiness that is missing, in Flagger's words
    wish: str = ""  # who asks to roll back, and why
    verdict: str = ""  # the failed check, in Flagger's words
    target_image: str = ""
    primary_image: str = ""
    promoted_image: str = ""  # of the promoted snapshot; where none was looked at, the primary's


@dataclass(frozen=True, slots=True)
class Situation:
    """What the rules judge and the acts work on: the spec, the memory, the look and the moment."""

    spec: CanarySpec
    status: Status
    seen: Observation
    facts: Facts
    now: datetime
    promotion_done: bool = False  # the kept promotion is carried out by this very pass
    late: bool = False  # more than a beat after the tick was due
