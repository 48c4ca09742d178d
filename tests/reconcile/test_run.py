"""A pass over several canaries: each on its own, whatever becomes of the others."""

import gc
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters import paths
from shared.adapters.settings import load
from shared.domain.errors import Conflict, Refused, Unavailable
from shared.domain.fields import Json, Object, mapping, text
from shared.domain.ownership import Owner
from shared.domain.snapshots import snapshot
from shared.domain.status import Status
from shared.reconcile.bracket import Outcome
from shared.reconcile.run import pass_over_all, pass_over_some, report, settle_with
from shared.reconcile.scope import Scope, open_scope
from tests.domain.canaries import canary
from tests.domain.situations import NOW
from tests.domain.workloads import deployment, template
from tests.reconcile.kubeconfig import a_kubeconfig
from tests.reconcile.outside import Life, When
from tests.reconcile.stories import Story, beginning, kubectl_set_image
from tests.reconcile.world import World, go_on

HEALTHY, TROUBLED = ("shop", "cart"), ("shop", "till")
TILL: Json = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "till"}
UNLABELLED = {"matchLabels": {"team": "x"}}


def a_world() -> World:
    """A canary at rest whose target has a new revision."""
    world = beginning(Story(()))
    go_on(world)
    kubectl_set_image("cart:2")(world)
    return world


def deploy(world: World, name: str = "till", **spec: Any) -> None:
    world.cluster.create(paths.deployments("shop"), deployment(name=name, spec=spec))


def apply(world: World, **status: Json) -> None:
    made = canary(targetRef=TILL, provider="istio")
    path = paths.canaries("shop")
    world.cluster.create(path, {**made, "metadata": {"name": "till", "namespace": "shop"}})
    if status:
        found = world.cluster.read(f"{path}/till") or {}
        world.cluster.replace(f"{path}/till/status", {**found, "status": status})


def a_target_without_a_label(world: World) -> None:
    deploy(world, selector=UNLABELLED)
    deploy(world, "till-primary")
    apply(world)


def a_target_of_flaggers_without_a_label(world: World) -> None:
    deploy(world, selector=UNLABELLED)
    deploy(world, "till-primary")
    apply(world, phase="Succeeded", lastAppliedSpec="5b5d9cbd7f", lastPromotedSpec="5b5d9cbd7f")


def a_template_that_cannot_be_read(world: World) -> None:
    deploy(world, template={**template(), "metadata": {"labels": {"app": 1}}})
    apply(world)


def a_snapshot_without_a_template(world: World) -> None:
    deploy(world)
    apply(world)
    uid = text(world.cluster.read(f"{paths.canaries('shop')}/till"), "metadata", "uid")
    made = snapshot(Owner("shop", "till", uid), "s1:1", {}, 1)
    world.cluster.create(paths.snapshots("shop"), made)


def a_status_that_cannot_be_read(world: World) -> None:
    deploy(world)
    apply(world, spillway="gone")


def passed(world: World, scope: Scope | None = None, *, sweep: bool = True) -> dict[Any, Outcome]:
    outcomes = pass_over_all(scope or world.scope(Life()), world.now, sweep=sweep)
    return {outcome.key: outcome for outcome in outcomes}


@pytest.mark.parametrize(
    "trouble",
    [
        a_target_without_a_label,
        a_target_of_flaggers_without_a_label,
        a_template_that_cannot_be_read,
        a_snapshot_without_a_template,
        a_status_that_cannot_be_read,
    ],
)
def test_one_canarys_trouble_is_its_own(trouble: Callable[[World], None]) -> None:
    world = a_world()
    trouble(world)

    outcomes = passed(world)

    assert outcomes[HEALTHY].status.phase == "Progressing"
    assert outcomes[HEALTHY].failure is None
    assert TROUBLED in outcomes


@pytest.mark.parametrize(
    "trouble", [a_target_without_a_label, a_target_of_flaggers_without_a_label]
)
def test_a_target_whose_pods_cannot_be_told_apart_is_refused_by_name(trouble) -> None:
    world = a_world()
    trouble(world)

    status = passed(world)[TROUBLED].status

    assert status.refusal.startswith("spec.targetRef: getSelectorLabel failed")


def failing(call: str, error: Exception) -> Life:
    """A life in which every call that ends so fails."""
    life = Life()

    def hook(index: int, when: When) -> None:
        if when is When.BEFORE and life.calls[index].name.endswith(call):
            raise error

    life.hook = hook
    return life


def some(world: World, life: Life) -> Outcome:
    (outcome,) = pass_over_some(world.scope(life), [HEALTHY], world.now)
    return outcome


def test_a_pass_over_named_canaries_looks_whether_they_are_due_or_not() -> None:
    world = a_world()

    assert some(world, Life()).status.phase == "Progressing"
    assert pass_over_some(world.scope(Life()), [("shop", "gone")], world.now) == []


