"""Effects as writes: absolute, on the condition of what was seen, and safe to repeat."""

from typing import Any

import pytest

from shared.adapters import paths
from shared.domain.effects import (
    KeepServices,
    Prune,
    ScaleDown,
    ScaleUp,
    SetRoute,
    WritePrimary,
)
from shared.domain.errors import Conflict, Refused
from shared.domain.fields import Json, Object, at, objects, pairs, text, whole
from shared.domain.ownership import Owner
from shared.domain.primary import DECISION, primary_object
from shared.domain.revision import revision_of
from shared.domain.seen import Gone, Seen, Support, Unread
from shared.domain.snapshots import snapshot
from shared.domain.workload import from_object
from shared.reconcile.apply import Writer
from tests.domain.situations import OLD, a_spec, a_status
from tests.domain.workloads import deployment, target, template
from tests.reconcile.memory import Memory
from tests.reconcile.watcher import image_of, shares_of

OWNER = Owner("shop", "cart", "u1")
TARGET = f"{paths.deployments('shop')}/cart"
PRIMARY = f"{TARGET}-primary"
ROUTE = f"{paths.virtual_services('shop')}/cart"
NEWER = template(containers=[{"name": "cart", "image": "cart:2"}])
ANOTHER = revision_of(NEWER)


@pytest.fixture
def memory() -> Memory:
    """A target and its primary, both at their first generation."""
    found = Memory()
    found.create(paths.deployments("shop"), deployment())
    made = primary_object(target(), template(), revision_of(template()), OWNER, replicas=3)
    found.create(paths.deployments("shop"), made)
    return found


def workload(memory: Memory, path: str) -> Any:
    found = memory.read(path)
    return from_object(found) if found else Gone()


def writer(memory: Memory, status: dict[str, Any] | None = None, **seen: Any) -> Writer:
    """Of a canary that has just looked, but for what is given."""
    looked = {
        "target": workload(memory, TARGET),
        "primary": workload(memory, PRIMARY),
        "route": memory.read(ROUTE) or Gone(),
        **seen,
    }
    return Writer(
        memory,  # type: ignore[arg-type]  # has all its calls
        OWNER,
        a_spec(),
        stands_in=False,
        seen=Seen(**looked),
        status=a_status(**(status or {})),
    )


def edit(memory: Memory, path: str, field: str, value: Json) -> None:
    memory.patch(path, [{"op": "add", "path": field, "value": value}])


def test_a_target_is_scaled_up_to_its_primarys_replicas(memory):
    edit(memory, TARGET, "/spec/replicas", 0)
    acting = writer(memory)

    acting.apply(ScaleUp())

    assert whole(memory.read(TARGET), "spec", "replicas") == 3
    assert acting.written.target == whole(memory.read(TARGET), "metadata", "generation")


def test_a_target_is_scaled_up_to_one_at_least(memory):
    edit(memory, PRIMARY, "/spec/replicas", 0)

    writer(memory).apply(ScaleUp())

    assert whole(memory.read(TARGET), "spec", "replicas") == 1


def test_a_target_is_scaled_down_to_none(memory):
    writer(memory).apply(ScaleDown())

    assert whole(memory.read(TARGET), "spec", "replicas") == 0


@pytest.mark.parametrize(
    ("effect", "path"),
    [
        pytest.param(ScaleDown(), TARGET, id="target"),
        pytest.param(WritePrimary(OLD), PRIMARY, id="primary"),
        pytest.param(SetRoute(20), ROUTE, id="route"),
    ],
)
def test_a_write_on_what_was_changed_since_is_a_lost_race(memory, effect, path):
    writer(memory).apply(SetRoute(0))
    kept = Support(snapshots={OLD: template()})
    acting = writer(memory, support=kept)
    field = "/spec/hosts" if path == ROUTE else "/spec/paused"
    edit(memory, path, field, ["elsewhere"] if path == ROUTE else True)
    before = memory.read(path)

    with pytest.raises(Conflict):
        acting.apply(effect)

    assert memory.read(path) == before


