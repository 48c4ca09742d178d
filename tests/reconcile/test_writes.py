"""Single writes, where what is there is not what a rollout leaves behind."""

from dataclasses import replace

import pytest

from shared.adapters import paths
from shared.domain.effects import KeepServices, SetRoute, WritePrimary
from shared.domain.errors import Conflict, Refused
from shared.domain.fields import Object, at, objects
from shared.domain.ownership import Owner
from shared.domain.plan import shares
from shared.domain.routes import virtual_service
from shared.domain.seen import Gone, Seen, Support, Unread
from shared.reconcile.apply import Writer
from tests.domain.situations import RUN, a_spec, a_status
from tests.domain.workloads import target
from tests.reconcile.memory import Memory

OWNER = Owner("shop", "cart", "u1")
SERVICES = paths.services("shop")
ROUTES = paths.virtual_services("shop")


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
