"""The closer look: by GET where few are due, by LIST where many are; unread is never gone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from shared.adapters import paths
from shared.domain.canary import CanarySpec
from shared.domain.errors import Conflict, Refused, Unavailable
from shared.domain.fields import Json, Object, text
from shared.domain.ownership import Owner
from shared.domain.seen import Gone, Support, Unread
from shared.domain.snapshots import snapshot
from shared.domain.workload import Workload
from shared.reconcile import look
from shared.reconcile.read import look_at, look_further
from shared.reconcile.scope import Watch
from tests.domain.workloads import template
from tests.reconcile.fleet import a_canary, a_fleet, at_rest, its_objects, scope_of
from tests.reconcile.outside import Life, When

REVISION = "s1:" + "a" * 40
ENOUGH = timedelta(seconds=20)


@pytest.fixture
def world():
    return a_fleet()


def fleet(world, count):
    for number in range(count):
        a_canary(world, f"app{number}", status=at_rest(f"app{number}"))
        its_objects(world, f"app{number}")


def seen(world, life=None, *, further=False, budget=ENOUGH):
    """What a pass sees of all canaries, by name."""
    scope = scope_of(world, life)
    watch = Watch(budget)
    due = [
        (subject, subject.spec)
        for subject in look.all_subjects(scope)
        if isinstance(subject.spec, CanarySpec)
    ]
    with ThreadPoolExecutor(1) as pool:
        cases = look_at(scope.cluster, due, pool, watch)
        cases = look_further(scope.cluster, cases, pool, watch) if further else cases
    return {case.subject.owner.name: case.seen for case in cases}


def failing(path: str, error: Exception) -> Life:
    """A life in which that one cannot be read."""
    life = Life()

    def hook(index: int, when: When) -> None:
        if when is When.BEFORE and life.calls[index].name.endswith(path):
            raise error

    life.hook = hook
    return life


def reads(life: Life) -> list[str]:
    """Each once, as the end of a list is asked for too; the first is the list of the Canaries."""
    return list(dict.fromkeys(call.name for call in life.calls))[1:]


def test_target_primary_and_route_are_seen(world):
    fleet(world, 1)

    found = seen(world)["app0"]

    assert isinstance(found.target, Workload)
    assert isinstance(found.primary, Workload)
    assert (found.target.name, found.primary.name) == ("app0", "app0-primary")
    assert not isinstance(found.route, Gone | Unread)
    assert found.support is None


def test_what_is_not_there_is_gone(world):
    a_canary(world)

    found = seen(world)["cart"]

    assert (found.target, found.primary, found.route) == (Gone(), Gone(), Gone())


@pytest.mark.parametrize("count", [1, 8])
def test_up_to_8_in_a_namespace_are_read_one_by_one(world, count):
    fleet(world, count)
    life = Life()

    seen(world, life)

    assert len(reads(life)) == 3 * count
    assert all(name.startswith("read ") for name in reads(life))


def test_more_are_read_by_one_list_of_each_kind(world):
    fleet(world, 9)
    life = Life()

    found = seen(world, life)

    assert reads(life) == [
        f"list {paths.deployments('shop')}",
        f"list {paths.virtual_services('shop')}",
    ]
    assert all(isinstance(one.primary, Workload) for one in found.values())


def test_what_a_list_does_not_have_is_gone(world):
    fleet(world, 9)
    world.cluster.delete(f"{paths.deployments('shop')}/app3")

    found = seen(world)

    assert found["app3"].target == Gone()
    assert isinstance(found["app4"].target, Workload)


@pytest.mark.parametrize("error", [Unavailable("down"), Refused("what?"), Conflict("odd")])
@pytest.mark.parametrize("count", [1, 9])
def test_what_cannot_be_read_is_unread_and_never_gone(world, count, error):
    fleet(world, count)
    path = paths.deployments("shop") + ("/app0" if count == 1 else "")

    found = seen(world, failing(path, error))["app0"]

    assert found.target == Unread(str(error))
    assert not isinstance(found.route, Unread)


def test_an_object_that_is_malformed_is_unread(world):
    a_canary(world)
    bad: Object = {"metadata": {"name": "cart"}, "spec": {"replicas": "two"}}
    world.cluster.create(paths.deployments("shop"), bad)

    found = seen(world)["cart"].target

    assert found == Unread("replicas: wanted a whole number, found 'two'")


def test_one_in_a_namespace_is_read_beside_a_crowd_in_another(world):
    fleet(world, 9)
    a_canary(world, "cart", "elsewhere")
    its_objects(world, "cart", "elsewhere")
    life = Life()

    found = seen(world, life)

    assert isinstance(found["cart"].target, Workload)
    assert len(reads(life)) == 2 + 3


def a_service(world, name):
    world.cluster.create(paths.services("shop"), {"metadata": {"name": name}})


def a_snapshot(world, canary, revision=REVISION, uid=""):
    """Of that Canary, or of one of its name that was deleted."""
    found = world.cluster.read(f"{paths.canaries('shop')}/{canary}")
    owner = Owner("shop", canary, uid or text(found, "metadata", "uid"))
    world.cluster.create(paths.snapshots("shop"), snapshot(owner, revision, template(), 1))


def a_scaler(world, name, kind, of):
    target: Json = {"kind": kind, "name": of}
    made: Object = {"metadata": {"name": name}, "spec": {"scaleTargetRef": target}}
    world.cluster.create(paths.autoscalers("shop"), made)


@pytest.mark.parametrize("count", [1, 9])
def test_the_thorough_look_finds_what_is_the_canarys_own(world, count):
    fleet(world, count)
    for name in ("app0", "app0-canary", "app0-primary"):
        a_service(world, name)
    for name in ("app0-canary", "app0-primary"):
        world.cluster.create(paths.destination_rules("shop"), {"metadata": {"name": name}})
    a_snapshot(world, "app0")
    a_snapshot(world, "app0", "s1:" + "b" * 40, uid="of-a-predecessor")
    a_snapshot(world, "somebody-else", uid="of-somebody-else")
    a_scaler(world, "scales-it", "Deployment", "app0")
    a_scaler(world, "scales-a-set", "StatefulSet", "app0")

    found = seen(world, further=True)["app0"].support

    assert isinstance(found, Support)
    assert {"app0", "app0-canary", "app0-primary"} <= set(found.services)
    assert set(found.rules) == {"app0-canary", "app0-primary"}
    assert found.snapshots == {REVISION: template()}
    assert found.scalers == {"app0": "scales-it"}


@pytest.mark.parametrize("count", [1, 9])
@pytest.mark.parametrize(
    "kind", [paths.destination_rules, paths.snapshots, paths.autoscalers, paths.services]
)
def test_a_thorough_look_that_fails_is_no_look(world, count, kind):
    fleet(world, count)
    path = kind("shop")
    if count == 1 and kind in (paths.destination_rules, paths.services):
        path += "/app0-primary"

    found = seen(world, failing(path, Unavailable("down")), further=True)["app0"]

    assert (found.route, found.support) == (Unread("down"), None)


def test_a_crowd_costs_one_more_list_of_each_kind(world):
    fleet(world, 9)
    life = Life()

    seen(world, life, further=True)

    assert reads(life)[2:] == [
        f"list {paths.services('shop')}",
        f"list {paths.destination_rules('shop')}",
        f"list {paths.snapshots('shop')}",
        f"list {paths.autoscalers('shop')}",
    ]


@pytest.mark.parametrize("count", [1, 9])
def test_whom_no_time_is_left_for_waits_for_the_next_tick(world, count):
    fleet(world, count)

    assert seen(world, budget=timedelta(0)) == {}