def test_a_pass_that_loses_the_race_for_the_status_applies_nothing() -> None:
    world = a_world()
    life = failing("/canaries/cart/status", Conflict("it is newer"))

    outcome = some(world, life)

    assert isinstance(outcome.failure, Conflict)
    assert [call.name for call in life.calls if call.is_write] == [
        f"replace {world.names.canary}/status"
    ]


@pytest.mark.parametrize("error", [Refused("forbidden field"), Unavailable("down")])
def test_a_write_that_fails_leaves_the_decision_unsettled_with_the_servers_message(error) -> None:
    world = a_world()

    outcome = some(world, failing("patch /apis/apps/v1/namespaces/shop/deployments/cart", error))

    assert outcome.failure is error
    status = outcome.status
    assert (status.phase, status.settled_at) == ("Progressing", None)
    assert status.unsettled_reason == str(error)
    assert [note.kind for note in status.outbox] == ["Detected"]
    assert world.published == []


def test_a_write_that_lost_its_race_is_no_failure_of_the_decision() -> None:
    world = a_world()

    outcome = some(
        world, failing("patch /apis/apps/v1/namespaces/shop/deployments/cart", Conflict("newer"))
    )

    assert isinstance(outcome.failure, Conflict)
    assert (outcome.status.settled_at, outcome.status.unsettled_reason) == (None, "")


def test_a_read_that_fails_is_told_to_the_event_that_is_about_this_canary() -> None:
    world = a_world()

    outcome = some(world, failing("/deployments/cart", Unavailable("down")))

    assert isinstance(outcome.failure, Unavailable)
    assert "down" in str(outcome.failure)
    assert outcome.status.phase == "Initialized"


def test_a_definition_that_is_not_ours_loses_the_memory_and_stops_everything() -> None:
    world = a_world()
    life = Life()
    scope = world.scope(life)

    class Pruning:
        """A server that knows Flagger's definition, and drops what that does not have."""

        def __getattr__(self, name: str) -> Any:
            return getattr(scope.cluster, name)

        def replace(self, path: str, body: Object) -> Object:
            reply = scope.cluster.replace(path, body)
            status = {k: v for k, v in mapping(reply, "status").items() if k != "spillway"}
            return {**reply, "status": status}

    pruned = replace(scope, cluster=Pruning())  # type: ignore[arg-type]  # has all its calls
    (outcome,) = pass_over_some(pruned, [HEALTHY], world.now)

    assert str(outcome.failure).endswith("the Canary CRD on the server is not Spillway's")
    assert len([call for call in life.calls if call.is_write]) == 1


def test_what_failed_on_one_is_a_line_of_the_log(capsys) -> None:
    done, failed = (Outcome(key, Status(), why) for key, why in ((HEALTHY, None), (TROUBLED, DOWN)))

    report([done, failed])

    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (line["severity"], line["message"]) == ("WARNING", "down")
    assert (line["namespace"], line["canary"]) == TROUBLED


DOWN = Unavailable("down")


@pytest.mark.parametrize("failure", [Conflict("newer"), DOWN])
def test_an_event_about_one_canary_is_delivered_again_where_its_pass_did_not_come_off(
    failure,
) -> None:
    with pytest.raises(type(failure), match=str(failure)):
        settle_with([Outcome(HEALTHY, Status(), failure)])


@pytest.mark.parametrize("failure", [None, Refused("forbidden field")])
def test_an_event_is_done_where_another_delivery_would_end_the_same(failure) -> None:
    settle_with([Outcome(HEALTHY, Status(), failure)])


def test_where_nothing_is_due_nothing_is_written() -> None:
    world = beginning(Story(()))
    life = Life()

    assert pass_over_all(world.scope(life), world.now, sweep=False) == []

    assert not any(call.is_write for call in life.calls)


def test_a_note_that_nobody_took_is_told_by_the_next_pass_that_decides_nothing() -> None:
    world = a_world()
    deaf = failing("canary.started.0.1.0", Unavailable("the bus is down"))

    first = some(world, deaf)
    assert [note.kind for note in first.status.outbox] == ["Detected"]
    assert first.status.settled

    some(world, Life())
    assert some(world, Life()).status.outbox == ()
    assert len({event.id for event in world.published}) == 1


@pytest.mark.loopback
def test_the_adapters_of_a_process_are_opened_by_its_settings(apiserver, tmp_path) -> None:
    settings = load(
        {
            "K_SINK": "http://127.0.0.1:9/",
            "SPILLWAY_KUBECONFIG": a_kubeconfig(tmp_path / "kubeconfig", apiserver.url),
            "SPILLWAY_NAMESPACES": "shop",
            "SPILLWAY_BEAT": "1s",
        }
    )

    gc.unfreeze()
    try:
        scope = open_scope(settings, lambda: NOW)
        assert gc.get_freeze_count() > len(gc.get_objects())
    finally:
        gc.unfreeze()

    assert (scope.namespaces, scope.beat, scope.now()) == (("shop",), timedelta(seconds=1), NOW)
    assert pass_over_all(scope, NOW, sweep=True) == []
