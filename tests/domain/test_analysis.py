"""What is asked for each metric, and the verdict with Flagger's words."""

import math

import pytest

from shared.domain import analysis
from shared.domain.analysis import (
    Metric,
    MetricKind,
    NoData,
    Question,
    Rejected,
    Unanswered,
    Value,
    Verdict,
    VerdictKind,
)

SERVER = "http://prometheus:9090"
SUCCESS = Metric("request-success-rate", MetricKind.SUCCESS_RATE, "1m", minimum=99)
DURATION = Metric("request-duration", MetricKind.DURATION, "30s", maximum=500)
LOST = Metric("lost carts", MetricKind.QUERY, "5m", maximum=2.5, query="lost{app='{{ target }}'}")


def ask(*metrics):
    return analysis.questions(
        metrics, server=SERVER, canary="app", namespace="shop", target="cart", service="cart-svc"
    )


def verdict_of(*pairs):
    metrics = [metric for metric, _ in pairs]
    asked = ask(*metrics)
    answers = {question: answer for question, (_, answer) in zip(asked, pairs, strict=True)}
    return analysis.judge(
        metrics, asked, answers, canary="app", namespace="shop", target="cart", provider="istio"
    )


def test_each_metric_asks_one_question_in_the_order_of_the_list():
    assert ask(DURATION, LOST, SUCCESS) == (
        Question(SERVER, MetricKind.DURATION, "30s", "shop", "cart"),
        Question(SERVER, MetricKind.QUERY, text="lost{app='cart'}"),
        Question(SERVER, MetricKind.SUCCESS_RATE, "1m", "shop", "cart"),
    )


def test_an_inline_query_knows_its_canary():
    functions = ("name", "namespace", "target", "service", "ingress", "route", "interval")
    text = " ".join(f"{{{{ {function} }}}}" for function in functions)

    (question,) = ask(Metric("all", MetricKind.QUERY, "5m", query=text))

    assert question.text == "app shop cart cart-svc cart cart 5m"


def test_inline_queries_that_read_the_same_are_the_same_question():
    one = Metric("one", MetricKind.QUERY, "1m", query="sum(lost)")
    other = Metric("other", MetricKind.QUERY, "5m", query="sum(lost)")

    assert len(set(ask(one, other))) == 1


PASSED = Verdict(VerdictKind.PASSED)


def halt(text):
    return Verdict(VerdictKind.BREACHED, f"Halt app.shop advancement {text}")


@pytest.mark.parametrize(
    ("metric", "number", "verdict"),
    [
        (SUCCESS, 99.0, PASSED),
        (SUCCESS, 100.0, PASSED),
        (SUCCESS, 98.994, halt("success rate 98.99% < 99%")),
        (SUCCESS, 98.999, halt("success rate 99.00% < 99%")),
        (SUCCESS, 0.0, halt("success rate 0.00% < 99%")),
        (DURATION, 500.0, PASSED),
        (DURATION, 1200.0, halt("request duration 1.2s > 500ms")),
        (DURATION, 600.3, halt("request duration 600ms > 500ms")),
        (DURATION, 500.7, halt("request duration 500.7ms > 500ms")),
        (DURATION, math.inf, halt("request duration +Inf > 500ms")),
        (LOST, 2.5, PASSED),
        (LOST, -math.inf, PASSED),
        (LOST, 2.51, halt("lost carts 2.51 > 2.5")),
        (LOST, math.inf, halt("lost carts +Inf > 2.5")),
    ],
)
def test_a_bound_is_a_good_value_and_past_it_is_a_breach(metric, number, verdict):
    assert verdict_of((metric, Value(number))) == verdict


def between(kind, minimum, maximum):
    return Metric("stock", kind, minimum=minimum, maximum=maximum, query="stock")


