"""What a pass may ask of the outside, in numbers of calls: the same on every machine."""

from collections import Counter
from pathlib import Path

import pytest

from infra.local.apiserver.server import Server
from infra.local.bench.fleet import Spread, grow
from infra.local.bench.outside import READS, WRITES, Call, Kind
from infra.local.bench.passes import cost, good_release
from infra.local.bench.trial import Pass, Trial, a_trial, has_weight
from infra.local.kube import Tree
from infra.local.watching import weights

pytestmark = pytest.mark.loopback

_METRICS = 2  # of the trial's canary, all of one server and interval: so many triples


@pytest.fixture
def trial(apiserver: Server, tmp_path: Path):
    with a_trial(apiserver, tmp_path) as running:
        yield running


def number(calls: tuple[Call, ...], *kinds: Kind) -> int:
    return cost(calls).number(kinds)


def about_to_step(trial: Trial, size: int, spread: Spread) -> None:
    trial.release("cart:2")
    trial.until(lambda status: has_weight(status, 10))
    grow(trial, size, spread)


def weight(status: Tree) -> int:
    return int(status.get("canaryWeight", 0))


def canary_weights(trial: Trial) -> Counter[int]:
    """Of all VirtualServices."""
    routes = trial.server.verbs.store.each(("networking.istio.io", "virtualservices"))
    return Counter(canary for route in routes for _, canary in weights(route))


def steps(passes: list[Pass]) -> list[Pass]:
    """Those that gave the canary more traffic."""
    return [one for one in passes if weight(one.after) > weight(one.before)]


@pytest.mark.parametrize("spread", Spread)
def test_a_pass_over_a_thousand_idle_canaries_is_ten_calls(trial: Trial, spread: Spread):
    grow(trial, 1000, spread)

    calls = trial.next_pass().calls

    assert len(calls) <= 10
    assert number(calls, Kind.LIST) == 2  # it did see a thousand of them, 500 a page
    assert number(calls, *WRITES, Kind.QUERY, Kind.PUBLISH) == 0


def test_the_first_step_is_five_writes_of_the_cluster_and_seven_in_all(trial: Trial):
    first, *_ = steps(good_release(trial))

    assert number(first.calls, *WRITES) <= 5
    assert number(first.calls, *WRITES, Kind.PUBLISH) <= 7


def test_every_further_step_is_four_writes_of_the_cluster_and_six_in_all(trial: Trial):
    _, *further = steps(good_release(trial))

    assert [weight(one.after) for one in further] == [20, 30, 40, 50]
    assert max(number(one.calls, *WRITES) for one in further) <= 4
    assert max(number(one.calls, *WRITES, Kind.PUBLISH) for one in further) <= 6


def test_a_hundred_canaries_move_a_step_with_as_many_writes_each_as_one(trial: Trial):
    about_to_step(trial, 100, Spread.MANY)

    calls = trial.next_pass().calls

    assert canary_weights(trial) == {20: 100}
    assert number(calls, *WRITES) <= 4 * 100
    assert number(calls, *WRITES, Kind.PUBLISH) <= 6 * 100


@pytest.mark.parametrize(
    ("spread", "most"),
    [
        pytest.param(Spread.ONE, 10, id="one namespace"),
        pytest.param(Spread.MANY, 10 + 4 * 100, id="a hundred namespaces"),
    ],
)
def test_what_a_hundred_active_canaries_are_read_with(trial: Trial, spread: Spread, most: int):
    about_to_step(trial, 100, spread)

    calls = trial.next_pass().calls

    assert canary_weights(trial) == {20: 100}
    assert number(calls, *READS) <= most


@pytest.mark.parametrize("spread", Spread)
def test_two_queries_at_most_for_each_metric_of_a_hundred_canaries(trial: Trial, spread: Spread):
    about_to_step(trial, 100, spread)

    calls = trial.next_pass().calls

    assert 0 < number(calls, Kind.QUERY) <= 2 * _METRICS


@pytest.mark.parametrize("spread", Spread)
def test_the_pass_that_reaches_the_threshold_takes_the_weight_itself(trial: Trial, spread: Spread):
    trial.release("cart:3")
    trial.until(lambda status: has_weight(status, 30))
    trial.outside.bad = True
    trial.until(lambda status: status.get("failedChecks") == 4)
    grow(trial, 20, spread)
    assert canary_weights(trial) == {30: 20}

    last = trial.next_pass()

    assert last.after["phase"] == "Failed"
    assert canary_weights(trial) == {0: 20}
