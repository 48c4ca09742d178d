"""Which queries many questions become, and which answer each question gets back."""

import math

import pytest

from shared.domain import promql
from shared.domain.analysis import MetricKind, NoData, Question, Rejected, Unanswered, Value
from shared.domain.promql import Query, Sample

SERVER = "http://prometheus:9090"


def rate(workload, namespace="shop", *, interval="1m", server=SERVER):
    return Question(server, MetricKind.SUCCESS_RATE, interval, namespace, workload)


def slowness(workload, namespace="shop", *, interval="1m", server=SERVER):
    return Question(server, MetricKind.DURATION, interval, namespace, workload)


def inline(text, *, server=SERVER):
    return Question(server, MetricKind.QUERY, text=text)


def sample(number, workload="cart", namespace="shop", **labels):
    place = {"destination_workload": workload, "destination_workload_namespace": namespace}
    return Sample(place | labels, number)


def answer_of(question, *samples):
    queries = promql.plan([question])
    return promql.answers(queries, [samples])[question]


def test_success_rates_of_many_workloads_are_one_query():
    queries = promql.plan([rate("web"), rate("cart"), rate("cart", "test")])

    assert queries == (
        Query(
            SERVER,
            "sum by (destination_workload_namespace, destination_workload, response_code) "
            '(rate(istio_requests_total{reporter="destination", '
            'destination_workload_namespace=~"shop|test", destination_workload=~"cart|web"}[1m]))',
            (rate("cart"), rate("web"), rate("cart", "test")),
        ),
    )


def test_durations_of_many_workloads_are_one_query():
    (query,) = promql.plan([slowness("web"), slowness("cart")])

    assert query.text == (
        "histogram_quantile(0.99, "
        "sum by (destination_workload_namespace, destination_workload, le) "
        '(rate(istio_request_duration_milliseconds_bucket{reporter="destination", '
        'destination_workload_namespace=~"shop", destination_workload=~"cart|web"}[1m])))'
    )


def test_another_server_metric_or_interval_is_another_query():
    questions = [
        rate("cart"),
        rate("cart", server="http://other:9090"),
        rate("cart", interval="30s"),
        slowness("cart"),
    ]

    assert len(promql.plan(questions)) == 4


@pytest.mark.parametrize(("workloads", "queries"), [(0, 0), (1, 1), (100, 1), (101, 2), (1000, 10)])
def test_a_query_names_at_most_a_hundred_workloads(workloads, queries):
    planned = promql.plan([rate(f"app-{index}") for index in range(workloads)])

    assert len(planned) == queries
    assert all(len(query.questions) <= 100 for query in planned)


@pytest.mark.parametrize("ask", [rate, slowness])
def test_a_query_in_halves_asks_what_those_workloads_alone_would_be_asked_with(ask):
    (query,) = promql.plan([ask("cart"), ask("till"), ask("web", "test")])

    assert promql.halves(query) == (
        *promql.plan([ask("cart")]),
        *promql.plan([ask("till"), ask("web", "test")]),
    )


@pytest.mark.parametrize("question", [rate("cart"), inline("up")])
def test_what_is_asked_for_one_question_has_no_halves(question):
    (query,) = promql.plan([question])

    assert promql.halves(query) == ()


def test_equal_questions_are_asked_once():
    planned = promql.plan([rate("cart"), inline("up"), rate("cart"), inline("up")])

    assert [query.questions for query in planned] == [(rate("cart"),), (inline("up"),)]


def test_an_inline_query_is_asked_as_it_is():
    assert promql.plan([inline("sum(up)")]) == (Query(SERVER, "sum(up)", (inline("sum(up)"),)),)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        pytest.param("a-b", '"a-b"', id="a-dash-is-plain"),
        pytest.param("a.b", r'"a\\.b"', id="a-dot-is-a-dot"),
        pytest.param('a"} or up{x="', r'"a\"\\}\\ or\\ up\\{x=\""', id="no-way-out-of-the-string"),
        pytest.param("a|.*", r'"a\\|\\.\\*"', id="no-way-out-of-the-name"),
        pytest.param("a\n\\", r'"a\\\n\\\\"', id="no-line-break"),
    ],
)
def test_a_name_is_matched_as_it_is_written(name, written):
    (query,) = promql.plan([rate(name)])

    assert f"destination_workload=~{written}}}" in query.text


def test_every_workload_gets_its_own_namespaces_answer():
    questions = [slowness("cart"), slowness("cart", "test"), slowness("web")]
    result = (sample(5, "cart"), sample(7, "cart", "test"), sample(9, "web", "test"))

    answers = promql.answers(promql.plan(questions), [result])

    assert answers == {
        slowness("cart"): Value(5),
        slowness("cart", "test"): Value(7),
        slowness("web"): NoData(),
    }


@pytest.mark.parametrize(
    ("by_code", "answer"),
    [
        pytest.param({"200": 3, "404": 1}, Value(100), id="4xx-is-a-success"),
        pytest.param({"200": 3, "503": 1}, Value(75), id="5xx-is-none"),
        pytest.param({"500": 3, "503": 1}, Value(0), id="all-5xx-is-zero"),
        pytest.param({"200": 0, "503": 2}, Value(0), id="the-good-ones-have-stopped"),
        pytest.param({}, NoData(), id="no-series"),
        pytest.param({"200": 0, "500": 0}, NoData(), id="no-traffic"),
        pytest.param({"500": 0}, NoData(), id="no-traffic-and-only-5xx-before"),
        pytest.param({"": 1, "0": 1, "504": 2}, Value(50), id="no-code-is-no-5xx"),
        pytest.param({"200": math.nan}, NoData(), id="not-a-number"),
    ],
)
def test_the_success_rate_is_the_share_without_5xx(by_code, answer):
    samples = [sample(number, response_code=code) for code, number in by_code.items()]

    assert answer_of(rate("cart"), *samples) == answer


@pytest.mark.parametrize(
    ("samples", "answer"),
    [
        pytest.param([Sample({}, 3)], Value(3), id="one"),
        pytest.param([Sample({"app": "x"}, math.inf)], Value(math.inf), id="infinite"),
        pytest.param([], NoData(), id="none"),
        pytest.param([Sample({}, math.nan)], NoData(), id="not-a-number"),
        pytest.param(
            [Sample({"a": "1"}, 1), Sample({"a": "2"}, 1)],
            Rejected("query returned multiple values"),
            id="several",
        ),
    ],
)
def test_an_inline_query_has_one_value(samples, answer):
    assert answer_of(inline("up"), *samples) == answer


@pytest.mark.parametrize("failure", [Unanswered("down"), Rejected("parse error")])
def test_a_failed_query_fails_all_its_questions_and_no_other(failure):
    queries = promql.plan([rate("cart"), rate("web"), slowness("cart")])

    answers = promql.answers(queries, [failure, (sample(5),)])

    assert answers == {rate("cart"): failure, rate("web"): failure, slowness("cart"): Value(5)}
