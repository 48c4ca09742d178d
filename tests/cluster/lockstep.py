"""One story on two servers at once: in memory, and on a real one that can be set back."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from shared.adapters import paths
from shared.adapters.cluster import Cluster
from shared.domain.fields import Json, Object, at, mapping, pairs, text
from tests.cluster.etcd import Etcd, Kept
from tests.reconcile.memory import Memory
from tests.reconcile.outside import Life
from tests.reconcile.rollout import Rollout
from tests.reconcile.stories import Story, begun
from tests.reconcile.watcher import Names
from tests.reconcile.world import World, deliver, ending, finish, prepare


@dataclass(frozen=True, slots=True)
class Shop:
    """The namespace of the rollouts on a real server, and the way back to what it held."""

    cluster: Cluster
    etcd: Etcd
    empty: Kept

    def world(self) -> World:
        """One in which nothing is yet."""
        self.etcd.put_back(self.empty)
        return World(self.cluster, Names(self.etcd.namespace))


@dataclass(frozen=True, slots=True)
class Moment:
    """Just before a pass: the world on the real server as it was then."""

    shop: Shop
    kept: Kept
    was: World

    def again(self) -> World:
        """That world once more, whatever has been written since."""
        self.shop.etcd.put_back(self.kept)
        return replace(self.was, published=[*self.was.published])


def moments(story: Story, undisturbed: Rollout, shop: Shop) -> Iterator[Moment]:
    """A moment before each pass that the rollout in memory has, where the two worlds are the same;
    after the last one they end the same.
    """
    world = begun(story, shop.world())
    for point in undisturbed.points:
        delivery = prepare(world)
        assert delivery == point.delivery
        expect_same(world, point.world)
        moment = Moment(shop, shop.etcd.keep(), replace(world, published=[*world.published]))
        yield moment
        world, started = moment.again(), world.now
        taken = deliver(world, delivery, Life())
        finish(world, delivery, taken=taken, started=started)
    assert ending(world) == undisturbed.ending


def expect_same(real: World, made_up: World) -> None:
    """Where the two stand differently, says how."""
    found, wanted = standing(real), standing(made_up)
    other = {part: (found[part], wanted[part]) for part in found if found[part] != wanted[part]}
    assert not other, f"real, in memory: {other}"


def standing(world: World) -> dict[str, Json]:
    """What the passes wrote, as it stands: but for what each server names by itself, as uids and
    versions, and for what only the real one fills in.
    """
    cluster, names = world.cluster, world.names
    canary, route = cluster.read(names.canary), cluster.read(names.route)
    return {
        "status": mapping(canary, "status"),
        "finalizers": at(canary, "metadata", "finalizers"),
        "target": _workload(cluster.read(names.target)),
        "primary": _workload(cluster.read(names.primary)),
        "route": [*_written(route), mapping(route, "spec")],
        "published": [event.type for event in world.published],
        "others": [_names(cluster, kind(names.namespace)) for kind in _OTHERS],
    }


_OTHERS = (
    paths.services,
    paths.destination_rules,
    paths.snapshots,
    paths.ping_sources,
    paths.events,
)


def _workload(found: Object | None) -> list[Json]:
    spec = mapping(found, "spec")
    return [*_written(found), at(spec, "replicas"), at(spec, "selector"), at(spec, "template")]


def _written(found: Object | None) -> list[Json]:
    notes = pairs(found, "metadata", "annotations")
    return [at(found, "metadata", "generation"), notes, pairs(found, "metadata", "labels")]


def _names(cluster: Memory | Cluster, path: str) -> list[str]:
    """Of events what they say: their names come of uids. The API server tells of Services too."""
    return sorted(
        text(item, "message") or text(item, "metadata", "name")
        for page in cluster.pages(path)
        for item in page
        if at(item, "involvedObject", "kind") in (None, "Canary")
    )
