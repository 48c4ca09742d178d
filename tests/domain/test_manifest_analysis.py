"""spec.analysis: steps, thresholds and metrics, as Flagger means them."""

from datetime import timedelta

import pytest

from shared.domain.analysis import Metric, MetricKind
from shared.domain.canary import AnalysisSpec, CanarySpec, Refusal
from shared.domain.fields import Json, Object
from shared.domain.manifest import parse
from tests.domain.canaries import analysing, measuring


def read(**analysis: Json) -> AnalysisSpec:
    """The analysis of a Canary that is expected to be run."""
    spec = parse(analysing(**analysis))
    assert isinstance(spec, CanarySpec), str(spec)
    return spec.analysis


@pytest.mark.parametrize(
    ("analysis", "attribute", "value"),
    [
        pytest.param({"interval": "1m30s"}, "interval", timedelta(seconds=90), id="an interval"),
        pytest.param({"interval": ""}, "interval", timedelta(seconds=60), id="an empty interval"),
        pytest.param({"interval": "1s"}, "interval", timedelta(seconds=1), id="the floor"),
        pytest.param({"interval": "999ms"}, "interval", timedelta(seconds=1), id="below the floor"),
        pytest.param({"threshold": 5}, "threshold", 5, id="a threshold"),
        pytest.param({"threshold": 0}, "threshold", 1, id="threshold 0"),
        pytest.param({"threshold": -1}, "threshold", 1, id="a negative threshold"),
        pytest.param({"threshold": 5}, "inconclusive_limit", 5, id="the limit is the threshold"),
        pytest.param({"inconclusiveLimit": 0}, "inconclusive_limit", 0, id="no patience"),
        pytest.param({"drainSeconds": 0}, "drain", timedelta(), id="no drain"),
        pytest.param({"drainSeconds": 30}, "drain", timedelta(seconds=30), id="a drain"),
        pytest.param({"maxWeight": 50}, "max_weight", 50, id="a greatest weight"),
        pytest.param({"maxWeight": 0}, "max_weight", 100, id="greatest weight 0"),
        pytest.param({"maxWeight": -1}, "max_weight", 100, id="a negative greatest weight"),
        pytest.param({"stepWeight": 25}, "step_weight", 25, id="a step"),
        pytest.param({"stepWeight": 250}, "step_weight", 100, id="a step beyond all traffic"),
        pytest.param({"stepWeightPromotion": 40}, "step_weight_promotion", 40, id="steps back"),
        pytest.param({"stepWeightPromotion": 400}, "step_weight_promotion", 100, id="all at once"),
        pytest.param({"primaryReadyThreshold": 0}, "primary_ready_threshold", 0, id="0 percent"),
        pytest.param({"canaryReadyThreshold": 75}, "canary_ready_threshold", 75, id="75 percent"),
        pytest.param({"metrics": None}, "metrics", (), id="no metrics"),
    ],
)
def test_an_analysis_is_read_with_flaggers_defaults(
    analysis: dict[str, Json], attribute: str, value: object
):
    assert getattr(read(**analysis), attribute) == value


@pytest.mark.parametrize(
    ("step", "weights", "expected"),
    [
        pytest.param(None, [1, 10, 50], (0, (1, 10, 50), 50), id="a list"),
        pytest.param(0, [1, 10, 50], (0, (1, 10, 50), 50), id="a list and step 0"),
        pytest.param(-5, [1, 10, 50], (0, (1, 10, 50), 50), id="a list and a negative step"),
        pytest.param(20, [1, 10, 50], (20, (), 50), id="an even step up to the end of the list"),
        pytest.param(None, [50, 150, 200], (0, (50, 100), 100), id="a list beyond all traffic"),
    ],
)
def test_an_even_step_wins_over_a_list_whose_last_weight_wins_over_max_weight(
    step: int | None, weights: list[Json], expected: tuple[int, tuple[int, ...], int]
):
    analysis = read(stepWeight=step, stepWeights=weights, maxWeight=70)

    assert (analysis.step_weight, analysis.step_weights, analysis.max_weight) == expected


@pytest.mark.parametrize(
    ("analysis", "path"),
    [
        pytest.param({"interval": "soon"}, "interval", id="no duration"),
        pytest.param({"interval": 30}, "interval", id="a number for a duration"),
        pytest.param({"threshold": 1.5}, "threshold", id="half a check"),
        pytest.param({"maxWeight": 101}, "maxWeight", id="a weight never reached"),
        pytest.param({"stepWeight": "10"}, "stepWeight", id="a string for a step"),
        pytest.param({"stepWeight": 0}, "stepWeight", id="a canary without traffic"),
        pytest.param({"stepWeight": -10}, "stepWeight", id="a negative step"),
        pytest.param({"stepWeights": 10}, "stepWeights", id="a number for a list"),
        pytest.param({"stepWeights": [10, "x"]}, "stepWeights.1", id="a string for a weight"),
        pytest.param({"stepWeights": [0, 10]}, "stepWeights", id="a first step of 0"),
        pytest.param({"stepWeights": [10, 10, 50]}, "stepWeights", id="a step that stands still"),
        pytest.param({"stepWeights": [50, 10]}, "stepWeights", id="a step down"),
        pytest.param({"stepWeightPromotion": -1}, "stepWeightPromotion", id="a step away"),
        pytest.param({"primaryReadyThreshold": 101}, "primaryReadyThreshold", id="101 percent"),
        pytest.param({"canaryReadyThreshold": -1}, "canaryReadyThreshold", id="-1 percent"),
        pytest.param({"drainSeconds": -1}, "drainSeconds", id="a negative drain"),
        pytest.param({"drainSeconds": 86_401}, "drainSeconds", id="more than a day"),
        pytest.param({"inconclusiveLimit": -1}, "inconclusiveLimit", id="a negative limit"),
        pytest.param({"metrics": "x"}, "metrics", id="a string for metrics"),
        pytest.param({"metrics": ["x"]}, "metrics.0", id="a string for a metric"),
    ],
)
def test_an_analysis_that_makes_no_sense_is_refused_by_path(analysis: dict[str, Json], path: str):
    refusal = parse(analysing(**analysis))

    assert isinstance(refusal, Refusal)
    assert refusal.path == f"spec.analysis.{path}"


