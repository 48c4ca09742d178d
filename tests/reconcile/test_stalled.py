"""A pass that stands still between its save and its writes, while a later one decides: what it
writes when it goes on is refused, each write by its own precondition (design §3, fenced)."""

import pytest

from tests.reconcile.outside import Life
from tests.reconcile.race import RIVALS, Pass
from tests.reconcile.rollout import Point, rollout
from tests.reconcile.stories import STORIES
from tests.reconcile.world import BEAT_EVERY, deliver, ending, finish, go_on

_ROLLOUTS = ("good", "bad", "superseded", "wish in Promoting")
_LATER = ("a wish", "a promotion")


@pytest.mark.parametrize("rival", _LATER)
@pytest.mark.parametrize("name", _ROLLOUTS)
def test_a_write_of_a_stalled_pass_is_refused_as_soon_as_a_later_one_has_decided(name, rival):
    refused = 0
    for point in rollout(STORIES[name]).points:
        names = point.world.names
        for index in _writes(point, f"replace {names.route}", f"patch {names.primary}"):
            stalled = _stalled(point, index)
            saved = stalled.world.status
            deliver(stalled.world, RIVALS[rival](stalled.world), Life())
            if stalled.world.status == saved:  # it ended the run, and is left to that for a beat
                stalled.world.now += BEAT_EVERY
                deliver(stalled.world, RIVALS[rival](stalled.world), Life())
            stalled.go()

            assert stalled.life.calls[index].refused, stalled.life.calls[index]
            refused += 1
            finish(stalled.world, point.delivery, taken=True, started=point.world.now)
            go_on(stalled.world)
            ending(stalled.world)
    assert refused >= 2


def test_a_wish_that_comes_while_a_pass_rolls_back_is_left_to_that_pass():
    found = []
    for point in rollout(STORIES["bad"]).points:
        for index in _writes(point, f"replace {point.world.names.route}"):
            stalled, life = _stalled(point, index), Life()
            if stalled.world.status["phase"] == "Failed":
                deliver(stalled.world, RIVALS["a wish"](stalled.world), life)
                found.append([call.name for call in life.calls])
            stalled.go()

    assert found == [[f"read {point.world.names.canary}"]]


@pytest.mark.parametrize("rival", RIVALS)
@pytest.mark.parametrize("name", _ROLLOUTS)
def test_what_a_pass_would_change_after_the_rollout_is_over_is_refused_or_undone(name, rival):
    """Undone is a scale-up, where the run ended before it: nothing of the target has changed since,
    and its pods get no traffic.
    """
    refused = 0
    for point in rollout(STORIES[name]).points:
        for index in _writes(point, "replace ", "patch "):
            stalled = _stalled(point, index)
            world = stalled.world
            deliver(world, RIVALS[rival](world), Life())
            finish(world, point.delivery, taken=True, started=point.world.now)
            go_on(world)
            before = ending(world)
            stalled.go()

            call = stalled.life.calls[index]
            assert call.refused or call.name == f"patch {world.names.target}", call
            refused += call.refused
            go_on(world)
            assert ending(world) == before
    assert refused >= 15


def _stalled(point: Point, index: int) -> Pass:
    world = point.world.copy()
    world.story = ()
    stalled = Pass(world, point.delivery, index)
    stalled.start()
    return stalled


def _writes(point: Point, *verbs: str) -> list[int]:
    """The calls of the pass, if nothing disturbs it, that begin so."""
    life = Life()
    deliver(point.world.copy(), point.delivery, life)
    return [index for index, call in enumerate(life.calls) if call.name.startswith(verbs)]
