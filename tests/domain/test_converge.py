"""From what the status asks for and what was seen to the writes, in an order that is safe."""

import pytest

from shared.domain.converge import converge, differs, intended_primary, needs_support
from shared.domain.effects import (
    KeepServices,
    KeepSnapshot,
    Prune,
    ScaleDown,
    ScaleUp,
    SetRoute,
    WritePrimary,
)
from shared.domain.machine import Act, Phase
from shared.domain.observation import Pods, Revision, Route
from tests.domain.situations import NOW, OLD, RUN, a_look, a_status

INITIALIZING, INITIALIZED = Phase.INITIALIZING, Phase.INITIALIZED
PROGRESSING, PROMOTING, FINALISING = Phase.PROGRESSING, Phase.PROMOTING, Phase.FINALISING
SUCCEEDED, FAILED = Phase.SUCCEEDED, Phase.FAILED
FRESH = {"weighed_at": None}  # the weight was asked for just now
NEVER = {"initialized": False, "weighed": 0, "weighed_at": None}


def effects(phase, status=None, act=Act.REPAIR, **look):
    """Of a first decision at a status: nothing before it is still to be put in force."""
    decided = {"settled_at": None, "unsettled_since": NOW, **(status or {})}
    return converge(a_status(phase, **decided), a_look(phase, **look), act).effects


@pytest.mark.parametrize("phase", [INITIALIZING, INITIALIZED, PROGRESSING, FINALISING, FAILED])
def test_where_all_is_as_asked_nothing_is_written(phase):
    assert effects(phase) == ()


@pytest.mark.parametrize(
    ("phase", "status"),
    [
        pytest.param(Phase.NEW, {}, id="not-taken-up"),
        pytest.param(FAILED, NEVER, id="failed-to-be"),
    ],
)
def test_what_was_never_taken_up_is_left_as_it_is(phase, status):
    assert effects(phase, status, idle=False, primary=Pods.GONE, route=Route.OTHER) == ()


@pytest.mark.parametrize(
    ("phase", "status", "revision"),
    [
        pytest.param(INITIALIZING, {"promoted": ""}, RUN, id="the-first"),
        pytest.param(INITIALIZING, {}, OLD, id="one-that-was-there"),
        pytest.param(PROGRESSING, {}, OLD, id="in-a-run"),
        pytest.param(PROMOTING, {}, RUN, id="promoting"),
        pytest.param(FINALISING, {}, RUN, id="finalising"),
        pytest.param(SUCCEEDED, {}, OLD, id="at-rest"),
        pytest.param(FAILED, {}, OLD, id="failed"),
    ],
)
def test_the_primary_runs_what_is_promoted_and_from_promoting_on_what_was_analysed(
    phase, status, revision
):
    assert intended_primary(a_status(phase, **status)) == revision


@pytest.mark.parametrize(
    ("recorded", "primary", "canary", "written"),
    [
        pytest.param(OLD, Pods.READY, Pods.READY, False, id="as-asked"),
        pytest.param(OLD, Pods.GONE, Pods.READY, True, id="gone"),
        pytest.param(OLD, Pods.UNREAD, Pods.READY, False, id="unread"),
        pytest.param(RUN, Pods.READY, Pods.READY, True, id="another-revision"),
        pytest.param(RUN, Pods.GONE, Pods.READY, True, id="another-and-gone"),
        pytest.param(RUN, Pods.UNREAD, Pods.READY, False, id="another-and-unread"),
        pytest.param(OLD, Pods.GONE, Pods.GONE, False, id="nothing-to-make-it-from"),
    ],
)
def test_a_primary_is_written_where_it_is_gone_or_of_another_revision(
    recorded, primary, canary, written
):
    found = effects(PROGRESSING, {"primary_revision": recorded}, primary=primary, canary=canary)

    assert (WritePrimary(OLD) in found) is written


@pytest.mark.parametrize(
    ("phase", "look", "scaled"),
    [
        pytest.param(PROGRESSING, {"canary": Pods.EMPTY}, True, id="in-a-run"),
        pytest.param(PROGRESSING, {"canary": Pods.GONE}, False, id="gone"),
        pytest.param(PROGRESSING, {"canary": Pods.UNREAD}, False, id="unread"),
        pytest.param(PROMOTING, {"canary": Pods.EMPTY}, False, id="not-after-it"),
    ],
)
def test_a_run_scales_its_target_up(phase, look, scaled):
    assert (ScaleUp() in effects(phase, {"weight": 0}, idle=True, **look)) is scaled


