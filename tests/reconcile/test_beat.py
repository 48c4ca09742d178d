"""A clock that cannot be read or written ends no pass; the sweep comes whatever it says."""

import pytest

from shared.domain.errors import Conflict, Refused, Unavailable
from shared.domain.fields import at
from tests.reconcile.outside import Life, When
from tests.reconcile.stories import Story, beginning, kubectl_set_image
from tests.reconcile.world import Tick, World, deliver

SWEEP = Tick(sweep=True)


def without_a_clock(error: Exception, *verbs: str) -> Life:
    """A life in which what is asked of the beat fails: all of it, or what begins so."""
    life = Life()

    def hook(index: int, when: When) -> None:
        name = life.calls[index].name
        if when is When.BEFORE and "pingsources" in name and name.startswith(verbs or ""):
            raise error

    life.hook = hook
    return life


def with_a_new_revision() -> World:
    world = beginning(Story(()))
    kubectl_set_image("cart:2")(world)
    return world


@pytest.mark.parametrize("error", [Unavailable("down"), Refused("no CRD"), Conflict("a race")])
def test_a_run_begins_in_full_without_a_clock(error):
    world = with_a_new_revision()

    assert deliver(world, SWEEP, without_a_clock(error))

    assert world.status["phase"] == "Progressing"
    assert at(world.status, "spillway", "settledAt")
    assert not world.has_beat


def test_the_next_sweep_finds_who_waits_without_a_beat():
    world = with_a_new_revision()
    deliver(world, SWEEP, without_a_clock(Unavailable("down")))

    deliver(world, SWEEP, Life())

    assert world.has_beat


def test_a_beat_that_cannot_be_read_is_left_as_it_is():
    world = with_a_new_revision()
    deliver(world, SWEEP, Life())
    life = without_a_clock(Unavailable("down"), "read")

    assert deliver(world, Tick(sweep=False), life)

    assert world.has_beat
    assert not [call for call in life.calls if call.is_write and "pingsources" in call.name]


def test_a_beat_that_cannot_be_ended_is_ended_by_the_next_one():
    world = beginning(Story(()))
    world.scope(Life()).clock.want(world.now, world.now)

    assert deliver(world, Tick(sweep=False), without_a_clock(Unavailable("down"), "delete"))
    assert world.has_beat
    deliver(world, Tick(sweep=False), Life())

    assert not world.has_beat
