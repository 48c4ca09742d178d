"""Many questions as few queries: which PromQL is asked, and which question an answer is for.

Builtin metrics of up to 100 workloads are one query for each server, metric and interval. The
success rate is asked by response code and divided here: numerator and denominator are then of
one instant, and a workload that only ever answered 5xx has 0 %, not "no data" (specs §4.1 divides
in PromQL, where a numerator without series makes the quotient disappear).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import assert_never

from shared.domain.analysis import Answer, MetricKind, NoData, Question, Rejected, Unanswered, Value

_WORKLOADS = 100  # a query; the query travels in a URL
_NAMESPACE = "destination_workload_namespace"
_WORKLOAD = "destination_workload"
_CODE = "response_code"


@dataclass(frozen=True, slots=True)
class Query:
    """One instant query, and the questions that its result answers."""

    server: str
    text: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """One element of a result. A scalar is a sample without labels."""

    labels: Mapping[str, str]
    number: float


Result = tuple[Sample, ...] | Unanswered | Rejected


def plan(questions: Sequence[Question]) -> tuple[Query, ...]:
    """The fewest queries that answer all questions, the shared ones first."""
    shared: dict[tuple[str, MetricKind, str], list[Question]] = {}
    alone = []
    for question in dict.fromkeys(questions):
        if question.kind is MetricKind.QUERY:
            alone.append(Query(question.server, question.text, (question,)))
        else:
            key = question.server, question.kind, question.interval
            shared.setdefault(key, []).append(question)
    batches = [
        Query(server, _text(kind, interval, batch), batch)
        for (server, kind, interval), group in shared.items()
        for batch in _batches(group)
    ]
    return (*batches, *alone)


def halves(query: Query) -> tuple[Query, ...]:
    """The same questions as two queries; none where there is only one."""
    first, *others = query.questions
    if not others:
        return ()
    middle = len(query.questions) // 2
    return tuple(
        Query(query.server, _text(first.kind, first.interval, part), part)
        for part in (query.questions[:middle], query.questions[middle:])
    )


def answers(queries: Sequence[Query], results: Sequence[Result]) -> dict[Question, Answer]:
    """The answer to every question of these queries; the results are in the queries' order."""
    found: dict[Question, Answer] = {}
    for query, result in zip(queries, results, strict=True):
        if isinstance(result, Unanswered | Rejected):
            found.update(dict.fromkeys(query.questions, result))
        else:
            found.update(_shared_out(query.questions, result))
    return found


def _batches(questions: Sequence[Question]) -> list[tuple[Question, ...]]:
    """Sorted, so that a batch spans few namespaces: names × namespaces is what Prometheus reads."""
    ordered = sorted(questions, key=lambda question: (question.namespace, question.workload))
    starts = range(0, len(ordered), _WORKLOADS)
    return [tuple(ordered[start : start + _WORKLOADS]) for start in starts]


def _text(kind: MetricKind, interval: str, questions: Sequence[Question]) -> str:
    namespaces = _one_of(question.namespace for question in questions)
    workloads = _one_of(question.workload for question in questions)
    selector = (
        f'{{reporter="destination", {_NAMESPACE}=~{namespaces}, {_WORKLOAD}=~{workloads}}}'
        f"[{interval}]"
    )
    if kind is MetricKind.SUCCESS_RATE:
        by = f"{_NAMESPACE}, {_WORKLOAD}, {_CODE}"
        return f"sum by ({by}) (rate(istio_requests_total{selector}))"
    by = f"{_NAMESPACE}, {_WORKLOAD}, le"
    buckets = f"istio_request_duration_milliseconds_bucket{selector}"
    return f"histogram_quantile(0.99, sum by ({by}) (rate({buckets})))"


def _one_of(names: Iterable[str]) -> str:
    """A PromQL string: the regular expression that is each of these names (Prometheus anchors it).

    Names come from Canaries of many people: what is special to RE2 or to a string is escaped, so
    that none can reach out of its own name.
    """
    literal = (re.escape(name).replace(r"\-", "-") for name in sorted(set(names)))
    return json.dumps("|".join(literal), ensure_ascii=False)  # JSON's escapes are PromQL's too


def _shared_out(
    questions: Sequence[Question], samples: Sequence[Sample]
) -> Iterator[tuple[Question, Answer]]:
    of_workload: dict[tuple[str, str], list[Sample]] = {}
    for sample in samples:
        key = sample.labels.get(_NAMESPACE, ""), sample.labels.get(_WORKLOAD, "")
        of_workload.setdefault(key, []).append(sample)
    for question in questions:
        mine = of_workload.get((question.namespace, question.workload), ())
        match question.kind:
            case MetricKind.SUCCESS_RATE:
                yield question, _success_rate(mine)
            case MetricKind.DURATION:
                yield question, _only(mine)
            case MetricKind.QUERY:
                yield question, _only(samples)
            case _:
                assert_never(question.kind)


def _success_rate(samples: Sequence[Sample]) -> Answer:
    """Percent of the requests that were not answered 5xx; no data where there were no requests."""
    total = sum(sample.number for sample in samples)
    good = sum(
        sample.number for sample in samples if not sample.labels.get(_CODE, "").startswith("5")
    )
    return _value(good / total * 100) if total else NoData()


def _only(samples: Sequence[Sample]) -> Answer:
    """Flagger judges the last of several elements, whose order Prometheus leaves open: an accident
    (specs §10). A query that answers with several is refused here instead, in Flagger's words for
    the other shape that it cannot judge.
    """
    if len(samples) > 1:
        return Rejected("query returned multiple values")
    return _value(samples[0].number) if samples else NoData()


def _value(number: float) -> Answer:
    return NoData() if isnan(number) else Value(number)
