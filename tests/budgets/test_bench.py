"""The bench counts what it says it counts: copies are real canaries, figures reach the tables."""

from pathlib import Path

import pytest
from rich.console import Console

from infra.local.apiserver.server import Server
from infra.local.bench import report
from infra.local.bench.fleet import Spread, grow
from infra.local.bench.outside import Kind, vector
from infra.local.bench.passes import Cost, Work, good_release
from infra.local.bench.trial import Pass, Trial, a_trial, has_weight, is_at_rest
from infra.local.kube import Tree

_SHOPS = {"cart": "shop", "till": "shop"}


@pytest.fixture
def trial(apiserver: Server, tmp_path: Path):
    with a_trial(apiserver, tmp_path) as running:
        yield running


def statuses(trial: Trial) -> list[Tree]:
    canaries = trial.server.verbs.store.each(("flagger.app", "canaries"))
    return [canary["status"] for canary in canaries]


def primary_images(trial: Trial) -> list[str]:
    found = trial.server.verbs.store.each(("apps", "deployments"))
    return [
        one["spec"]["template"]["spec"]["containers"][0]["image"]
        for one in found
        if one["metadata"]["name"].endswith("-primary")
    ]


@pytest.mark.loopback
@pytest.mark.parametrize("spread", Spread)
def test_a_copied_canary_is_promoted_as_the_first_one_is(trial: Trial, spread: Spread):
    trial.release("cart:2")
    trial.until(lambda status: has_weight(status, 20))
    grow(trial, 3, spread)

    trial.until(lambda status: is_at_rest(status, "Succeeded"))

    assert [status["phase"] for status in statuses(trial)] == ["Succeeded"] * 3
    assert len({status["lastPromotedSpec"] for status in statuses(trial)}) == 3
    assert primary_images(trial) == ["cart:2"] * 3


@pytest.mark.loopback
def test_a_call_is_counted_by_its_kind(trial: Trial):
    begun, *_, last = good_release(trial)

    assert kinds_of(begun) >= {Kind.LIST, Kind.METADATA, Kind.GET, Kind.POST, Kind.PUT, Kind.PATCH}
    assert kinds_of(last) >= {Kind.DELETE, Kind.PUBLISH}
    assert all(call.size > 0 for call in begun.calls if call.kind is not Kind.PUBLISH)


def kinds_of(one: Pass) -> set[Kind]:
    return {call.kind for call in one.calls}


def test_metrics_are_there_for_the_workloads_that_a_query_names():
    query = 'rate(istio_requests_total{destination_workload=~"cart|cart-primary"}[1m])'

    found = vector(query, _SHOPS, share=0.9)

    assert [one["metric"]["destination_workload"] for one in found] == ["cart", "cart"]
    assert [one["value"][1] for one in found] == ["0.9", str(1 - 0.9)]


def test_the_figures_stand_in_the_table_with_flaggers_beside():
    idle = Cost({Kind.LIST: 2, Kind.METADATA: 6, Kind.GET: 1}, size=2_942_130)
    console = Console(width=120)

    with console.capture() as shown:
        console.print(report.passes(Work.IDLE, {(Spread.ONE, 1000): idle}))

    (row,) = [line for line in shown.get().splitlines() if "2,942" in line]
    assert row.split() == ["1,000", "1", "2", "6", "1", "9", "2,942", "8,870"]
