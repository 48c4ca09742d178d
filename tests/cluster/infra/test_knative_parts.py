"""Spillway among Knative's own parts: its broker's filter, its PingSources, its ApiServerSource."""

import itertools
import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.local.controlplane.plane import ControlPlane
from infra.local.kube import Kube, Tree
from infra.local.processes import Processes
from shared.domain import events
from shared.domain.events import Event, Origin, RollbackWish
from shared.domain.promotion import Promotion
from tests.cluster.infra import knative
from tests.cluster.infra.bus import Bus, a_bus, until
from tests.cluster.infra.knative import PINGS
from tests.domain.canaries import canary
from tests.domain.workloads import deployment
from tests.infra.rendering import INFRA, customized, of_kind

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]
BEAT, SWEEP = f"{PINGS}/spillway-beat", f"{PINGS}/spillway-sweep"
CHANGES = INFRA / "knative/components/apiserversource"


@pytest.fixture(scope="module")
def bus(cluster_of_a_platform_team: ControlPlane, installation, tmp_path_factory) -> Iterator[Bus]:
    """One for all of these tests."""
    with a_bus(cluster_of_a_platform_team, tmp_path_factory.mktemp("bus")) as running:
        yield running


@pytest.fixture
def namespace(bus: Bus) -> str:
    """A new one."""
    made = bus.kube.create("/api/v1/namespaces", {"metadata": {"generateName": "shop-"}})
    return str(made["metadata"]["name"])


def origin(id_: str = "e1") -> Origin:
    return Origin(id_, "/tests", datetime.now(UTC))


def an_event(type_: str, **data: str) -> Event:
    return Event("e1", "/tests", type_, "", None, dict(data))


def a_promotion(namespace: str, **more: str) -> Event:
    said = Promotion("build-7", datetime.now(UTC), "cart", "1.4.0", "production", namespace, **more)
    return events.promotion_requested(origin(), said)


def a_wish(namespace: str) -> Event:
    wish = RollbackWish(namespace, "cart", "s1:abc", "errors", "alice", None)
    return events.rollback_requested(origin(), wish)


def a_tick(*names: tuple[str, str]) -> Event:
    return events.analysis_tick(origin(), events.Tick(names))


KINDS = [
    pytest.param(a_promotion, "start-canary", id="promotion"),
    pytest.param(a_wish, "rollback", id="wish"),
    pytest.param(lambda namespace: a_tick((namespace, "cart")), "analysis-tick", id="tick"),
    pytest.param(lambda _: an_event(events.PING), "analysis-tick-ping", id="ping"),
]


@pytest.mark.parametrize(("make", "trigger"), KINDS)
def test_every_kind_of_event_comes_through_its_own_trigger_and_is_done(
    bus: Bus, namespace: str, make: Callable[[str], Event], trigger: str
):
    answers = bus.handed(make(namespace))

    assert answers.pop(trigger) == 204
    assert set(answers.values()) == {200}  # not wanted: the subscriber was not called


@pytest.mark.parametrize(
    "type_",
    [
        events.CANARY_STARTED,
        events.CANARY_ADVANCED,
        events.INCIDENT_DETECTED,
        events.SERVICE_UPGRADED,
        events.SERVICE_ROLLEDBACK,
    ],
)
def test_what_spillway_tells_the_world_wakes_none_of_its_functions(bus: Bus, type_: str):
    assert set(bus.handed(an_event(type_)).values()) == {200}


@pytest.mark.parametrize(
    ("type_", "trigger"),
    [
        pytest.param(events.PROMOTION_REQUESTED, "start-canary", id="promotion"),
        pytest.param(events.ROLLBACK_REQUESTED, "rollback", id="wish"),
        pytest.param(events.ANALYSIS_TICK, "analysis-tick", id="tick"),
    ],
)
def test_what_is_malformed_for_good_is_a_dead_letter(bus: Bus, type_: str, trigger: str):
    assert bus.handed(an_event(type_, canaries="none"))[trigger] == 400


def test_what_the_api_server_cannot_answer_is_delivered_again(bus: Bus, namespace: str):
    given_a_target(bus.kube, namespace)

    with bus.gate.closed_to("GET", f"/namespaces/{namespace}/canaries", 500):
        promotion = bus.handed(a_promotion(namespace))["start-canary"]
    with bus.gate.closed_to("GET", f"/namespaces/{namespace}/canaries/cart", 500):
        wish = bus.handed(a_wish(namespace))["rollback"]
        tick = bus.handed(a_tick((namespace, "cart")))["analysis-tick"]

    assert (promotion, wish, tick) == (503, 503, 503)