@pytest.mark.parametrize(
    ("metric", "number", "verdict"),
    [
        (between(MetricKind.SUCCESS_RATE, 10, 90.5), 5.0, halt("success rate 5.00% < 10%")),
        (between(MetricKind.SUCCESS_RATE, 10, 90.5), 91.0, halt("success rate 91.00% > 90.5%")),
        (between(MetricKind.DURATION, 20, 90), 5.0, halt("request duration 5ms < 20ms")),
        (between(MetricKind.DURATION, 0.5, 90), 0.25, halt("request duration 250µs < 500µs")),
        (between(MetricKind.DURATION, 20, 90), 90.0, PASSED),
        (between(MetricKind.DURATION, 20, 90), 20.0, PASSED),
        (between(MetricKind.QUERY, 1e6, None), 5.0, halt("stock 5.00 < 1e+06")),
        (between(MetricKind.QUERY, None, None), 5.0, PASSED),
    ],
)
def test_a_range_holds_on_both_sides(metric, number, verdict):
    assert verdict_of((metric, Value(number))) == verdict


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        pytest.param(
            SUCCESS,
            "Halt advancement no values found for istio metric request-success-rate probably "
            "cart.shop is not receiving traffic: running query failed: no values found",
            id="success-rate",
        ),
        pytest.param(
            DURATION,
            "Halt advancement no values found for istio metric request-duration probably "
            "cart.shop is not receiving traffic",
            id="duration",
        ),
        pytest.param(
            LOST, "Halt advancement no values found for metric: lost carts", id="inline-query"
        ),
    ],
)
def test_no_data_is_a_breach(metric, message):
    assert verdict_of((metric, NoData())) == Verdict(VerdictKind.BREACHED, message)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(
            Rejected("Status 400"), VerdictKind.BREACHED, id="a-query-refused-is-a-breach"
        ),
        pytest.param(Unanswered("Status 400"), VerdictKind.INCONCLUSIVE, id="silence-says-nothing"),
    ],
)
@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (SUCCESS, "Prometheus query failed: running query failed: Status 400"),
        (DURATION, "Prometheus query failed: running query failed: Status 400"),
        (LOST, "Prometheus query failed for lost carts: Status 400"),
    ],
)
def test_a_failed_query_is_told_in_flaggers_words(metric, message, answer, kind):
    assert verdict_of((metric, answer)) == Verdict(kind, message)


def test_the_first_failing_metric_of_the_list_speaks():
    verdict = verdict_of((SUCCESS, Value(100)), (LOST, Value(3)), (DURATION, Value(900)))

    assert verdict == halt("lost carts 3.00 > 2.5")


def test_a_breach_speaks_before_an_earlier_silence():
    verdict = verdict_of((SUCCESS, Unanswered("down")), (DURATION, Value(900)))

    assert verdict == halt("request duration 900ms > 500ms")


def test_one_silence_leaves_the_whole_pass_inconclusive():
    verdict = verdict_of(
        (SUCCESS, Value(100)), (LOST, Unanswered("a")), (DURATION, Unanswered("b"))
    )

    assert verdict == Verdict(VerdictKind.INCONCLUSIVE, "Prometheus query failed for lost carts: a")


def test_a_question_nobody_asked_is_unanswered():
    verdict = analysis.judge(
        [SUCCESS], ask(SUCCESS), {}, canary="app", namespace="shop", target="cart", provider="istio"
    )

    assert verdict.kind is VerdictKind.INCONCLUSIVE


def test_without_metrics_there_is_nothing_to_breach():
    assert verdict_of() == PASSED


@pytest.mark.parametrize("answer", [Value(3), NoData(), Rejected("bad"), Unanswered("down")])
def test_a_metrics_name_is_told_no_longer_than_a_line(answer):
    long = Metric("lost\n" + "x" * 5000, MetricKind.QUERY, "5m", maximum=2.5, query="lost")

    verdict = verdict_of((long, answer))

    assert f"lost {'x' * 195}…" in verdict.message
    assert len(verdict.message) < 300
