"""Plans: which weights a run goes through, up and back."""

import pytest

from shared.domain.canary import AnalysisSpec, ServiceSpec
from shared.domain.plan import next_step, plan, shares, weight_after_promotion
from shared.domain.routes import Share


def weights(**analysis):
    return [step.weight for step in plan(AnalysisSpec(**analysis))]


@pytest.mark.parametrize(
    ("analysis", "expected"),
    [
        pytest.param({"step_weight": 10, "max_weight": 50}, [10, 20, 30, 40, 50], id="even"),
        pytest.param({"step_weight": 20, "max_weight": 50}, [20, 40, 60], id="overshoot"),
        pytest.param({"step_weight": 60, "max_weight": 50}, [60], id="one-step"),
        pytest.param({"step_weight": 30, "max_weight": 100}, [30, 60, 90, 100], id="never-above"),
        pytest.param({"step_weight": 50, "max_weight": 250}, [50, 100], id="max-above-all"),
        pytest.param({"step_weights": (1, 5, 80)}, [1, 5, 80], id="listed"),
        pytest.param({"step_weights": (1, 150)}, [1, 100], id="listed-above-all"),
        pytest.param({"step_weights": (1, 5), "step_weight": 50}, [50, 100], id="stepWeight-wins"),
        pytest.param({}, [], id="none"),
    ],
)
def test_a_plan_rises_by_its_steps_and_never_above_all(analysis, expected):
    assert weights(**analysis) == expected


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        pytest.param(0, 20, id="first"),
        pytest.param(20, 40, id="next"),
        pytest.param(25, 40, id="between-steps-of-an-edited-plan"),
        pytest.param(49, 60, id="below-the-maximum"),
        pytest.param(50, None, id="at-the-maximum"),
        pytest.param(60, None, id="above-the-maximum"),
    ],
)
def test_a_run_goes_on_from_the_weight_it_has(weight, expected):
    step = next_step(AnalysisSpec(step_weight=20, max_weight=50), weight)

    assert (step.weight if step else None) == expected


def test_a_plan_without_steps_is_at_its_end():
    assert next_step(AnalysisSpec(), 0) is None


@pytest.mark.parametrize(
    ("by", "weight", "expected"),
    [
        pytest.param(0, 60, 0, id="at-once"),
        pytest.param(25, 60, 35, id="step"),
        pytest.param(25, 25, 0, id="last-step"),
        pytest.param(25, 10, 0, id="never-below-none"),
    ],
)
def test_the_way_back_to_the_primary_goes_by_its_own_steps(by, weight, expected):
    assert weight_after_promotion(AnalysisSpec(step_weight_promotion=by), weight) == expected


@pytest.mark.parametrize("weight", [0, 1, 37, 100])
def test_the_shares_are_a_hundred_in_all(weight):
    assert shares(ServiceSpec("cart", port=80), weight) == (
        Share("cart-primary", 100 - weight),
        Share("cart-canary", weight),
    )
