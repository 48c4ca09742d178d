"""A thousand active canaries on a real API server, passed over by four servers side by side.

Their Deployments come up at once, without pods and controllers: it is Spillway's part that is
looked at. What was done to each is told by the API server's audit log.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from infra.local.bench.cluster import fleet, rollouts, stand
from infra.local.bench.cluster.audit import Call
from infra.local.bench.cluster.fleet import Fleet
from infra.local.kube import Key, Tree
from shared.adapters import paths
from tests.reconcile.watcher import image_of, shares_of

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

SIZE, NAMESPACES, SERVERS = 1000, 10, 4
ONE_STEP = {"stepWeight": 50, "maxWeight": 50, "interval": "10s", "threshold": 1, "drainSeconds": 1}
BEAT = {"SPILLWAY_BEAT": "5s"}  # as it is where nobody says otherwise
OLD, NEW = "cart:1", "cart:2"
_SECONDS = 400.0


@dataclass(frozen=True, slots=True)
class Played:
    """A release of all of them: how each stood before and after, and what was asked meanwhile."""

    fleet: Fleet
    bad: frozenset[Key]
    before: dict[Key, Tree]
    after: dict[Key, Tree]
    accepted: dict[Key, Counter[str]]  # writes of each, by resource


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Half of them get a version that fails its requests."""
    folder = tmp_path_factory.mktemp("scale")
    with (
        stand.running(folder, controllers=False, ticking=SERVERS, environ=BEAT) as running,
        rollouts.at_once(running.kube),
        fleet.multiplied(running, SIZE, namespaces=NAMESPACES, analysis=ONE_STEP) as canaries,
    ):
        bad = frozenset(canaries.keys[::2])
        running.source.bad |= {name for _, name in bad}
        before, audit = standing(canaries), running.audit()
        canaries.release(NEW)
        canaries.wait(["Succeeded", "Failed"], _SECONDS)
        running.broker.wait_until_idle(_SECONDS)
        calls = audit.calls()
        yield Played(canaries, bad, before, standing(canaries), accepted(calls, canaries))


def standing(canaries: Fleet) -> dict[Key, Tree]:
    return dict(zip(canaries.keys, canaries.statuses(), strict=True))


def accepted(calls: list[Call], canaries: Fleet) -> dict[Key, Counter[str]]:
    """By the canary that an object is of, which all bear its name."""
    counts: dict[Key, Counter[str]] = {key: Counter() for key in canaries.keys}
    for call in calls:
        key = call.namespace, call.name.removesuffix("-primary")
        if call.writes and call.code < 300 and key in counts:
            counts[key][call.resource] += 1
    return counts


def decisions(played: Played, key: Key) -> int:
    def number(status: Tree) -> int:
        return int(status["spillway"]["decision"])

    return number(played.after[key]) - number(played.before[key])


def unsettled(played: Played, key: Key) -> int:
    """Decisions that were saved and never settled: another one took their place. Below none where
    something was told again, which is a save without a decision.
    """
    return 2 * decisions(played, key) - played.accepted[key]["canaries/status"]


def test_every_canary_is_promoted_or_rolled_back_rightly(played: Played):
    phases = {key: status["phase"] for key, status in played.after.items()}
    wanted = {key: "Failed" if key in played.bad else "Succeeded" for key in played.fleet.keys}

    assert phases == wanted


def test_what_was_good_serves_and_what_was_bad_never_will(played: Played):
    kube = played.fleet.stand.kube
    items, _ = kube.list("/apis/apps/v1/deployments")
    images = {
        (item["metadata"]["namespace"], item["metadata"]["name"]): image_of(item) for item in items
    }

    assert {
        key: images[key[0], f"{key[1]}-primary"] for key in played.fleet.keys
    } == {key: OLD if key in played.bad else NEW for key in played.fleet.keys}  # fmt: skip


def test_all_traffic_is_the_primarys_and_no_canary_runs(played: Played):
    kube = played.fleet.stand.kube
    routes, _ = kube.list("/apis/networking.istio.io/v1beta1/virtualservices")
    targets = {paths.deployments(namespace) for namespace, _ in played.fleet.keys}
    replicas = [
        item["spec"]["replicas"]
        for path in targets
        for item in kube.list(path)[0]
        if not item["metadata"]["name"].endswith("-primary")
    ]

    weights = [[weight for _, weight in shares_of(route)] for route in routes]
    assert weights == [[100, 0]] * SIZE
    assert replicas == [0] * SIZE


def test_no_tick_is_lost(played: Played):
    broker = played.fleet.stand.broker

    assert (broker.pending, broker.dead) == (0, [])


def test_each_decision_is_saved_once_and_settled_once(played: Played):
    """Whichever pass comes second, of a tick that came twice or of another: its save is refused."""
    wrong = {key: unsettled(played, key) for key in played.fleet.keys}

    assert not [key for key, count in wrong.items() if not -2 <= count <= 2]
    assert sum(count != 0 for count in wrong.values()) < SIZE / 10


def test_no_effect_is_had_twice(played: Played):
    """A decision that takes over one that was not settled writes the route as its own."""
    for key in played.fleet.keys:
        writes = played.accepted[key]
        assert writes["deployments"] == (2 if key in played.bad else 3), key
        assert 2 <= writes["virtualservices"] <= 2 + max(0, unsettled(played, key)), key
