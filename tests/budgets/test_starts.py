"""What a start of a function may cost. Modules are counted, not milliseconds: a count is the same
on every machine, and the time follows it.
"""

from functools import cache
from pathlib import Path

import pytest

from infra.local.apiserver.server import Server
from infra.local.bench.fleet import Spread, crowd, grow
from infra.local.bench.starts import probe
from infra.local.bench.trial import Trial, a_trial, environ

pytestmark = pytest.mark.loopback


@cache  # a start is a second: the tests share it
def imported(function: str) -> frozenset[str]:
    """The modules after a start."""
    return probe(function, {"K_SINK": "http://127.0.0.1:9/"}).modules


@pytest.mark.parametrize(
    ("function", "most"),
    [
        ("promotion_webhook", 400),
        ("start_canary", 960),
        ("analysis_tick", 960),
        ("rollback", 960),
    ],
)
def test_a_start_imports_no_more_modules_than(function: str, most: int):
    assert len(imported(function)) <= most


def test_the_webhook_starts_without_the_clients_that_are_slow_to_import():
    slow = {"kubernetes", "google.cloud.pubsub_v1", "google.pubsub_v1", "grpc", "requests"}

    assert not slow & imported("promotion_webhook")


@pytest.mark.parametrize("function", ["start_canary", "analysis_tick", "rollback"])
def test_pubsub_is_not_imported_where_the_bus_is_another(function: str):
    assert not {"google.pubsub_v1", "grpc"} & imported(function)


@pytest.fixture
def trial(apiserver: Server, tmp_path: Path):
    with a_trial(apiserver, tmp_path) as running:
        yield running


def test_a_tick_over_a_thousand_idle_canaries_among_ten_thousand_others_fits_in_150_mb(
    trial: Trial,
):
    grow(trial, 1000, Spread.MANY)
    crowd(trial, 10_000)
    trial.outside.calls.clear()

    probed = probe("analysis_tick", environ(trial.folder, trial.outside))

    assert probed.status == 204
    assert len(trial.outside.calls) == 29  # 12,000 Deployments were among what it looked at
    assert probed.peak <= 150
