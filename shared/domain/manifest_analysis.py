"""spec.analysis, or canaryAnalysis as it was called: steps, thresholds and metrics."""

from datetime import timedelta

from shared.domain import durations, fields, query
from shared.domain.analysis import Metric, MetricKind
from shared.domain.canary import AnalysisSpec
from shared.domain.fields import Object

_SHORTEST_INTERVAL = timedelta(seconds=1)
_LONGEST_DRAIN = 86_400  # seconds

_KINDS = {
    "request-success-rate": MetricKind.SUCCESS_RATE,
    "request-duration": MetricKind.DURATION,
}
# Flagger's names before 0.14 (specs §1.9)
_LEGACY_KINDS = {
    "istio_requests_total": MetricKind.SUCCESS_RATE,
    "istio_request_duration_seconds_bucket": MetricKind.DURATION,
}


def read_analysis(canary: Object, key: str) -> AnalysisSpec:
    """The analysis at spec.<key>, with Flagger's defaults (specs §1.3)."""
    path = ("spec", key)
    threshold = max(fields.whole(canary, *path, "threshold"), 0) or 1
    step_weight, step_weights = _read_steps(canary, path)
    return AnalysisSpec(
        interval=_read_interval(canary, path),
        threshold=threshold,
        max_weight=_read_max_weight(canary, path),
        step_weight=step_weight,
        step_weights=step_weights,
        step_weight_promotion=min(_read_count(canary, *path, "stepWeightPromotion"), 100),
        primary_ready_threshold=_read_percent(canary, *path, "primaryReadyThreshold"),
        canary_ready_threshold=_read_percent(canary, *path, "canaryReadyThreshold"),
        metrics=_read_metrics(canary, path),
        drain=_read_drain(canary, path),
        inconclusive_limit=_read_count(canary, *path, "inconclusiveLimit", default=threshold),
    )


def _read_interval(canary: Object, path: tuple[str, ...]) -> timedelta:
    text = fields.text(canary, *path, "interval") or "60s"
    interval = durations.parse(text)
    if interval is None:
        raise fields.wrong((*path, "interval"), text, "a duration such as 30s")
    return max(interval, _SHORTEST_INTERVAL)


def _read_steps(canary: Object, path: tuple[str, ...]) -> tuple[int, tuple[int, ...]]:
    """Either an even step or the list of weights, never both: an even step wins (specs §1.3)."""
    weights = _read_weights(canary, path)
    even = min(fields.whole(canary, *path, "stepWeight"), 100)
    return (even, ()) if even > 0 else (0, tuple(dict.fromkeys(weights)))


def _read_max_weight(canary: Object, path: tuple[str, ...]) -> int:
    weights = _read_weights(canary, path)
    if weights:
        return weights[-1]
    weight = fields.whole(canary, *path, "maxWeight")
    if weight > 100:
        raise fields.wrong((*path, "maxWeight"), weight, "at most 100, or it is never reached")
    return weight if weight > 0 else 100


def _read_weights(canary: Object, path: tuple[str, ...]) -> tuple[int, ...]:
    """stepWeights, at most 100 each. Where they do not rise Flagger stands still, if below 100."""
    where = (*path, "stepWeights")
    found = fields.sequence(canary, *where)
    weights = tuple(
        fields.whole({".".join(where): {str(index): weight}}, ".".join(where), str(index))
        for index, weight in enumerate(found)
    )
    if any(weight <= before for before, weight in zip((0, *weights), weights, strict=False)):
        raise fields.wrong(where, list(weights), "weights that rise from above 0")
    return tuple(min(weight, 100) for weight in weights)


def _read_count(canary: Object, *path: str, default: int = 0) -> int:
    count = fields.whole(canary, *path, default=default)
    if count < 0:
        raise fields.wrong(path, count, "0 or more")
    return count


def _read_percent(canary: Object, *path: str) -> int:
    percent = fields.whole(canary, *path, default=100)
    if not 0 <= percent <= 100:
        raise fields.wrong(path, percent, "0 to 100 percent")
    return percent


def _read_drain(canary: Object, path: tuple[str, ...]) -> timedelta:
    seconds = fields.whole(canary, *path, "drainSeconds", default=10)
    if not 0 <= seconds <= _LONGEST_DRAIN:
        raise fields.wrong((*path, "drainSeconds"), seconds, f"0 to {_LONGEST_DRAIN} seconds")
    return timedelta(seconds=seconds)


def _read_metrics(canary: Object, path: tuple[str, ...]) -> tuple[Metric, ...]:
    where = ".".join((*path, "metrics"))
    return tuple(
        metric
        for index, item in enumerate(fields.objects(canary, *path, "metrics"))
        for metric in _read_metric(item, f"{where}.{index}")
    )


def _read_metric(item: Object, where: str) -> tuple[Metric, ...]:
    """One entry: a known name, a query, or both, of which Flagger asks both (specs §4.1)."""
    root = {where: item}
    name = fields.text(root, where, "name")
    text = _read_query(root, where)
    kind = _KINDS.get(name) or (None if text else _LEGACY_KINDS.get(name))
    if kind is None and not text:
        raise fields.wrong((where, "name"), name, f"a query, or one of {', '.join(_KINDS)}")
    interval = _read_range(root, where)
    asked = []
    if kind is not None:
        asked.append(Metric(kind.value, kind, interval, *_read_bounds(root, where, kind)))
    if text:
        bounds = _read_bounds(root, where, MetricKind.QUERY)
        asked.append(Metric(name, MetricKind.QUERY, interval, *bounds, text))
    return tuple(asked)


def _read_query(root: Object, where: str) -> str:
    text = fields.text(root, where, "query").strip()
    unknown = query.check(text)
    if unknown is not None:
        raise fields.wrong((where, "query"), unknown, "Flagger's template functions only")
    return text


def _read_range(root: Object, where: str) -> str:
    """The window of a metric's query; it becomes part of PromQL, so only a range may be there."""
    text = fields.text(root, where, "interval") or "1m"
    if not durations.is_range(text):
        raise fields.wrong((where, "interval"), text, "a range such as 1m")
    return text


def _read_bounds(root: Object, where: str, kind: MetricKind) -> tuple[float | None, float | None]:
    """The least and the greatest good value: the range, else Flagger's older single threshold."""
    if fields.at(root, where, "thresholdRange") is not None:
        fields.mapping(root, where, "thresholdRange")
        least = fields.number(root, where, "thresholdRange", "min")
        return least, fields.number(root, where, "thresholdRange", "max")
    threshold = fields.number(root, where, "threshold") or 0.0
    return (threshold, None) if kind is MetricKind.SUCCESS_RATE else (None, threshold)
