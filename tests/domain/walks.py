"""The walks that the tests of the machine share, each done once."""

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace

from shared.domain.analysis import Metric, MetricKind
from shared.domain.canary import AnalysisSpec, CanarySpec, ServiceSpec, Target
from shared.domain.machine import Phase, Signal
from shared.domain.status import Status
from tests.domain.invariants import INVARIANTS
from tests.domain.walk import Edge, Some, walk

_METRIC = Metric("request-success-rate", MetricKind.SUCCESS_RATE, minimum=99.0)
_OVERSHOOT = AnalysisSpec(
    step_weight=30, max_weight=50, threshold=2, metrics=(_METRIC,), inconclusive_limit=1
)
_LISTED = AnalysisSpec(
    step_weights=(1, 50), step_weight_promotion=40, metrics=(_METRIC,), inconclusive_limit=1
)
_BARE = AnalysisSpec(step_weight=50, max_weight=50)


def _spec(analysis: AnalysisSpec) -> CanarySpec:
    return CanarySpec(Target("Deployment", "app"), ServiceSpec("app", port=80), analysis)


# Each walk is of one Canary whose spec is edited between these at any moment. The longest is first.
SPECS: dict[str, tuple[CanarySpec, ...]] = {
    "no metrics, one step, suspended and resumed": (
        _spec(_BARE),
        replace(_spec(_BARE), suspend=True),
    ),
    "stepWeight that overshoots, threshold 2": (_spec(_OVERSHOOT),),
    "stepWeights, stepWeightPromotion, threshold 1": (_spec(_LISTED),),
    "skipAnalysis": (replace(_spec(replace(_OVERSHOOT, threshold=1)), skip_analysis=True),),
}


@dataclass
class Found:
    """What one walk came to, small enough to travel between processes."""

    states: int = 0
    edges: int = 0
    statuses: frozenset[Status] = frozenset()
    cells: set[tuple[Phase, Signal]] = field(default_factory=set)
    broken: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)


def _walk(specs: tuple[CanarySpec, ...]) -> Found:
    found = Found()

    def visit(edge: Edge) -> None:
        for invariant in INVARIANTS:
            if not invariant(edge):
                found.broken[invariant.__name__] += 1
                found.examples.setdefault(invariant.__name__, _shown(edge))

    done = walk(specs, visit)
    found.states, found.edges, found.cells = len(done.states), done.edges, done.cells
    found.statuses = frozenset(done.states)
    return found


def _shown(edge: Edge) -> str:
    read = {
        name: "/".join(value.left) if isinstance(value, Some) else value
        for name, value in edge.look.read.items()
    }
    return f"{edge.status}\nread {read}\n-> {edge.decision}"


def walk_all() -> dict[str, Found]:
    """Each on a processor of its own."""
    with ProcessPoolExecutor() as pool:
        return dict(zip(SPECS, pool.map(_walk, SPECS.values()), strict=True))
