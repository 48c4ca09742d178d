"""Which Canaries there are, and which of them a pass looks at: with few calls, however many."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.adapters import paths
from shared.domain.canary import CanarySpec, Refusal, Target
from shared.domain.events import Changed, Kind
from shared.domain.machine import Phase
from shared.domain.observe import Moment
from shared.domain.status import Made, Status
from shared.reconcile import look
from tests.domain.situations import BEAT, NOW, a_status
from tests.reconcile.fleet import a_canary, a_fleet, at_rest, its_objects, scope_of
from tests.reconcile.outside import Life

LATER = NOW + timedelta(hours=1)
MOMENT = Moment(NOW, BEAT)


@pytest.fixture
def world():
    return a_fleet()


def due(world, *, sweep=False, life=None):
    scope = scope_of(world, life)
    found = look.due_subjects(scope, look.all_subjects(scope), MOMENT, sweep=sweep)
    return [subject.owner.name for subject in found]


def lists(life):
    """Each once: the end of a list is asked for too."""
    return list(dict.fromkeys(call.name for call in life.calls))


def names(subjects):
    return [(subject.owner.namespace, subject.owner.name) for subject in subjects]


def test_all_are_those_of_every_namespace_in_scope(world):
    for namespace in ("a", "b", "c"):
        a_canary(world, "cart", namespace)

    assert len(look.all_subjects(scope_of(world))) == 3
    some = world.scope(Life())
    assert names(look.all_subjects(some)) == []
    assert names(look.all_of(some, "b")) == [("b", "cart")]


def test_a_selector_limits_what_is_looked_at(world):
    a_canary(world, "cart", labels={"by": "spillway"})
    a_canary(world, "till", labels={"by": "flagger"})

    assert names(look.all_subjects(scope_of(world, selector="by=spillway"))) == [("shop", "cart")]


def test_those_named_are_found_so_far_as_they_exist_and_are_in_scope(world):
    for name in ("cart", "till"):
        a_canary(world, name)
        a_canary(world, name, "elsewhere")

    asked = [("shop", "cart"), ("shop", "gone"), ("elsewhere", "till")]

    assert names(look.named_subjects(world.scope(Life()), asked)) == [("shop", "cart")]
    assert names(look.named_subjects(scope_of(world), asked)) == [asked[0], asked[2]]


def test_a_canary_that_is_going_is_not_touched(world):
    a_canary(world, deletionTimestamp="2026-03-01T12:00:00Z")

    assert look.all_subjects(scope_of(world)) == []


def test_a_status_that_cannot_be_read_was_lost(world):
    a_canary(world)
    path = f"{paths.canaries('shop')}/cart"
    found = world.cluster.read(path)
    world.cluster.replace(f"{path}/status", {**found, "status": {"failedChecks": "many"}})

    (subject,) = look.all_subjects(scope_of(world))

    assert subject.status == Status()


def test_what_a_canary_asks_for_is_read_once_for_as_long_as_it_asks_for_the_same(world):
    a_canary(world, "cart")
    (first,) = look.all_subjects(scope_of(world))
    (again,) = look.all_subjects(scope_of(world))
    assert again.spec is first.spec

    world.cluster.patch(
        f"{paths.canaries('shop')}/cart",
        [{"op": "add", "path": "/spec/progressDeadlineSeconds", "value": 7}],
    )
    (edited,) = look.all_subjects(scope_of(world))
    assert isinstance(edited.spec, CanarySpec)
    assert edited.spec.progress_deadline == timedelta(seconds=7)


def test_what_a_flagger_ran_and_is_refused_here_is_known_by_its_names(world):
    a_canary(world, status=Status(phase=Phase.SUCCEEDED, promoted="5b5d9cbd7f"))
    path = f"{paths.canaries('shop')}/cart"
    webhooks = [{"name": "gate", "url": "http://gate"}]
    world.cluster.patch(path, [{"op": "add", "path": "/spec/analysis/webhooks", "value": webhooks}])

    (subject,) = look.all_subjects(scope_of(world))

    assert isinstance(subject.spec, Refusal)
    assert subject.status.made == Made(Target("Deployment", "cart"), "cart", "istio")


@pytest.mark.parametrize("target", ["cart", {"name": 7}, None])
def test_a_name_that_is_none_is_left_out(world, target):
    a_canary(world)
    path = f"{paths.canaries('shop')}/cart"
    world.cluster.patch(path, [{"op": "add", "path": "/spec/targetRef", "value": target}])

    (subject,) = look.all_subjects(scope_of(world))

    assert (isinstance(subject.spec, Refusal), subject.target) == (True, "")


def test_what_rests_as_it_was_left_is_not_due(world):
    a_canary(world)
    its_objects(world)

    assert due(world) == []


@pytest.mark.parametrize("name", ["cart", "cart-primary"])
def test_a_workload_that_was_changed_makes_its_canary_due(world, name):
    a_canary(world)
    its_objects(world)
    path = f"{paths.deployments('shop')}/{name}"

    world.cluster.patch(path, [{"op": "add", "path": "/spec/replicas", "value": 9}])

    assert due(world) == ["cart"]


@pytest.mark.parametrize(
    "path",
    [
        f"{paths.deployments('shop')}/cart",
        f"{paths.deployments('shop')}/cart-primary",
        f"{paths.virtual_services('shop')}/cart",
    ],
)
def test_an_object_that_is_gone_makes_its_canary_due(world, path):
    a_canary(world)
    its_objects(world)

    world.cluster.delete(path)

    assert due(world) == ["cart"]


def test_an_object_of_the_same_name_elsewhere_is_another(world):
    a_canary(world)
    its_objects(world)
    its_objects(world, namespace="elsewhere")
    path = f"{paths.deployments('elsewhere')}/cart"

    world.cluster.patch(path, [{"op": "add", "path": "/spec/replicas", "value": 9}])

    assert due(world) == []


def test_a_tick_that_came_makes_a_canary_due_whatever_its_objects_are(world):
    a_canary(world, "past", status=a_status(Phase.PROGRESSING, next_tick=NOW))
    a_canary(world, "future", status=a_status(Phase.PROGRESSING, next_tick=LATER))

    assert due(world) == ["past"]


def test_a_sweep_looks_at_those_that_wait_for_nothing(world):
    a_canary(world, "unknown", status=Status(generation=1))

    assert due(world) == []
    assert due(world, sweep=True) == ["unknown"]


@pytest.mark.parametrize("count", [1, 50])
def test_idle_canaries_cost_three_lists_however_many_they_are(world, count):
    for number in range(count):
        a_canary(world, f"app{number}", status=at_rest(f"app{number}"))
        its_objects(world, f"app{number}")
    life = Life()

    assert due(world, life=life) == []

    assert lists(life) == [
        "list /apis/flagger.app/v1beta1/canaries",
        "list metadata /apis/apps/v1/deployments",
        "list metadata /apis/networking.istio.io/v1beta1/virtualservices",
    ]


def test_where_nothing_rests_no_objects_are_listed(world):
    a_canary(world, status=a_status(Phase.PROGRESSING, next_tick=LATER))
    life = Life()

    due(world, life=life)

    assert len(lists(life)) == 1


CART = Changed(Kind.DEPLOYMENT, "shop", "cart")


def touched(world, changed, life=None):
    found = look.touched_subjects(scope_of(world, life), changed, MOMENT)
    return [subject.owner.name for subject in found]


def test_a_deployment_that_is_nobodys_target_costs_one_list(world):
    a_canary(world, "till")
    life = Life()

    assert touched(world, CART, life) == []
    assert lists(life) == [f"list {paths.canaries('shop')}"]


def test_one_whose_pods_changed_costs_a_list_and_a_read(world):
    a_canary(world)
    its_objects(world)
    life = Life()

    assert touched(world, CART, life) == []
    assert lists(life) == [
        f"list {paths.canaries('shop')}",
        f"read {paths.deployments('shop')}/cart",
    ]


def test_a_canary_that_is_at_it_costs_one_list(world):
    a_canary(world, status=a_status(Phase.PROGRESSING))
    its_objects(world)
    life = Life()

    assert touched(world, CART, life) == []
    assert lists(life) == [f"list {paths.canaries('shop')}"]


@pytest.mark.parametrize("name", ["cart", "cart-primary"])
def test_a_workload_that_was_changed_is_news_to_its_canary_alone(world, name):
    for canary in ("cart", "till"):
        a_canary(world, canary)
        its_objects(world, canary)
    path = f"{paths.deployments('shop')}/{name}"
    world.cluster.patch(path, [{"op": "add", "path": "/spec/replicas", "value": 9}])

    assert touched(world, Changed(Kind.DEPLOYMENT, "shop", name)) == ["cart"]


def test_a_target_that_is_gone_is_news(world):
    a_canary(world)

    assert touched(world, CART) == ["cart"]


def test_a_deployment_of_a_namespace_out_of_scope_costs_nothing(world):
    a_canary(world)
    life = Life()
    scope = scope_of(world, life)

    assert look.touched_subjects(replace(scope, namespaces=("other",)), CART, MOMENT) == []
    assert life.calls == []


def test_a_canary_that_was_edited_or_is_new_is_looked_at_and_what_a_pass_wrote_is_not(world):
    a_canary(world, "edited")
    a_canary(world, "new", status=Status())
    a_canary(world, "saved")
    a_canary(world, "busy", status=a_status(Phase.PROGRESSING, next_tick=NOW))
    edit = [{"op": "add", "path": "/spec/skipAnalysis", "value": True}]
    world.cluster.patch(f"{paths.canaries('shop')}/edited", edit)

    found = {
        name: touched(world, Changed(Kind.CANARY, "shop", name))
        for name in ("edited", "new", "saved", "busy", "gone")
    }

    assert found == {"edited": ["edited"], "new": ["new"], "saved": [], "busy": [], "gone": []}
