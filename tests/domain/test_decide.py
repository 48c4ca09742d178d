"""A decision as it is saved, and what comes of carrying it out."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.decide import decide, saved, settled, unsettled
from shared.domain.machine import Act, Phase, Signal
from shared.domain.notes import Kind
from shared.domain.observation import Pods, Route
from shared.domain.status import Generations, LastPromotion, Note, Status
from shared.domain.status_object import status_object
from tests.domain.situations import INTERVAL, NEW, NOW, RUN, a_situation, a_spec

EARLIER, LATER = NOW - timedelta(minutes=2), NOW + timedelta(seconds=2)
WRITTEN = Generations(2, 2, 2)
A_DAY = timedelta(hours=24)


def decided(phase=Phase.PROGRESSING, status=None, spec=None, facts=None, late=False, **look):
    return decide(a_situation(phase, status=status, spec=spec, facts=facts, late=late, **look))


def done(decision, *, told=(), now=LATER):
    return settled(decision, INTERVAL, written=WRITTEN, told=told, now=now)


def test_a_pass_that_finds_nothing_saves_nothing():
    decision = decided(Phase.SUCCEEDED)

    assert (decision.signal, decision.act) == (Signal.NOTHING, Act.KEEP)
    assert not decision.is_saved
    assert decision.effects == ()


def test_a_decision_is_numbered_dated_and_not_yet_in_force():
    decision = decided()

    status = decision.status
    assert decision.is_saved
    assert (status.decision, status.decided_at, status.settled_at) == (8, NOW, None)
    assert status.unsettled_since == NOW


@pytest.mark.parametrize(
    ("status", "unsettled_since"),
    [
        pytest.param({}, LATER, id="the first"),
        pytest.param(
            {"settled_at": None, "unsettled_since": EARLIER}, EARLIER, id="one that takes over"
        ),
    ],
)
def test_a_decision_dates_from_its_save_however_long_the_pass_took_to_come_to_it(
    status, unsettled_since
):
    decision = decided(status=status, wished=True)

    status = saved(decision, LATER).status

    assert (status.decided_at, status.unsettled_since) == (LATER, unsettled_since)
    assert status.next_tick == decision.status.next_tick


def test_it_records_what_this_look_saw():
    facts = {"generations": WRITTEN, "generation": 5, "target_revision": NEW}

    status = decided(facts=facts).status

    assert (status.generations, status.generation, status.target_revision) == (WRITTEN, 5, NEW)


def test_a_row_of_decisions_that_are_not_in_force_counts_from_the_first():
    status = decided(status={"settled_at": None, "unsettled_since": EARLIER}, wished=True).status

    assert status.unsettled_since == EARLIER


@pytest.mark.parametrize(
    ("phase", "look", "moved"),
    [
        pytest.param(Phase.PROGRESSING, {}, True, id="the-weight"),
        pytest.param(Phase.PROGRESSING, {"wished": True}, True, id="the-phase"),
        pytest.param(Phase.PROGRESSING, {"canary": Pods.UNREADY}, False, id="nothing-of-it"),
        pytest.param(Phase.SUCCEEDED, {"route": Route.OTHER}, False, id="a-repair"),
    ],
)
def test_the_transition_time_moves_with_what_flagger_would_show(phase, look, moved):
    status = decided(phase, {"since": EARLIER}, **look).status

    assert status.since == (NOW if moved else EARLIER)


@pytest.mark.parametrize(
    ("carried", "done_"),
    [pytest.param(True, True, id="it-came-for-it"), pytest.param(False, False, id="it-did-not")],
)
def test_a_promotion_is_done_by_the_pass_that_came_for_it(carried, done_):
    last = LastPromotion("run-1", NOW, done=False)
    situation = replace(
        a_situation(Phase.SUCCEEDED, status={"last_promotion": last}, unrecorded=True),
        promotion_done=carried,
    )

    found = decide(situation).status.last_promotion

    assert found == replace(last, done=done_)


def test_a_suspended_canary_keeps_no_beat_and_no_deadline():
    waiting = {"waiting_since": EARLIER, "canary": Pods.UNREADY}
    status = decided(
        status={"waiting_since": EARLIER}, spec=a_spec(suspend=True), canary=waiting["canary"]
    ).status

    assert (status.next_tick, status.waiting_since, status.suspension_told) == (None, None, True)
    assert [note.kind for note in status.outbox] == ["Suspended"]


def test_a_suspended_canary_is_taken_up_again_where_it_was():
    suspended = {"next_tick": None, "suspension_told": True}

    status = decided(status={**suspended, "settled_at": None}).status

    assert (status.next_tick, status.suspension_told) == (NOW, False)


@pytest.mark.parametrize(
    ("status", "look", "tick"),
    [
        pytest.param({}, {"unrecorded": True}, None, id="at-rest"),
        pytest.param({}, {"idle": False, "canary": Pods.READY}, NOW, id="pods-to-take"),
        pytest.param(
            {"weight": 20, "stranded": True, "waiting_since": EARLIER, "waiting_told": True},
            {"idle": False, "canary": Pods.READY, "primary": Pods.EMPTY, "unrecorded": True},
            None,
            id="left-to-the-sweep",
        ),
        pytest.param({"initialized": False}, {"unrecorded": True}, None, id="failed-at-first"),
    ],
)
def test_a_failed_canary_that_owes_something_is_looked_at_again(status, look, tick):
    assert decided(Phase.FAILED, status, **look).status.next_tick == tick


@pytest.mark.parametrize(
    ("late", "look", "counts"),
    [
        pytest.param(True, {}, True, id="a-step-that-came-late"),
        pytest.param(False, {}, False, id="one-in-time"),
        pytest.param(True, {"wished": True}, False, id="a-rollback-is-not-spaced"),
    ],
)
def test_nothing_is_caught_up_after_a_late_pass(late, look, counts):
    decision = decided(late=late, **look)

    assert decision.late is counts
    assert (done(decision).next_tick == LATER + INTERVAL) is counts


def test_a_tick_that_only_stays_is_not_counted_anew():
    coming = {"next_tick": NOW + timedelta(seconds=1)}

    assert not decided(status=coming, late=True, due=False, canary=Pods.UNREADY).late


def test_what_is_in_force_is_settled_and_the_drain_counts_from_there():
    status = done(decided())

    assert (status.settled_at, status.weighed_at) == (LATER, LATER)
    assert (status.unsettled_since, status.unsettled_reason) == (None, "")
    assert status.generations == WRITTEN


@pytest.mark.parametrize(
    ("phase", "status", "look", "weighed_at"),
    [
        pytest.param(Phase.SUCCEEDED, {}, {"unrecorded": True}, EARLIER, id="nothing-of-it"),
        pytest.param(Phase.FINALISING, {}, {"route": Route.OTHER}, LATER, id="the-route"),
        pytest.param(
            Phase.FINALISING,
            {},
            {"rerouted": True, "unrecorded": True},
            NOW,
            id="one-that-was-put-back",
        ),
        pytest.param(
            Phase.FAILED, {}, {"route": Route.OTHER, "idle": False}, LATER, id="after-a-failure"
        ),
        pytest.param(Phase.SUCCEEDED, {}, {"route": Route.OTHER}, EARLIER, id="of-no-pods"),
        pytest.param(Phase.FINALISING, {}, {"route": Route.GONE}, EARLIER, id="one-that-is-gone"),
        pytest.param(
            Phase.PROGRESSING, {"weight": 20}, {"route": Route.OTHER}, EARLIER, id="nothing-drains"
        ),
        pytest.param(
            Phase.INITIALIZING,
            {"weighed": 0, "weighed_at": None},
            {"unrecorded": True, "primary": Pods.UNREADY},
            None,
            id="no-route",
        ),
    ],
)
def test_a_drain_begins_anew_where_traffic_may_have_moved(phase, status, look, weighed_at):
    before = {"weighed_at": EARLIER, **status}

    assert done(decided(phase, before, **look)).weighed_at == weighed_at


def test_a_drain_that_begins_anew_without_a_write_counts_from_the_save():
    decision = decided(Phase.FINALISING, rerouted=True, unrecorded=True)

    assert saved(decision, LATER).status.weighed_at == LATER


def test_a_written_primary_is_remembered_by_its_revision():
    status = done(decided(status={"weight": 60, "unsettled_since": None}))

    assert (status.phase, status.primary_revision) == (Phase.PROMOTING, RUN)


def test_a_route_that_waits_for_a_pod_leaves_the_decision_unsettled():
    decision = decided(status={"weight": 100}, primary=Pods.EMPTY, canary=Pods.EMPTY)
    lost = decided(status={"weighed_at": None}, canary=Pods.EMPTY, primary=Pods.EMPTY)

    assert decision.difference.withheld is False
    assert lost.difference.withheld
    assert done(lost).settled_at is None


@pytest.mark.parametrize(
    ("unsettled_since", "since"),
    [
        pytest.param(NOW, NOW, id="asked-for-by-this-decision"),
        pytest.param(EARLIER, LATER, id="by-one-that-comes-into-force-only-now"),
    ],
)
def test_a_deadline_counts_from_when_what_is_awaited_was_asked_for(unsettled_since, since):
    decision = decided(canary=Pods.UNREADY)
    status = replace(decision.status, unsettled_since=unsettled_since)

    assert done(replace(decision, status=status)).waiting_since == since


@pytest.mark.parametrize(
    ("phase", "status", "stranded", "tick"),
    [
        pytest.param(Phase.SUCCEEDED, {}, False, LATER, id="it-goes-on"),
        pytest.param(Phase.FAILED, {}, False, LATER, id="after-a-failure"),
        pytest.param(Phase.FAILED, {"restoring": True}, True, None, id="it-still-owes"),
    ],
)
def test_what_was_stranded_for_its_writes_alone_goes_on_once_they_are_made(
    phase, status, stranded, tick
):
    before = {"stranded": True, "settled_at": None, "waiting_since": EARLIER, **status}
    before["waiting_told"] = True

    found = done(decided(phase, before, primary=Pods.UNREADY, unrecorded=True))

    assert (found.stranded, found.next_tick) == (stranded, tick)


def test_what_is_suspended_does_not_go_on_by_itself_where_its_writes_are_made():
    before = {"stranded": True, "settled_at": None, "suspension_told": True}

    found = done(decided(Phase.FAILED, before, a_spec(suspend=True), unrecorded=True))

    assert (found.stranded, found.next_tick) == (False, None)


def test_a_failed_write_is_remembered_with_its_reason_and_what_was_written_before_it():
    decision = decided()

    status = unsettled(decision, "x" * 5000, written=WRITTEN)

    assert (status.settled_at, status.weight) == (None, 40)
    assert (status.unsettled_reason, status.generations) == ("x" * 197 + "…", WRITTEN)


def notes(count, *, at=NOW, kind=Kind.WAITING):
    return tuple(Note(number, at, kind, (str(number),)) for number in range(count))


def outbox(before, **look):
    return decided(Phase.SUCCEEDED, {"outbox": before}, unrecorded=True, **look).status.outbox


def test_what_was_told_leaves_the_outbox_and_the_rest_stays():
    decision = decided(Phase.SUCCEEDED, {"outbox": notes(3)}, unrecorded=True)

    assert done(decision, told=notes(3)[:2]).outbox == notes(3)[2:]


@pytest.mark.parametrize("count", [0, 1, 20])
def test_up_to_20_notes_wait_to_be_told(count):
    assert outbox(notes(count)) == notes(count)


@pytest.mark.parametrize(
    ("count", "lost"),
    [pytest.param(21, 2, id="one-too-many"), pytest.param(30, 11, id="ten-too-many")],
)
def test_of_more_the_oldest_fall_out_and_a_warning_counts_and_names_them(count, lost):
    found = outbox((*notes(count - 1), Note(99, NOW, Kind.ADVANCED, ("20",))))

    assert len(found) == 20
    assert found[-1] == Note(8, NOW, Kind.DROPPED, (f"{lost}: Waiting",))
    assert found[0] == notes(count)[lost]


@pytest.mark.parametrize(
    ("age", "kept"),
    [
        pytest.param(A_DAY, True, id="at-24-hours"),
        pytest.param(A_DAY + timedelta.resolution, False, id="older"),
    ],
)
def test_a_note_older_than_a_day_is_not_told_any_more(age, kept):
    old = notes(1, at=NOW - age, kind=Kind.HALTED)

    found = outbox((*old, *notes(1)))

    dropped = Note(8, NOW, Kind.DROPPED, ("1: Halted",))
    assert found == ((*old, *notes(1)) if kept else (*notes(1), dropped))


def test_each_kind_of_what_was_dropped_is_named_once():
    old = (*notes(2, at=NOW - 2 * A_DAY), *notes(1, at=NOW - 2 * A_DAY, kind=Kind.FAILED))

    assert outbox(old) == (Note(8, NOW, Kind.DROPPED, ("3: Failed, Waiting",)),)


@pytest.mark.parametrize(
    ("length", "kept"),
    [
        pytest.param(200, 20, id="as-long-as-texts-are"),
        pytest.param(1000, 7, id="longer"),
        pytest.param(20_000, 0, id="than-a-status-may-be"),
    ],
)
def test_of_long_notes_fewer_wait_to_be_told(length, kept):
    long = tuple(replace(note, arguments=("x" * length,)) for note in notes(20))

    found = [note for note in outbox(long) if note.kind == Kind.WAITING]

    assert found == list(long[20 - kept :])
    assert len(json.dumps(status_object(Status(outbox=outbox(long))))) < 12 << 10
