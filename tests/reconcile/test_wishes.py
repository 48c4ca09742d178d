"""Wishes to go back, by version, while the target has moved on: the run that is meant, ends."""

from dataclasses import replace

from shared.adapters import paths
from shared.domain.errors import Unavailable
from shared.domain.events import SERVICE_ROLLEDBACK, SERVICE_UPGRADED
from shared.domain.fields import text
from tests.reconcile.outside import Life, When
from tests.reconcile.rollout import rollout
from tests.reconcile.stories import Story, a_wish, beginning, kubectl_set_image
from tests.reconcile.world import Delivery, Turn, World, deliver, finish, prepare

SNAPSHOTS = paths.snapshots("shop")
RELEASE = Turn("Initialized", 0, kubectl_set_image("cart:2"))


def moved_on(version: str) -> Story:
    """cart:3 comes while cart:2 is promoted, and somebody wants a version back at that moment."""

    def act(world: World) -> None:
        kubectl_set_image("cart:3")(world)
        world.queue += (replace(a_wish(world), revision=version),)

    turn = Turn("Promoting", 50, act)
    return Story((RELEASE, turn), analysis={"stepWeightPromotion": 25})


def ends(version: str) -> list[tuple[str, str]]:
    return [
        (event.type, text(event.data, "subject", "content", "artifactId")[-5:])
        for event in rollout(moved_on(version)).events
        if event.type in (SERVICE_ROLLEDBACK, SERVICE_UPGRADED)
    ]


def wished_away() -> tuple[World, Delivery]:
    """A world at the moment when the wish is to be delivered; and that."""
    world = beginning(moved_on("2"))
    while not world.queue:
        delivery, started = prepare(world), world.now
        if not world.queue:
            finish(world, delivery, taken=deliver(world, delivery, Life()), started=started)
    return world, world.queue[0]


def test_a_wish_for_the_version_under_way_counts_though_the_target_has_moved_on():
    assert ends("2") == [(SERVICE_ROLLEDBACK, "tag=1"), (SERVICE_UPGRADED, "tag=3")]


def test_a_wish_for_a_version_that_is_not_under_way_yet_fails_no_other():
    assert ends("3") == [(SERVICE_UPGRADED, "tag=2"), (SERVICE_UPGRADED, "tag=3")]


def test_a_wish_that_cannot_be_understood_yet_is_delivered_again():
    world, wish = wished_away()
    before, blind = world.status, Life()

    def hook(index: int, when: When) -> None:
        if when is When.BEFORE and SNAPSHOTS in blind.calls[index].name:
            raise Unavailable("it did not answer")

    blind.hook = hook

    assert not deliver(world, wish, blind)
    assert world.status == before
    assert deliver(world, wish, Life())
    assert world.status["phase"] == "Failed"
