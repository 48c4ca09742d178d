"""Ticks come faster than large passes end: what one pass is at, another leaves to it."""

from dataclasses import replace
from datetime import timedelta

from shared.domain.machine import Phase
from shared.domain.observe import Moment
from shared.domain.subject import Request
from shared.reconcile import look
from shared.reconcile.hands import Hands
from shared.reconcile.run import pass_over_all, pass_over_some
from tests.domain.situations import BEAT, NOW, a_status
from tests.reconcile.fleet import a_canary, a_fleet, at_rest, its_objects, scope_of

CART, TILL = ("shop", "cart"), ("shop", "till")
LATER = NOW + timedelta(minutes=1)
MOMENT = Moment(NOW, BEAT)


def due_at(name, tick):
    return replace(at_rest(name), phase=Phase.PROGRESSING, next_tick=tick)


def a_world(tick=NOW):
    """Two canaries that wait for that tick."""
    world = a_fleet()
    for name in ("cart", "till"):
        a_canary(world, name, status=due_at(name, tick))
        its_objects(world, name)
    return world


def passed(outcomes):
    return sorted(outcome.key for outcome in outcomes)


def test_what_is_held_is_nobody_elses_until_it_is_let_go():
    hands = Hands()

    with hands.holding([CART]) as first, hands.holding([CART, TILL]) as second:
        assert first == {CART}
        assert second == {TILL}
        assert hands.free([CART, TILL]) == frozenset()

    assert hands.free([CART, TILL]) == {CART, TILL}


def test_a_tick_leaves_alone_what_another_pass_is_at():
    scope = scope_of(a_world())

    with scope.hands.holding([CART]):
        assert passed(pass_over_all(scope, NOW, sweep=False)) == [TILL]
        assert passed(pass_over_some(scope, [CART], NOW)) == []

    assert CART in passed(pass_over_all(scope, NOW + BEAT, sweep=False))


def test_an_event_about_a_canary_does_not_wait_for_the_pass_that_is_at_it():
    scope = scope_of(a_world())

    with scope.hands.holding([CART]):
        assert passed(pass_over_some(scope, [CART], NOW, {CART: Request()})) == [CART]


def test_a_decision_that_was_just_saved_is_left_to_the_pass_that_saved_it():
    world = a_fleet()
    for name, age in (("cart", 0), ("till", 60)):
        decided = NOW - timedelta(seconds=age)
        status = replace(due_at(name, NOW), decided_at=decided, settled_at=None)
        a_canary(world, name, status=status)
        its_objects(world, name)

    assert passed(pass_over_all(scope_of(world), NOW, sweep=False)) == [TILL]


def test_a_beat_reads_no_more_of_those_that_are_asleep_than_when_the_first_is_due():
    world = a_world(LATER)
    a_canary(world, "desk", status=due_at("desk", LATER + BEAT))
    a_canary(world, "lamp", status=a_status(Phase.SUCCEEDED))

    awake, first = look.awake_subjects(scope_of(world), MOMENT)

    assert [subject.owner.name for subject in awake] == ["lamp"]
    assert first == LATER


def test_the_beat_goes_on_for_those_that_are_asleep():
    world = a_world(LATER)
    scope = scope_of(world)
    scope.clock.want(NOW, NOW)

    assert pass_over_all(scope, NOW, sweep=False) == []

    assert scope.clock.version()