def test_a_lost_race_is_delivered_again(bus: Bus, namespace: str):
    given_a_target(bus.kube, namespace)

    with bus.gate.closed_to("PUT", "/canaries/cart/status", 409):
        answers = bus.handed(a_promotion(namespace))

    assert answers["start-canary"] == 409


def test_the_alert_for_dead_letters_asks_for_what_knative_counts_by_broker(bus: Bus):
    alerts = (INFRA / "knative/components/prometheusrule/alerts.yaml").read_text()
    (counter,) = set(re.findall(r"kn_\w+_count", alerts))
    wanted = set(re.findall(r"(kn_broker_\w+)=", alerts))
    bus.handed(an_event(events.PING))

    told: list[str] = []

    def is_told() -> bool:
        with urllib.request.urlopen(bus.metrics, timeout=5) as answer:
            told[:] = re.findall(rf"^{counter}{{(.*)}}", answer.read().decode(), re.MULTILINE)
        return bool(told)

    until(is_told)
    labels = dict(re.findall(r'(\w+)="([^"]*)"', told[0]))
    assert wanted == {"kn_broker_name", "kn_broker_namespace"}
    assert {name: labels[name] for name in wanted} == {
        "kn_broker_name": "default",
        "kn_broker_namespace": "spillway",
    }


def given_a_target(kube: Kube, namespace: str) -> None:
    """A Canary that nobody has looked at yet, and its target."""
    target = deployment(namespace=namespace)
    kube.create(f"/apis/apps/v1/namespaces/{namespace}/deployments", target)
    kube.create(canaries(namespace), {**canary(), "metadata": {"name": "cart"}})


def canaries(namespace: str) -> str:
    return f"/apis/flagger.app/v1beta1/namespaces/{namespace}/canaries"


def status(bus: Bus, namespace: str) -> Tree:
    found: Tree = (bus.kube.get(f"{canaries(namespace)}/cart") or {}).get("status", {})
    return found


def test_the_sweep_and_the_beat_tick_and_the_functions_make_and_delete_the_beat(
    bus: Bus, namespace: str, cluster_of_a_platform_team: ControlPlane, tmp_path: Path
):
    processes = Processes(tmp_path / "logs")
    often = {"spec": {"schedule": "*/3 * * * * *"}}
    given_a_target(bus.kube, namespace)
    was = bus.kube.get(SWEEP)
    assert was is not None
    bus.kube.delete(BEAT)  # another test's canaries may have wanted one

    try:
        processes.start(knative.ping_sources(cluster_of_a_platform_team.kubeconfig()))
        bus.kube.patch(SWEEP, often)
        until(lambda: bus.kube.get(BEAT) is not None)
        bus.kube.patch(SWEEP, {"spec": was["spec"]})
        until(lambda: status(bus, namespace).get("phase") == "Initialized")
        until(lambda: bus.kube.get(BEAT) is None)
        until(lambda: is_quiet(bus))
    finally:
        processes.stop()

    assert bus.kube.get(BEAT) is None
    assert set(pings(bus)) == {204}
    assert len(pings(bus)) > 5


def pings(bus: Bus) -> list[int]:
    """What became of each sweep and beat."""
    return bus.broker.to("analysis-tick-ping", events.PING)


def is_quiet(bus: Bus) -> bool:
    """Whether several beats pass without one; what was on its way is late on a busy machine."""
    before = len(pings(bus))
    time.sleep(4)
    return len(pings(bus)) == before


def test_a_changed_target_is_seen_at_once_through_knatives_own_source(
    bus: Bus, namespace: str, cluster_of_a_platform_team: ControlPlane, tmp_path: Path
):
    processes = Processes(tmp_path / "logs")
    (source,) = of_kind(
        customized(tmp_path, resources=[INFRA / "knative"], components=[CHANGES]), "ApiServerSource"
    ).values()
    given_a_target(bus.kube, namespace)
    target = f"/apis/apps/v1/namespaces/{namespace}/deployments/cart"
    numbers = itertools.count()

    def changed() -> bool:
        label = {"metadata": {"labels": {"changed": str(next(numbers))}}}
        bus.kube.patch(target, label)
        return status(bus, namespace).get("phase") == "Initializing"

    def answers() -> set[int]:
        about = f"{namespace}/deployments/cart"
        return {line["status"] for line in lines(bus) if about in line.get("subject", "")}

    try:
        adapter = knative.object_source(
            cluster_of_a_platform_team.kubeconfig(),
            bus.subscribers["analysis-tick"],
            source["spec"],
        )
        processes.start(adapter)
        until(changed)
        until(lambda: answers() == {204})
    finally:
        processes.stop()


def lines(bus: Bus) -> list[Tree]:
    """What analysis_tick logged."""
    return [json.loads(line) for line in bus.log("analysis_tick").read_text().splitlines()]
