"""A canary in the middle of its life, settled and with all as asked; and changes to that."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.analysis import Metric, MetricKind, VerdictKind
from shared.domain.canary import AnalysisSpec, CanarySpec, ServiceSpec, Target
from shared.domain.decide import decide
from shared.domain.machine import Phase
from shared.domain.observation import Facts, Observation, Pods, Revision, Route, Situation
from shared.domain.status import Generations, Made, Status

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEAT = timedelta(seconds=5)
INTERVAL = timedelta(seconds=60)
OLD, RUN, NEW = "s1:old", "s1:run", "s1:new"
METRIC = Metric("request-success-rate", MetricKind.SUCCESS_RATE, minimum=99.0)
MADE = Made(Target("Deployment", "cart"), "cart", "istio")

_ANALYSIS: dict[str, Any] = {
    "interval": INTERVAL,
    "threshold": 2,
    "step_weight": 20,
    "max_weight": 50,
    "metrics": (METRIC,),
}
_STATUS: dict[Phase, dict[str, Any]] = {
    Phase.NEW: {},
    Phase.INITIALIZING: {"initialized": False, "next_tick": NOW},
    Phase.INITIALIZED: {"revision": OLD},
    Phase.PROGRESSING: {"weight": 20, "next_tick": NOW},
    Phase.PROMOTING: {"weight": 40, "next_tick": NOW, "primary_revision": RUN},
    Phase.FINALISING: {"next_tick": NOW, "primary_revision": RUN},
    Phase.SUCCEEDED: {"revision": OLD},
    Phase.FAILED: {},
}
_AT_REST = (Phase.INITIALIZED, Phase.SUCCEEDED, Phase.FAILED)


def a_spec(*, suspend=False, skip_analysis=False, **analysis) -> CanarySpec:
    """A spec with these fields of its analysis."""
    return CanarySpec(
        MADE.target,
        ServiceSpec(MADE.service, port=80),
        AnalysisSpec(**{**_ANALYSIS, **analysis}),
        suspend=suspend,
        skip_analysis=skip_analysis,
    )


def a_status(phase=Phase.PROGRESSING, **fields) -> Status:
    """A settled status in that phase; one that is new is empty."""
    if phase is Phase.NEW:
        return Status(**fields)
    settled = {
        "revision": RUN,
        "promoted": OLD,
        "primary_revision": OLD,
        "decision": 7,
        "decided_at": NOW,
        "settled_at": NOW,
        "made": MADE,
        "generation": 1,
        "generations": Generations(1, 1, 1),
        "target_revision": RUN,
        "initialized": True,
        "started_at": NOW,
        "weighed": 6,
        "weighed_at": NOW,
    }
    return Status(phase=phase, **{**settled, **_STATUS[phase], **fields})


def a_look(phase=Phase.PROGRESSING, **fields) -> Observation:
    """Everything is as the status of that phase asks for, and its next tick is due."""
    resting = phase in _AT_REST
    quiet = {
        "accepted": True,
        "wished": False,
        "canary": Pods.EMPTY if resting else Pods.READY,
        "idle": resting,
        "revision": Revision.SAME,
        "primary": Pods.READY,
        "route": Route.AS_ASKED,
        "rerouted": False,
        "promoted_kept": True,
        "target_kept": True,
        "unrecorded": False,
        "verdict": VerdictKind.PASSED,
        "due": True,
        "drained": True,
        "overdue": False,
        "outlasted": False,
        "overdrawn": False,
    }
    return Observation(**{**quiet, **fields})


def the_facts(**fields) -> Facts:
    """What a look at an untouched cluster reads."""
    read = {
        "generation": 1,
        "generations": Generations(1, 1, 1),
        "target_revision": RUN,
        "primary_revision": OLD,
        "waiting_for": "cart-primary.shop not ready: why",
        "wish": "errors (alice)",
        "verdict": "Halt cart.shop advancement success rate 50.00% < 99%",
        "target_image": "cart:2",
        "primary_image": "cart:1",
        "promoted_image": "cart:1",
    }
    return Facts(**{**read, **fields})


def a_situation(
    phase=Phase.PROGRESSING, *, status=None, spec=None, facts=None, late=False, **look
) -> Situation:
    """That phase, with these fields of the status and these of the look."""
    return Situation(
        spec or a_spec(),
        a_status(phase, **(status or {})),
        a_look(phase, **look),
        the_facts(**(facts or {})),
        NOW,
        late=late,
    )


def after(phase: Phase, status: Any = None, spec: Any = None, **situation: Any) -> Status:
    """The status that is saved of such a situation."""
    return decide(a_situation(phase, status=status, spec=spec, **situation)).status


def told(status: Status) -> list[tuple[str, ...]]:
    """What its outbox holds: kinds and arguments."""
    return [(str(note.kind), *note.arguments) for note in status.outbox]
