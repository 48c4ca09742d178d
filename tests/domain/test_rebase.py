"""Taking over a running Flagger: nothing starts that is not really new."""

from dataclasses import replace

import pytest

from shared.domain.machine import Phase
from shared.domain.rebase import rebased
from shared.domain.seen import Gone, Unread
from shared.domain.status import Status
from tests.domain.sights import BEFORE, PROMOTED, RUN, a_primary, a_sight
from tests.domain.situations import MADE, NOW, OLD, a_spec, a_status
from tests.domain.workloads import target

FLAGGERS = Status(phase=Phase.SUCCEEDED, revision="5b5d9cbd7f", promoted="5b5d9cbd7f", since=NOW)
SAME = {"target": target(spec={"template": BEFORE})}


def taken_over(status=FLAGGERS, **seen):
    return rebased(status, a_spec(), a_sight(**seen))


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(a_status(Phase.SUCCEEDED), id="ours"),
        pytest.param(Status(), id="nobodys"),
        pytest.param(Status(promoted=OLD), id="ours-by-its-hash"),
    ],
)
def test_a_status_that_is_not_flaggers_stays_as_it_is(status):
    assert taken_over(status) is status


@pytest.mark.parametrize("seen", [{"target": Unread("slow")}, {"primary": Unread("slow")}])
def test_what_cannot_be_read_now_is_taken_over_later(seen):
    assert taken_over(**seen) is FLAGGERS


@pytest.mark.parametrize("seen", [{"target": Gone()}, {"primary": Gone()}])
def test_without_its_workloads_a_canary_is_a_new_one(seen):
    assert taken_over(**seen) == Status()


def test_at_rest_the_primarys_template_is_the_promoted_revision():
    found = taken_over(**SAME)

    assert (found.phase, found.revision, found.promoted) == (Phase.SUCCEEDED, PROMOTED, PROMOTED)
    assert (found.primary_revision, found.initialized, found.made) == (PROMOTED, True, MADE)
    assert (found.routed, found.weighed_at) == (True, NOW)


def test_a_target_that_is_really_another_is_a_new_revision():
    found = taken_over()

    assert found.revision == PROMOTED != RUN


def test_what_is_found_failed_is_what_failed():
    assert taken_over(replace(FLAGGERS, phase=Phase.FAILED)).revision == RUN


def test_a_run_goes_on_as_one_of_an_unknown_revision():
    found = taken_over(replace(FLAGGERS, phase=Phase.PROGRESSING), primary=a_primary())

    assert (found.revision, found.promoted) == ("", PROMOTED)


def test_without_a_time_of_flaggers_the_weights_are_old():
    found = taken_over(replace(FLAGGERS, since=None), **SAME)

    assert found.weighed_at is not None
    assert found.weighed_at.year == 1970
