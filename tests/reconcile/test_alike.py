"""That worlds which are taken to go on alike do: of one story, every stop is played to its end."""

import re
from collections.abc import Iterator

import pytest

from tests.reconcile.alike import Endings, state_of
from tests.reconcile.memory import Memory
from tests.reconcile.outside import When, stopped_at
from tests.reconcile.rollout import rollout
from tests.reconcile.stories import STORIES, beginning
from tests.reconcile.world import BEAT_EVERY, World, deliver, ending, finish, rounds


def stopped(name: str) -> Iterator[World]:
    """The world after each stop of a story."""
    for point in rollout(STORIES[name]).points:
        for index in range(len(point.calls)):
            for when in When:
                world = point.world.copy()
                taken = deliver(world, point.delivery, stopped_at(index, when))
                finish(world, point.delivery, taken=taken, started=point.world.now)
                yield world


@pytest.mark.parametrize("name", ["good", "wish in Progressing"])
def test_what_comes_after_a_state_is_the_same_whichever_world_was_in_it(name):
    after: dict[int, object] = {}
    met = 0
    for world in stopped(name):
        states = [state_of(world) for _ in rounds(world)]
        met += len(states)
        for state, following in zip(states, [*states[1:], ending(world)], strict=True):
            assert after.setdefault(state, following) == following

    assert len(after) < met / 2


def test_a_world_that_was_met_is_not_played_again():
    earlier, later = beginning(STORIES["good"]), beginning(STORIES["good"])
    endings = Endings()

    assert endings.of(earlier) == endings.of(later)
    assert later.now < earlier.now


def test_a_world_is_another_where_everything_is_longer_ago():
    world = rollout(STORIES["good"]).points[3].world
    state = state_of(world)

    world.now += BEAT_EVERY

    assert state_of(world) != state


def test_a_world_is_another_where_an_object_is_somebody_elses():
    world = rollout(STORIES["good"]).points[3].world
    state = state_of(world)
    assert isinstance(world.cluster, Memory)
    route = world.cluster.objects[world.names.route]

    world.cluster.objects[world.names.route] = re.sub(
        r'("ownerReferences": .*?)uid-\d+', r"\1uid-0", route, count=1
    )

    assert world.cluster.objects[world.names.route] != route
    assert state_of(world) != state


def test_a_world_is_another_where_less_was_told():
    world = rollout(STORIES["good"]).points[-1].world
    state = state_of(world)

    world.published.pop()

    assert state_of(world) != state
