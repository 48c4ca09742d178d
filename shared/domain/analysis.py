"""What a canary is asked, and how an answer is judged."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from shared.domain import go_format, query
from shared.domain.fields import quoted


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


@dataclass(frozen=True, slots=True)
class Question:
    """What one metric needs to know. Equal questions have equal answers, whoever asks them: that of
    an inline query is its rendered `text` and nothing else, a builtin one has no text.
    """

    server: str
    kind: MetricKind
    interval: str = ""
    namespace: str = ""
    workload: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """A number: percent, milliseconds, or whatever an inline query counts. Never NaN."""

    number: float


@dataclass(frozen=True, slots=True)
class NoData:
    """The server answered that it has no value: a failed check, as in Flagger."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The server is down, slow or talks nonsense: says nothing about the canary (I7)."""

    why: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The question is wrong for good, as with a query that does not parse: a failed check (I7)."""

    why: str


Answer = Value | NoData | Unanswered | Rejected


class VerdictKind(StrEnum):
    """What the answers of one pass come to."""

    PASSED = "passed"
    BREACHED = "breached"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one pass. `message` is Flagger's event text; empty when all passed."""

    kind: VerdictKind
    message: str = ""


def questions(
    metrics: Sequence[Metric],
    *,
    server: str,
    canary: str,
    namespace: str,
    target: str,
    service: str,
) -> tuple[Question, ...]:
    """The question of each metric, in their order."""
    names = {
        "name": canary,
        "namespace": namespace,
        "target": target,
        "service": service,
        "ingress": target,  # as Flagger has it where there is no ingressRef
        "route": target,  # likewise, no routeRef
    }
    return tuple(
        Question(server, metric.kind, text=_rendered(metric, names))
        if metric.kind is MetricKind.QUERY
        else Question(server, metric.kind, metric.interval, namespace, target)
        for metric in metrics
    )


def judge(
    metrics: Sequence[Metric],
    asked: Sequence[Question],
    answers: Mapping[Question, Answer],
    *,
    canary: str,
    namespace: str,
    target: str,
    provider: str,
) -> Verdict:
    """A breach beats inconclusive (I7); of several, the first metric in the list speaks.

    `asked` are the questions of these metrics; one without an answer counts as unanswered.
    """
    subject = _Subject(f"{canary}.{namespace}", f"{target}.{namespace}", provider)
    verdicts = [
        _verdict(metric, answers.get(question, _NEVER_ASKED), subject)
        for metric, question in zip(metrics, asked, strict=True)
    ]
    for kind in (VerdictKind.BREACHED, VerdictKind.INCONCLUSIVE):
        for verdict in verdicts:
            if verdict.kind is kind:
                return verdict
    return Verdict(VerdictKind.PASSED)


@dataclass(frozen=True, slots=True)
class _Subject:
    """Who the messages are about, as Flagger names them."""

    canary: str
    workload: str
    provider: str


_NEVER_ASKED = Unanswered("not asked")


def _rendered(metric: Metric, names: dict[str, str]) -> str:
    return query.render(metric.query or "", {**names, "interval": metric.interval})


def _verdict(metric: Metric, answer: Answer, subject: _Subject) -> Verdict:
    match answer:
        case Value(number):
            message = _breach(metric, number, subject)
            return Verdict(VerdictKind.BREACHED if message else VerdictKind.PASSED, message)
        case NoData():
            return Verdict(VerdictKind.BREACHED, _no_data(metric, subject))
        case Rejected(why):
            return Verdict(VerdictKind.BREACHED, _failed(metric, why))
        case Unanswered(why):
            return Verdict(VerdictKind.INCONCLUSIVE, _failed(metric, why))
        case _:
            assert_never(answer)


def _breach(metric: Metric, number: float, subject: _Subject) -> str:
    """Which bound was missed; empty where none was. The bounds themselves are good values."""
    if metric.minimum is not None and number < metric.minimum:
        return f"Halt {subject.canary} advancement {_compared(metric, number, '<', metric.minimum)}"
    if metric.maximum is not None and number > metric.maximum:
        return f"Halt {subject.canary} advancement {_compared(metric, number, '>', metric.maximum)}"
    return ""


def _compared(metric: Metric, number: float, sign: str, bound: float) -> str:
    match metric.kind:
        case MetricKind.SUCCESS_RATE:
            shown = go_format.hundredths(number)
            return f"success rate {shown}% {sign} {go_format.number(bound)}%"
        case MetricKind.DURATION:
            return "request duration " + _durations(number, sign, bound)
        case MetricKind.QUERY:
            shown = go_format.hundredths(number)
            return f"{quoted(metric.name)} {shown} {sign} {go_format.number(bound)}"
        case _:
            assert_never(metric.kind)


def _durations(number: float, sign: str, bound: float) -> str:
    """In whole milliseconds, as Flagger says it; exactly, where Flagger would see no difference."""
    whole, exact = _whole_milliseconds, go_format.duration
    show = whole if whole(number) != whole(bound) else exact
    return f"{show(number)} {sign} {show(bound)}"


def _whole_milliseconds(number: float) -> str:
    return go_format.duration(math.trunc(number) if math.isfinite(number) else number)


def _no_data(metric: Metric, subject: _Subject) -> str:
    halted = "Halt advancement no values found for"
    if metric.kind is MetricKind.QUERY:
        return f"{halted} metric: {quoted(metric.name)}"
    idle = f"probably {subject.workload} is not receiving traffic"
    cause = ": running query failed: no values found"
    tail = cause if metric.kind is MetricKind.SUCCESS_RATE else ""
    return f"{halted} {subject.provider} metric {metric.kind} {idle}{tail}"


def _failed(metric: Metric, why: str) -> str:
    if metric.kind is MetricKind.QUERY:
        return f"Prometheus query failed for {quoted(metric.name)}: {why}"
    return f"Prometheus query failed: running query failed: {why}"
