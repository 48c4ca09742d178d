"""A strategy is a plan: the steps of traffic that lead to a promotion, and those that follow it."""

from dataclasses import dataclass

from shared.domain.canary import AnalysisSpec, ServiceSpec
from shared.domain.routes import Share

_ALL = 100


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the canary's weight in percent, and whether metrics are judged before the next."""

    weight: int
    checked: bool = True


def plan(analysis: AnalysisSpec) -> tuple[Step, ...]:
    """The steps of a run, rising. Flagger's: step 20 up to 50 is 20, 40, 60."""
    if analysis.step_weight <= 0:
        return tuple(Step(min(weight, _ALL)) for weight in analysis.step_weights)
    top = min(analysis.max_weight, _ALL)
    count = -(-top // analysis.step_weight)
    return tuple(Step(min(analysis.step_weight * n, _ALL)) for n in range(1, count + 1))


def next_step(analysis: AnalysisSpec, weight: int) -> Step | None:
    """The step that follows a weight; None where the plan is at its end.

    A plan that was edited in mid-run goes on from the weight the canary has.
    """
    if weight >= analysis.max_weight:
        return None
    return next((step for step in plan(analysis) if step.weight > weight), None)


def weight_after_promotion(analysis: AnalysisSpec, weight: int) -> int:
    """The canary's next weight on the way back to the primary."""
    if analysis.step_weight_promotion <= 0:
        return 0
    return max(0, weight - analysis.step_weight_promotion)


def shares(service: ServiceSpec, weight: int) -> tuple[Share, ...]:
    """Who gets how much of the traffic, in the order of the route."""
    return (Share(service.primary_name, _ALL - weight), Share(service.canary_name, weight))
