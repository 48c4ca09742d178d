"""A Canary that was deleted and made again: what its predecessor kept goes, a moment later."""

from shared.adapters import paths
from shared.domain.fields import Object, mapping, text
from tests.reconcile.outside import Life
from tests.reconcile.stories import Story, beginning
from tests.reconcile.world import Tick, World, bring_up, deliver, go_on


def made_again(world: World) -> str:
    """The uid of the second one. The collector has not come to what the first one owned."""
    found = mapping(world.cluster.read(world.names.canary))
    world.cluster.delete(world.names.canary)
    anew = {
        **found,
        "metadata": {"name": world.names.name, "namespace": world.names.namespace},
        "status": {},
    }
    made = world.cluster.create(paths.canaries(world.names.namespace), anew)
    return text(made, "metadata", "uid")


def snapshots(world: World) -> list[Object]:
    return [item for page in world.cluster.pages(paths.snapshots("shop")) for item in page]


def uids(world: World) -> set[object]:
    return {item["metadata"]["ownerReferences"][0]["uid"] for item in snapshots(world)}  # type: ignore[index,call-overload]  # each has one


def test_a_canary_waits_until_the_snapshots_of_its_predecessor_are_gone():
    world = beginning(Story(()))
    before = uids(world)
    uid = made_again(world)

    for _ in range(4):
        bring_up(world)
        deliver(world, Tick(sweep=True), Life())
    assert uids(world) == before
    assert world.status["phase"] == "Initializing"

    for item in snapshots(world):
        world.cluster.delete(f"{paths.snapshots('shop')}/{text(item, 'metadata', 'name')}")
    go_on(world)

    assert world.status["phase"] == "Initialized"
    assert uids(world) == {uid}
