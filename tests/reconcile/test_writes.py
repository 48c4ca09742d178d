"""Single writes, where what is there is not what a rollout leaves behind."""

from dataclasses import replace

import pytest

from shared.adapters import paths
from shared.domain.effects import KeepServices, KeepSnapshot, SetRoute, WritePrimary
from shared.domain.errors import Conflict, Refused
from shared.domain.fields import Object, at, objects
from shared.domain.ownership import Owner
from shared.domain.plan import shares
from shared.domain.primary import primary_object
from shared.domain.revision import revision_of
from shared.domain.routes import virtual_service
from shared.domain.seen import Gone, Seen, Support, Unread
from shared.domain.snapshots import snapshot, template_of
from shared.domain.workload import Workload, from_object
from shared.reconcile.apply import Writer
from tests.domain.situations import RUN, a_spec, a_status
from tests.domain.workloads import target, template
from tests.reconcile.memory import Memory

OWNER = Owner("shop", "cart", "u1")
SERVICES = paths.services("shop")
ROUTES = paths.virtual_services("shop")
SNAPSHOTS = paths.snapshots("shop")
REVISION = revision_of(template())
KEEP = KeepSnapshot(REVISION, promoted=False)
KEEP_PROMOTED = KeepSnapshot(REVISION, promoted=True)


@pytest.fixture
def memory() -> Memory:
    return Memory()


def writer(memory: Memory, *, stands_in=False, **seen) -> Writer:
    """Of a canary of which nothing but the target and these objects is there."""
    spec, status = a_spec(), a_status()
    if stands_in:
        spec = replace(spec, service=replace(spec.service, port=0))
    found = Seen(**{"target": target(), "primary": Gone(), "route": Gone(), **seen})
    return Writer(memory, OWNER, spec, stands_in=stands_in, seen=found, status=status)  # type: ignore[arg-type]  # has all its calls


def primary_of(made_from: Workload) -> Workload:
    revision = revision_of(made_from.template)
    return from_object(primary_object(made_from, made_from.template, revision, OWNER, 2))


def every(memory: Memory, path: str) -> dict[str, Object]:
    return {str(at(item, "metadata", "name")): item for page in memory.pages(path) for item in page}


def test_a_spec_that_stands_in_for_a_refused_one_leaves_the_services_as_they_are(memory):
    writer(memory).apply(KeepServices(routed=True))
    before = every(memory, SERVICES)

    again = writer(memory, stands_in=True, support=Support(services=before))
    again.apply(KeepServices(routed=True))

    assert len(before) == 3
    assert every(memory, SERVICES) == before
    assert all(objects(item, "spec", "ports")[0]["port"] == 80 for item in before.values())


@pytest.mark.parametrize("stands_in", [False, True])
def test_a_route_that_somebody_else_has_put_there_is_not_written(memory, stands_in):
    theirs = virtual_service(a_spec(), replace(OWNER, name="till"), shares(a_spec().service, 50))
    found = memory.create(ROUTES, theirs)

    with pytest.raises(Refused, match="virtualservice cart belongs to somebody else"):
        writer(memory, stands_in=stands_in, route=found).apply(SetRoute(0))

    assert every(memory, ROUTES) == {"cart": found}


def test_nothing_is_made_for_a_canary_whose_target_and_primary_are_both_gone(memory):
    with pytest.raises(Refused, match="deployment cart and its primary are both gone"):
        writer(memory, target=Gone()).apply(WritePrimary(RUN))

    assert not memory.objects


def test_what_is_unread_may_be_there_at_the_next_look(memory):
    with pytest.raises(Conflict, match="deployment cart or its primary is unread"):
        writer(memory, target=Gone(), primary=Unread("why")).apply(WritePrimary(RUN))


def test_the_promoted_snapshot_is_what_the_primary_was_made_from(memory):
    writer(memory, primary=primary_of(target())).apply(KEEP_PROMOTED)

    (kept,) = every(memory, SNAPSHOTS).values()
    assert revision_of(template_of(kept)) == REVISION


def test_a_primary_that_is_not_what_was_promoted_is_not_kept_under_that_name(memory):
    other = template(containers=[{"name": "cart", "image": "cart:9"}])

    with pytest.raises(Refused, match="cart-primary is not what was promoted"):
        writer(memory, primary=primary_of(target(spec={"template": other}))).apply(KEEP_PROMOTED)

    assert not memory.objects


def test_a_snapshot_that_is_there_is_kept_as_it_is(memory):
    writer(memory).apply(KEEP)
    before = every(memory, SNAPSHOTS)

    writer(memory).apply(KEEP)

    assert every(memory, SNAPSHOTS) == before


def test_the_snapshot_of_a_canary_that_was_deleted_is_not_taken_for_ones_own(memory):
    """It goes with its owner, a moment later."""
    memory.create(SNAPSHOTS, snapshot(replace(OWNER, uid="u0"), REVISION, template(), 1))

    with pytest.raises(Conflict, match="that of an earlier Canary cart is still there"):
        writer(memory).apply(KEEP)


def test_another_template_under_the_name_of_a_revision_is_never_taken_for_it(memory):
    memory.create(SNAPSHOTS, snapshot(OWNER, REVISION, template(hostNetwork=True), 1))

    with pytest.raises(Refused, match="another template is kept under this name"):
        writer(memory).apply(KEEP)