SUCCESS, DURATION, QUERY = MetricKind.SUCCESS_RATE, MetricKind.DURATION, MetricKind.QUERY


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        pytest.param(
            {"name": "request-success-rate", "thresholdRange": {"min": 99}},
            Metric("request-success-rate", SUCCESS, "1m", 99.0),
            id="success rate with a range",
        ),
        pytest.param(
            {"name": "request-success-rate", "threshold": 99, "interval": "30s"},
            Metric("request-success-rate", SUCCESS, "30s", 99.0),
            id="success rate with a threshold is a minimum",
        ),
        pytest.param(
            {"name": "request-success-rate"},
            Metric("request-success-rate", SUCCESS, "1m", 0.0),
            id="success rate without a threshold",
        ),
        pytest.param(
            {"name": "request-duration", "threshold": 500},
            Metric("request-duration", DURATION, "1m", None, 500.0),
            id="duration with a threshold is a maximum",
        ),
        pytest.param(
            {"name": "request-duration", "thresholdRange": {"max": 0.5}, "threshold": 500},
            Metric("request-duration", DURATION, "1m", None, 0.5),
            id="a range wins over a threshold",
        ),
        pytest.param(
            {"name": "errors", "query": "sum(errors)"},
            Metric("errors", QUERY, "1m", None, 0.0, "sum(errors)"),
            id="a query without a threshold allows nothing above 0",
        ),
        pytest.param(
            {"name": "errors", "query": " x{a='{{ target }}'}\n", "thresholdRange": {}},
            Metric("errors", QUERY, "1m", query="x{a='{{ target }}'}"),
            id="a query with an empty range allows everything",
        ),
        pytest.param(
            {"name": "istio_requests_total", "threshold": 99, "query": " "},
            Metric("request-success-rate", SUCCESS, "1m", 99.0),
            id="success rate by its old name",
        ),
        pytest.param(
            {"name": "istio_request_duration_seconds_bucket", "threshold": 500},
            Metric("request-duration", DURATION, "1m", None, 500.0),
            id="duration by its old name",
        ),
        pytest.param(
            {"name": "istio_requests_total", "query": "up", "threshold": 1},
            Metric("istio_requests_total", QUERY, "1m", None, 1.0, "up"),
            id="an old name with a query of its own",
        ),
    ],
)
def test_a_metric_is_read_as_flagger_reads_it(metric: Object, expected: Metric):
    assert read(metrics=[metric]).metrics == (expected,)


def test_a_known_name_with_a_query_asks_both():
    metric: Object = {"name": "request-success-rate", "query": "up", "threshold": 1}

    assert read(metrics=[metric]).metrics == (
        Metric("request-success-rate", SUCCESS, "1m", 1.0),
        Metric("request-success-rate", QUERY, "1m", None, 1.0, "up"),
    )


@pytest.mark.parametrize(
    ("metric", "path"),
    [
        pytest.param({}, "name", id="no name"),
        pytest.param({"name": "latency"}, "name", id="a name that means nothing"),
        pytest.param({"name": 5}, "name", id="a number for a name"),
        pytest.param({"name": "x", "query": 5}, "query", id="a number for a query"),
        pytest.param({"name": "x", "query": "{{ env }}"}, "query", id="an unknown function"),
        pytest.param({"name": "x", "query": "up", "interval": "1.5m"}, "interval", id="no range"),
        pytest.param(
            {"name": "x", "query": "up", "interval": "1m]) or vector(1"},
            "interval",
            id="a range that would end the query",
        ),
        pytest.param({"name": "x", "query": "up", "threshold": "1"}, "threshold", id="a string"),
        pytest.param(
            {"name": "x", "query": "up", "thresholdRange": 5},
            "thresholdRange",
            id="no range object",
        ),
        pytest.param(
            {"name": "x", "query": "up", "thresholdRange": {"min": float("nan")}},
            "thresholdRange.min",
            id="not a number",
        ),
        pytest.param(
            {"name": "x", "query": "up", "thresholdRange": {"max": 10**400}},
            "thresholdRange.max",
            id="a number too large",
        ),
    ],
)
def test_a_metric_that_cannot_be_asked_is_refused_by_path(metric: dict[str, Json], path: str):
    refusal = parse(measuring(**metric))

    assert isinstance(refusal, Refusal)
    assert refusal.path == f"spec.analysis.metrics.0.{path}"


def test_a_template_function_that_is_unknown_is_named():
    refusal = parse(measuring(name="x", query="up{env='{{ env }}'}"))

    assert str(refusal) == (
        "spec.analysis.metrics.0.query: wanted Flagger's template functions only, found '{{ env }}'"
    )