@pytest.mark.parametrize(
    ("effect", "seen"),
    [
        pytest.param(ScaleUp(), {"target": Unread("slow")}, id="an-unread-target"),
        pytest.param(ScaleUp(), {"primary": Unread("slow")}, id="an-unread-primary"),
        pytest.param(ScaleDown(), {"target": Gone()}, id="a-target-that-is-gone"),
        pytest.param(SetRoute(20), {"route": Unread("slow")}, id="an-unread-route"),
    ],
)
def test_what_was_not_seen_is_not_written(memory, effect, seen):
    before = dict(memory.objects)

    with pytest.raises(Conflict):
        writer(memory, **seen).apply(effect)

    assert memory.objects == before


def test_a_route_is_made_with_its_weights_and_its_decision(memory):
    acting = writer(memory)

    acting.apply(SetRoute(20))

    made = memory.read(ROUTE)
    assert shares_of(made) == (("cart-primary", 80), ("cart-canary", 20))
    assert pairs(made, "metadata", "annotations")[DECISION] == "7"
    assert acting.written.route == 1


def test_a_route_is_written_though_it_looks_right_already(memory):
    writer(memory).apply(SetRoute(20))
    before = memory.read(ROUTE)

    writer(memory, {"decision": 8}).apply(SetRoute(20))

    after = memory.read(ROUTE)
    assert shares_of(after) == shares_of(before)
    assert at(after, "metadata", "resourceVersion") != at(before, "metadata", "resourceVersion")


def test_of_a_route_whose_spec_is_refused_only_the_weights_are_changed(memory):
    writer(memory).apply(SetRoute(20))
    edit(memory, ROUTE, "/spec/hosts", ["shop.example.com"])
    acting = writer(memory)
    acting.stands_in = True

    acting.apply(SetRoute(0))

    after = memory.read(ROUTE)
    assert shares_of(after) == (("cart-primary", 100), ("cart-canary", 0))
    assert at(after, "spec", "hosts") == ["shop.example.com"]


def test_a_route_that_is_gone_is_not_made_of_a_spec_that_is_refused(memory):
    acting = writer(memory)
    acting.stands_in = True

    acting.apply(SetRoute(0))

    assert memory.read(ROUTE) is None


def test_a_primary_is_made_from_the_snapshot(memory):
    memory.delete(PRIMARY)
    acting = writer(memory, support=Support(snapshots={ANOTHER: NEWER}))

    acting.apply(WritePrimary(ANOTHER))

    made = memory.read(PRIMARY)
    assert (image_of(made), whole(made, "spec", "replicas")) == ("cart:2", 2)
    assert acting.written.primary == 1


def test_a_primary_has_a_replica_even_where_its_target_has_none(memory):
    memory.delete(PRIMARY)
    edit(memory, TARGET, "/spec/replicas", 0)

    writer(memory, support=Support(snapshots={ANOTHER: NEWER})).apply(WritePrimary(ANOTHER))

    assert whole(memory.read(PRIMARY), "spec", "replicas") == 1


@pytest.mark.parametrize(
    ("revision", "status", "replicas"),
    [
        pytest.param(ANOTHER, {}, 2, id="a-promotion-brings-the-targets-replicas"),
        pytest.param(ANOTHER, {"promoted": ANOTHER}, 3, id="a-restore-keeps-its-own"),
    ],
)
def test_a_primary_is_changed_to_the_snapshot_and_stamped(memory, revision, status, replicas):
    acting = writer(memory, status, support=Support(snapshots={revision: NEWER}))

    acting.apply(WritePrimary(revision))

    after = memory.read(PRIMARY)
    assert (image_of(after), whole(after, "spec", "replicas")) == ("cart:2", replicas)
    assert pairs(after, "metadata", "annotations")[DECISION] == "7"
    assert acting.written.primary == 2


def test_what_is_promoted_is_the_snapshot_and_not_what_the_target_is_by_then(memory):
    edit(memory, TARGET, "/spec/template/spec/containers/0/image", "cart:9")
    recorded = {"target_revision": revision_of(template())}

    writer(memory, recorded, support=Support(snapshots={ANOTHER: NEWER})).apply(
        WritePrimary(ANOTHER)
    )

    assert image_of(memory.read(PRIMARY)) == "cart:2"