@pytest.mark.parametrize(
    ("phase", "status", "look", "scaled"),
    [
        pytest.param(SUCCEEDED, {}, {}, True, id="succeeded"),
        pytest.param(FAILED, {}, {}, True, id="failed"),
        pytest.param(INITIALIZED, {}, {}, True, id="initialised"),
        pytest.param(PROGRESSING, {"weight": 0}, {}, False, id="in-a-run"),
        pytest.param(FAILED, {"weight": 1}, {}, False, id="with-weight"),
        pytest.param(FAILED, {"restoring": True}, {}, False, id="while-it-goes-back"),
        pytest.param(FAILED, FRESH, {}, False, id="weight-not-settled"),
        pytest.param(FAILED, {}, {"drained": False}, False, id="drains"),
        pytest.param(FAILED, {}, {"route": Route.OTHER}, False, id="another-route"),
        pytest.param(FAILED, {}, {"route": Route.UNREAD}, False, id="route-unread"),
        pytest.param(FAILED, {}, {"canary": Pods.UNREAD}, False, id="target-unread"),
        pytest.param(FAILED, {}, {"idle": True}, False, id="it-is-already"),
    ],
)
def test_no_pods_are_scaled_away_before_their_traffic_is_drained(phase, status, look, scaled):
    assert (ScaleDown() in effects(phase, status, **{"idle": False, **look})) is scaled


@pytest.mark.parametrize(
    ("status", "route", "written"),
    [
        pytest.param({}, Route.AS_ASKED, False, id="as-asked"),
        pytest.param({}, Route.OTHER, True, id="drift"),
        pytest.param({}, Route.GONE, True, id="gone"),
        pytest.param(FRESH, Route.AS_ASKED, True, id="the-fence"),
        pytest.param(FRESH, Route.UNREAD, False, id="unread"),
        pytest.param({**FRESH, "weighed": 0}, Route.GONE, False, id="no-route-was-asked-for"),
    ],
)
def test_a_route_is_written_where_it_differs_or_its_weights_are_new(status, route, written):
    assert (SetRoute(20) in effects(PROGRESSING, status, route=route)) is written


@pytest.mark.parametrize(
    ("weight", "canary", "primary", "withheld"),
    [
        pytest.param(20, Pods.UNREADY, Pods.UNREADY, False, id="a-pod-of-each-is-enough"),
        pytest.param(20, Pods.EMPTY, Pods.READY, True, id="no-canary"),
        pytest.param(20, Pods.READY, Pods.EMPTY, True, id="no-primary"),
        pytest.param(0, Pods.EMPTY, Pods.READY, False, id="all-to-the-primary"),
        pytest.param(0, Pods.READY, Pods.STUCK, True, id="which-has-none"),
        pytest.param(100, Pods.READY, Pods.EMPTY, False, id="all-to-the-canary"),
        pytest.param(100, Pods.GONE, Pods.READY, True, id="which-is-gone"),
    ],
)
def test_no_write_gives_traffic_to_who_has_no_ready_pod(weight, canary, primary, withheld):
    status = a_status(PROGRESSING, weight=weight, weighed_at=None)

    difference = converge(status, a_look(canary=canary, primary=primary), Act.REPAIR)

    assert difference.withheld is withheld
    assert (SetRoute(weight) in difference.effects) is not withheld


@pytest.mark.parametrize(
    ("fields", "withheld"),
    [
        pytest.param(FRESH, True, id="new-weights"),
        pytest.param({}, False, id="those-that-were-written"),
        pytest.param({**FRESH, "weighed": 0}, False, id="no-route-was-asked-for"),
    ],
)
def test_weights_are_not_in_force_while_their_route_is_unread(fields, withheld):
    status = a_status(PROGRESSING, **fields)

    assert converge(status, a_look(route=Route.UNREAD), Act.REPAIR).withheld is withheld


def test_a_canary_without_its_share_keeps_no_route_from_being_right():
    assert not converge(a_status(), a_look(canary=Pods.EMPTY), Act.REPAIR).withheld


