"""The arithmetic of ten thousand canaries: what it adds up to, and which way it leans."""

from dataclasses import replace

import pytest

from infra.local.bench.simulation import (
    Costs,
    Limit,
    Scale,
    calls_of_a_sweep,
    queries_of_a_step,
    simulated,
)

FREE = Costs(listed_function=0, listed_server=0, step_function=0.01, step_server=0.01)
ONE = Scale(canaries=1000, active=1000, interval=60, beat=5, functions=1, server=8)


@pytest.mark.parametrize(("canaries", "calls"), [(1, 4), (500, 5), (1000, 9), (10_000, 81)])
def test_a_sweep_is_a_look_at_the_beat_and_the_pages_of_three_kinds(canaries, calls):
    assert calls_of_a_sweep(canaries) == calls


@pytest.mark.parametrize(("canaries", "queries"), [(1, 2), (50, 2), (51, 4), (10_000, 400)])
def test_a_pass_asks_for_each_metric_once(canaries, queries):
    assert queries_of_a_step(canaries) == queries


def test_a_thousand_decisions_of_ten_milliseconds_are_ten_seconds_of_one_processor():
    found = simulated(replace(ONE, at_once=True), FREE)

    assert found.late == pytest.approx(10)
    assert (found.keeps_up, found.limit) == (True, Limit.FUNCTIONS)
    assert found.functions == pytest.approx(10 / 60)


def test_spread_over_the_interval_each_is_done_in_its_own_beat():
    assert simulated(ONE, FREE).late < ONE.beat


def test_what_takes_longer_than_the_interval_never_keeps_up():
    assert not simulated(replace(ONE, canaries=7000, active=7000), FREE).keeps_up


def test_more_instances_help_until_the_api_server_holds_them_up():
    few, many = (simulated(replace(ONE, at_once=True, functions=n), FREE) for n in (2, 16))

    assert few.late == pytest.approx(5)
    assert many.late == pytest.approx(1.25)
    assert many.limit is Limit.SERVER


def test_where_not_even_the_list_fits_into_a_beat_nothing_is_done():
    slow = replace(FREE, listed_function=1)

    found = simulated(ONE, slow)

    assert (found.keeps_up, found.late) == (False, 0)
