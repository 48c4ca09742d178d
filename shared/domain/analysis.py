"""What a canary is asked, and how an answer is judged."""

from dataclasses import dataclass
from enum import StrEnum


class MetricKind(StrEnum):
    """How a metric's value is had."""

    SUCCESS_RATE = "request-success-rate"
    DURATION = "request-duration"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class Metric:
    """One entry of spec.analysis.metrics. Success rates in percent, durations in milliseconds."""

    name: str
    kind: MetricKind
    interval: str = "1m"
    minimum: float | None = None
    maximum: float | None = None
    query: str | None = None
