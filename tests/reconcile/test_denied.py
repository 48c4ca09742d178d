"""The API server takes statuses and Events, and denies what is to be put in force."""

from datetime import timedelta

from shared.adapters import paths
from shared.domain.errors import Unavailable
from shared.domain.events import RollbackWish
from tests.reconcile.outside import Life, When
from tests.reconcile.rollout import rollout
from tests.reconcile.stories import STORIES
from tests.reconcile.world import Tick, World, deliver, finish, go_on

_DEADLINE = timedelta(seconds=900)


def denying(path: str) -> Life:
    """A life in which no write of that object is allowed."""
    life = Life()

    def hook(index: int, when: When) -> None:
        name = life.calls[index].name
        if when is When.BEFORE and name.endswith(path) and not name.startswith("read"):
            raise Unavailable("forbidden (403)")

    life.hook = hook
    return life


def a_wish_is_denied() -> World:
    """A canary has weight, and cannot be taken back."""
    points = rollout(STORIES["wish in Progressing"]).points
    point = next(point for point in points if isinstance(point.delivery, RollbackWish))
    world, started = point.world.copy(), point.world.now
    world.published.clear()
    taken = deliver(world, point.delivery, denying(world.names.route))
    finish(world, point.delivery, taken=taken, started=started)
    return world


def warnings(world: World) -> list[str]:
    pages = world.cluster.pages(paths.events("shop"))
    return [str(item["message"]) for page in pages for item in page if item["type"] == "Warning"]


def test_people_read_at_once_what_was_decided_and_is_not_in_force():
    world = a_wish_is_denied()

    assert [one for one in warnings(world) if one.startswith("Rolling back cart.shop it smells")]
    assert not world.published


def test_people_read_why_nothing_comes_of_it_when_the_deadline_is_over():
    world = a_wish_is_denied()
    world.now += _DEADLINE

    deliver(world, Tick(sweep=False), denying(world.names.route))

    assert [one for one in warnings(world) if "not in force: forbidden (403)" in one]


def test_once_the_writes_are_allowed_all_is_told_to_all_once():
    world = a_wish_is_denied()

    go_on(world)

    assert len([one for one in warnings(world) if one.startswith("Rolling back")]) == 1
    assert len({event.id for event in world.published}) == len(world.published) == 1