@pytest.mark.parametrize(
    ("act", "status", "look", "kept"),
    [
        pytest.param(Act.BEGIN, {}, {}, [], id="all-are-kept"),
        pytest.param(
            Act.BEGIN, {}, {"promoted_kept": False}, [KeepSnapshot(OLD, promoted=True)], id="old"
        ),
        pytest.param(
            Act.BEGIN, {"promoted": ""}, {"promoted_kept": False}, [], id="nothing-is-promoted"
        ),
        pytest.param(
            Act.BEGIN,
            {},
            {"target_kept": False, "revision": Revision.NEW},
            [KeepSnapshot(RUN, promoted=False)],
            id="a-run-begins-with-its-own",
        ),
        pytest.param(
            Act.PROMOTE,
            {},
            {"target_kept": False},
            [KeepSnapshot(RUN, promoted=False)],
            id="one-that-was-lost",
        ),
        pytest.param(
            Act.PROMOTE,
            {},
            {"target_kept": False, "revision": Revision.NEW},
            [],
            id="never-the-targets-where-it-is-another-by-now",
        ),
        pytest.param(Act.STEP, {}, {"target_kept": False}, [], id="not-looked-at-in-a-step"),
    ],
)
def test_a_run_begins_with_snapshots_of_what_it_may_go_back_to_and_on_to(act, status, look, kept):
    found = effects(PROGRESSING, status, act, **look)

    assert [effect for effect in found if isinstance(effect, KeepSnapshot)] == kept


def test_outside_a_run_no_snapshot_of_the_target_is_taken():
    found = effects(FINALISING, {}, Act.RESTORE, target_kept=False)

    assert found == (KeepServices(routed=True),)


@pytest.mark.parametrize(
    ("weighed", "routed"), [pytest.param(0, False, id="before"), pytest.param(6, True, id="after")]
)
def test_services_are_kept_and_taken_over_once_there_is_a_route(weighed, routed):
    found = effects(INITIALIZING, {"weighed": weighed}, Act.ROUTE)

    assert KeepServices(routed) in found


def test_a_decision_that_follows_one_never_in_force_does_that_ones_work_too():
    unsettled = {"unsettled_since": None}

    assert KeepServices(routed=True) in effects(PROGRESSING, unsettled)
    assert KeepServices(routed=True) not in effects(PROGRESSING)


@pytest.mark.parametrize(
    ("status", "kept"),
    [
        pytest.param({"previous": "s1:older"}, (OLD, "s1:older"), id="the-last-two"),
        pytest.param({"revision": RUN}, (RUN, OLD, ""), id="and-the-runs"),
    ],
)
def test_after_a_success_only_the_last_promoted_snapshots_stay(status, kept):
    assert effects(SUCCEEDED, status, Act.SUCCEED)[-1] == Prune(kept)


def test_writes_come_in_an_order_that_is_safe_to_stop_in():
    lost = {"promoted_kept": False, "target_kept": False, "canary": Pods.UNREADY, "idle": True}

    started = effects(
        PROGRESSING, {"primary_revision": "", **FRESH}, Act.BEGIN, primary=Pods.UNREADY, **lost
    )
    ended = effects(SUCCEEDED, {"primary_revision": ""}, Act.SUCCEED, **{**lost, "idle": False})

    assert [type(effect) for effect in started] == [
        KeepSnapshot,
        KeepSnapshot,
        KeepServices,
        WritePrimary,
        ScaleUp,
        SetRoute,
    ]
    assert [type(effect) for effect in ended] == [
        KeepSnapshot,
        KeepServices,
        WritePrimary,
        ScaleDown,
        Prune,
    ]


@pytest.mark.parametrize(
    ("status", "look", "differing"),
    [
        pytest.param({}, {}, False, id="as-asked"),
        pytest.param({}, {"route": Route.OTHER}, True, id="drift"),
        pytest.param({"settled_at": None}, {}, True, id="to-be-settled"),
        pytest.param(
            {"settled_at": None, **FRESH}, {"canary": Pods.EMPTY}, False, id="waits-for-a-pod"
        ),
        pytest.param({}, {"route": Route.OTHER, "canary": Pods.EMPTY}, False, id="drift-waits-too"),
    ],
)
def test_a_difference_is_what_a_pass_could_put_right(status, look, differing):
    assert differs(a_status(PROGRESSING, **status), a_look(PROGRESSING, **look)) is differing


@pytest.mark.parametrize(
    ("act", "look", "needed"),
    [
        pytest.param(Act.BEGIN, {}, True, id="starts"),
        pytest.param(Act.PROMOTE, {}, True, id="promotes"),
        pytest.param(Act.RESTORE, {}, True, id="restores"),
        pytest.param(Act.ACCEPT, {}, True, id="is-accepted"),
        pytest.param(Act.STEP, {}, False, id="steps"),
        pytest.param(Act.REPAIR, {"route": Route.OTHER}, False, id="repairs-a-route"),
        pytest.param(Act.REPAIR, {"primary": Pods.GONE}, True, id="repairs-a-primary"),
    ],
)
def test_the_rest_is_looked_at_only_by_who_needs_it(act, look, needed):
    status = a_status(PROGRESSING, unsettled_since=NOW)

    assert needs_support(act, converge(status, a_look(**look), act)) is needed
