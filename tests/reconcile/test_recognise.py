"""A control plane that defaults one more field: a target that it wrote anew is no new version."""

import pytest

from shared.domain.errors import Conflict, Refused, Unavailable
from shared.domain.fields import text
from tests.reconcile.memory import Memory
from tests.reconcile.outside import Life, When
from tests.reconcile.stories import STORIES, beginning, kubectl_set_image
from tests.reconcile.world import Tick, Turn, World, deliver, go_on

FIELD = {"setHostnameAsFQDN": False}


def defaulted(world: World) -> None:
    """From now on there is one more field, and somebody touches target and primary."""
    assert isinstance(world.cluster, Memory)
    world.cluster.defaults = FIELD
    touched(world)


def touched(world: World) -> None:
    for path in (world.names.target, world.names.primary):
        notes = {"metadata": {"annotations": {"touched": str(world.now)}}}
        world.cluster.merge(path, notes)


def restarted(world: World) -> None:
    """As `kubectl rollout restart` does it."""
    noted = {"template": {"metadata": {"annotations": {"restartedAt": "now"}}}}
    world.cluster.merge(world.names.target, {"spec": noted})


def told(world: World, *turns: Turn) -> World:
    """A world after a story in which this happens too, in its order."""
    world.story = turns
    go_on(world)
    return world


def runs(world: World) -> int:
    return sum(event.type.endswith("canary.started.0.1.0") for event in world.published)


RELEASE = Turn("Initialized", 0, kubectl_set_image("cart:2"))
BAD = Turn("Initialized", 0, kubectl_set_image("cart:2-bad"))


@pytest.mark.parametrize(
    ("story", "turns", "phase", "started"),
    [
        pytest.param("good", (Turn("Initialized", 0, defaulted),), "Initialized", 0, id="at first"),
        pytest.param(
            "good", (RELEASE, Turn("Succeeded", 0, defaulted)), "Succeeded", 1, id="Succeeded"
        ),
        pytest.param("bad", (BAD, Turn("Failed", 0, defaulted)), "Failed", 1, id="Failed"),
        pytest.param(
            "good", (RELEASE, Turn("Progressing", 25, defaulted)), "Succeeded", 1, id="mid-run"
        ),
        pytest.param(
            "good", (RELEASE, Turn("Promoting", 50, defaulted)), "Succeeded", 1, id="Promoting"
        ),
        pytest.param(
            "good", (RELEASE, Turn("Finalising", 0, defaulted)), "Succeeded", 1, id="Finalising"
        ),
    ],
)
def test_a_field_that_is_newly_defaulted_starts_no_run_and_ends_none(story, turns, phase, started):
    world = told(beginning(STORIES[story]), *turns)

    for _ in range(3):
        touched(world)
        go_on(world)

    assert text(world.status, "phase") == phase
    assert runs(world) == started


def test_back_at_the_promoted_version_with_the_field_the_run_ends():
    def back(world: World) -> None:
        defaulted(world)
        kubectl_set_image("cart:1")(world)

    world = told(beginning(STORIES["good"]), RELEASE, Turn("Progressing", 25, back))

    assert text(world.status, "phase") == "Succeeded"
    assert runs(world) == 1
    assert "cart:1" in str(world.cluster.read(world.names.primary))


def test_pods_that_somebody_restarts_are_a_new_version_as_ever():
    world = told(beginning(STORIES["good"]), RELEASE, Turn("Succeeded", 0, restarted))

    assert runs(world) == 2


def test_where_nothing_can_be_rehearsed_what_is_not_the_same_is_new():
    world = told(beginning(STORIES["good"]), RELEASE, Turn("Succeeded", 0, defaulted))
    touched(world)

    deliver(world, Tick(sweep=True), failing(Refused("no dry run")))

    assert text(world.status, "phase") == "Progressing"


@pytest.mark.parametrize("error", [Conflict("it is gone"), Unavailable("it is down")])
def test_what_cannot_be_told_now_is_told_at_the_next_look(error):
    world = told(beginning(STORIES["good"]), RELEASE, Turn("Succeeded", 0, defaulted))
    touched(world)

    deliver(world, Tick(sweep=True), failing(error))
    assert text(world.status, "phase") == "Succeeded"

    go_on(world)
    assert (text(world.status, "phase"), runs(world)) == ("Succeeded", 1)


def test_a_snapshot_that_cannot_be_read_makes_nothing_new():
    world = told(beginning(STORIES["good"]), RELEASE, Turn("Succeeded", 0, defaulted))
    touched(world)
    blind = Life()

    def hook(index: int, when: When) -> None:
        first = not any("controllerrevisions" in call.name for call in blind.calls[:index])
        if when is When.BEFORE and first and "controllerrevisions" in blind.calls[index].name:
            raise Unavailable("it did not answer")

    blind.hook = hook

    deliver(world, Tick(sweep=True), blind)
    assert text(world.status, "phase") == "Succeeded"

    go_on(world)
    assert (text(world.status, "phase"), runs(world)) == ("Succeeded", 1)


def failing(error: Exception) -> Life:
    """A life in which nothing can be rehearsed."""
    life = Life()

    def hook(index: int, when: When) -> None:
        if when is When.BEFORE and life.calls[index].name.startswith("rehearse"):
            raise error

    life.hook = hook
    return life
