"""What is done before the first run: a canary is taken up, or it is said why not."""

import pytest

from shared.domain.decide import decide
from shared.domain.machine import Phase
from shared.domain.observation import Pods, Revision
from tests.domain.situations import (
    INTERVAL,
    MADE,
    NEW,
    NOW,
    OLD,
    RUN,
    a_situation,
    after,
    told,
)

WAITING = {"waiting_since": NOW - INTERVAL}
UNROUTED = {"weighed": 0, "weighed_at": None, "promoted": "", "primary_revision": RUN}
WHY = "cart-primary.shop not ready: why"


@pytest.mark.parametrize(
    ("found", "adopted"),
    [pytest.param("", "", id="no-primary"), pytest.param(OLD, OLD, id="a-primary-was-there")],
)
def test_a_new_canary_is_initialised_with_what_is_there(found, adopted):
    status = after(Phase.NEW, facts={"primary_revision": found}, revision=Revision.NEW)

    assert status.phase is Phase.INITIALIZING
    assert (status.revision, status.promoted, status.primary_revision) == (RUN, adopted, adopted)
    assert (status.made, status.started_at, status.waiting_since) == (MADE, NOW, NOW)
    assert (status.initialized, status.routed) == (False, False)
    assert told(status) == []


def test_a_failed_initialisation_begins_again_with_what_it_had_adopted():
    failed = {"initialized": False, "stranded": True, "failed_checks": 1}

    status = after(Phase.FAILED, failed, facts={"target_revision": NEW}, revision=Revision.NEW)

    assert (status.phase, status.revision, status.promoted) == (Phase.INITIALIZING, NEW, OLD)
    assert (status.stranded, status.failed_checks) == (False, 0)


def test_a_missing_target_is_told_once():
    status = after(Phase.NEW, canary=Pods.GONE, idle=True)

    assert told(status) == [("Absent",)]
    assert (status.phase, status.waiting_told) == (Phase.NEW, True)


def test_the_first_route_is_asked_for_when_the_primary_is_ready():
    status = after(Phase.INITIALIZING, {**UNROUTED, **WAITING})

    assert (status.weight, status.weighed, status.weighed_at) == (0, 8, None)
    assert (status.promoted, status.waiting_since, status.next_tick) == (OLD, None, NOW)


@pytest.mark.parametrize(
    ("revision", "tick"),
    [pytest.param(OLD, None, id="at-rest"), pytest.param(NEW, NOW, id="a-newer-revision-waits")],
)
def test_an_initialised_canary_rests(revision, tick):
    status = after(Phase.INITIALIZING, facts={"target_revision": revision})

    assert (status.phase, status.initialized) == (Phase.INITIALIZED, True)
    assert (status.revision, status.next_tick) == (OLD, tick)
    assert told(status) == [("Initialized",)]


@pytest.mark.parametrize(
    ("look", "note"),
    [
        pytest.param({"wished": True}, ("Withdrawn", "errors (alice)"), id="a-wish"),
        pytest.param({"overdue": True, "primary": Pods.UNREADY}, ("Expired", WHY), id="deadline"),
    ],
)
def test_an_initialisation_that_is_given_up_leaves_everything_as_it_is(look, note):
    status = after(Phase.INITIALIZING, WAITING, **look)

    assert (status.phase, status.waiting_since) == (Phase.FAILED, None)
    assert status.next_tick is None
    assert told(status) == [note]
    assert decide(a_situation(Phase.INITIALIZING, status=WAITING, **look)).effects == ()


def test_a_refusal_is_told_and_shown_and_nothing_else_is_touched():
    status = after(Phase.SUCCEEDED, facts={"refusal": "spec.x: no"}, accepted=False)

    assert (status.phase, status.refusal, status.refused_generation) == (
        Phase.SUCCEEDED,
        "spec.x: no",
        1,
    )
    assert [(c.type, c.status, c.message) for c in status.conditions] == [
        ("Accepted", "False", "spec.x: no")
    ]
    assert told(status) == [("Refused", "spec.x: no")]


@pytest.mark.parametrize("phase", [Phase.NEW, Phase.SUCCEEDED])
def test_nothing_is_left_of_a_refusal_once_the_spec_is_mended(phase):
    status = after(phase, {"refused_generation": 1, "refusal": "spec.x: no"})

    assert (status.refused_generation, status.refusal) == (0, "")
    assert [(c.type, c.status) for c in status.conditions] == [("Accepted", "True")]