@pytest.mark.parametrize("support", [None, Support()])
def test_a_snapshot_that_is_lost_is_made_up_by_a_target_of_that_revision(memory, support):
    edit(memory, TARGET, "/spec/template/spec/containers/0/image", "cart:2")

    writer(memory, {"target_revision": ANOTHER}, support=support).apply(WritePrimary(ANOTHER))

    assert image_of(memory.read(PRIMARY)) == "cart:2"


def test_a_snapshot_that_is_lost_is_never_made_up_by_another_revision(memory):
    with pytest.raises(Refused, match=r"the snapshot cart-.* of shop is gone"):
        writer(memory, {"target_revision": OLD}).apply(WritePrimary(ANOTHER))


def test_a_primary_is_restored_though_its_target_is_gone(memory):
    memory.delete(TARGET)

    writer(memory, {"promoted": ANOTHER}, support=Support(snapshots={ANOTHER: NEWER})).apply(
        WritePrimary(ANOTHER)
    )

    assert image_of(memory.read(PRIMARY)) == "cart:2"


def listed(memory: Memory, path: str) -> dict[str, Object]:
    return {text(item, "metadata", "name"): item for page in memory.pages(path) for item in page}


@pytest.mark.parametrize(
    ("routed", "services", "rules"),
    [
        pytest.param(False, {"cart-canary", "cart-primary"}, set(), id="before-the-route"),
        pytest.param(
            True,
            {"cart", "cart-canary", "cart-primary"},
            {"cart-canary", "cart-primary"},
            id="after-it",
        ),
    ],
)
def test_the_apex_is_taken_over_only_once_there_is_a_route(memory, routed, services, rules):
    writer(memory).apply(KeepServices(routed))

    assert set(listed(memory, paths.services("shop"))) == services
    assert set(listed(memory, paths.destination_rules("shop"))) == rules


def test_services_and_rules_that_are_as_wanted_are_not_written_again(memory):
    writer(memory).apply(KeepServices(routed=True))
    support = Support(
        services=listed(memory, paths.services("shop")),
        rules=listed(memory, paths.destination_rules("shop")),
    )
    before = dict(memory.objects)

    writer(memory, support=support).apply(KeepServices(routed=True))

    assert memory.objects == before


def test_services_and_rules_that_were_changed_are_put_right(memory):
    writer(memory).apply(KeepServices(routed=True))
    rule = f"{paths.destination_rules('shop')}/cart-canary"
    service = f"{paths.services('shop')}/cart-canary"
    edit(memory, rule, "/spec/host", "elsewhere")
    edit(memory, service, "/spec/ports", [{"port": 1}])
    support = Support(
        services=listed(memory, paths.services("shop")),
        rules=listed(memory, paths.destination_rules("shop")),
    )

    writer(memory, support=support).apply(KeepServices(routed=True))

    assert text(memory.read(rule), "spec", "host") == "cart-canary"
    assert [port["port"] for port in objects(memory.read(service), "spec", "ports")] == [80]


@pytest.mark.parametrize(
    ("keep", "left"),
    [
        pytest.param((OLD,), 1, id="one-is-kept"),
        pytest.param((OLD, ANOTHER), 2, id="both-are"),
        pytest.param((), 0, id="none-is"),
    ],
)
def test_only_the_snapshots_that_are_kept_stay(memory, keep, left):
    for revision in (OLD, ANOTHER):
        memory.create(paths.snapshots("shop"), snapshot(OWNER, revision, template(), 1))
    kept = Support(snapshots={OLD: template(), ANOTHER: template()})

    for _ in range(2):
        writer(memory, support=kept).apply(Prune(keep))

    assert len(listed(memory, paths.snapshots("shop"))) == left


def test_without_a_thorough_look_no_snapshot_is_deleted(memory):
    memory.create(paths.snapshots("shop"), snapshot(OWNER, OLD, template(), 1))

    writer(memory).apply(Prune(()))

    assert len(listed(memory, paths.snapshots("shop"))) == 1
