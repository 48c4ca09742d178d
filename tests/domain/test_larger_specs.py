"""Specs larger than the walk's: every plan is walked to its end, upwards and then back."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.analysis import VerdictKind
from shared.domain.canary import AnalysisSpec, CanarySpec, ServiceSpec, Target
from shared.domain.machine import Phase
from shared.domain.plan import plan
from shared.domain.status import Status
from tests.domain.test_liveness import Release, World
from tests.domain.walk import NEW, NOW, OLD

_WEIGHTS = st.integers(1, 100)
_RISING = st.lists(_WEIGHTS, min_size=1, max_size=8, unique=True).map(sorted).map(tuple)


def _analysis(steps, promotion, threshold, drain):
    by_list = isinstance(steps, tuple) and len(steps) > 2
    return AnalysisSpec(
        interval=timedelta(seconds=10),
        threshold=threshold,
        step_weights=steps[2] if by_list else (),
        max_weight=steps[2][-1] if by_list else steps[1],
        step_weight=0 if by_list else steps[0],
        step_weight_promotion=promotion,
        drain=timedelta(seconds=drain),
    )


_ANALYSES = st.builds(
    _analysis,
    st.one_of(st.tuples(_WEIGHTS, _WEIGHTS), st.tuples(st.just(0), st.just(0), _RISING)),
    st.integers(0, 100),
    st.integers(1, 5),
    st.integers(0, 120),
)


def _begun(analysis):
    """A run that has just begun, and the weights it goes through."""
    spec = CanarySpec(Target("Deployment", "app"), ServiceSpec("app", port=80), analysis)
    status = Status(
        phase=Phase.PROGRESSING,
        revision=NEW,
        promoted=OLD,
        primary_revision=OLD,
        initialized=True,
        decision=1,
        decided_at=NOW,
        settled_at=NOW,
        weighed=1,
        weighed_at=NOW,
        next_tick=NOW,
    )
    return spec, status


def _weights(spec, status, release):
    world, seen = World(status, spec, release), [0]
    while world.status.phase not in (Phase.SUCCEEDED, Phase.FAILED):
        world.beat()
        if world.weight != seen[-1]:
            seen.append(world.weight)
    return world.status.phase, seen


@settings(max_examples=200, deadline=None)
@given(_ANALYSES)
def test_a_healthy_revision_takes_every_step_of_its_plan_and_goes_back(analysis):
    spec, status = _begun(analysis)

    phase, weights = _weights(spec, status, Release())

    steps = [step.weight for step in plan(analysis)]
    assert phase is Phase.SUCCEEDED
    assert weights[: len(steps) + 1] == [0, *steps]
    assert weights[-1] == 0
    assert all(later < sooner for sooner, later in pairwise(weights[len(steps) :]))


@settings(max_examples=100, deadline=None)
@given(_ANALYSES)
def test_a_failing_revision_never_gets_past_its_first_step(analysis):
    spec, status = _begun(analysis)

    phase, weights = _weights(spec, status, Release(verdict=VerdictKind.BREACHED))

    assert phase is Phase.FAILED
    assert weights == [0, plan(analysis)[0].weight, 0]
