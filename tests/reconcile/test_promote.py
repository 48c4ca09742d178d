"""A promotion finds its Canary, sets its image once, and remembers in between what it was about."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.adapters import paths
from shared.domain.errors import Conflict, Refused
from shared.domain.fields import Json, Object, at, mapping, text
from shared.domain.matching import APP_LABEL
from tests.reconcile.memory import Memory
from tests.reconcile.outside import Life, When, stopped_at
from tests.reconcile.stories import Story, a_promotion, beginning, begun
from tests.reconcile.watcher import Names, image_of
from tests.reconcile.world import World, deliver

STORY = Story(())


@pytest.fixture
def world() -> World:
    """A canary at rest."""
    return beginning(STORY)


def sent(world: World, image: str | None = "cart:2", life: Life | None = None, **said) -> bool:
    promotion = replace(a_promotion(world, image or "cart:2"), image=image, **said)
    return deliver(world, promotion, life or Life())


def image(world: World) -> str:
    return image_of(world.cluster.read(world.names.target))


def kept(world: World) -> Object:
    return mapping(world.status, "spillway", "lastPromotion")


def warnings(world: World) -> list[str]:
    pages = world.cluster.pages(paths.events(world.names.namespace))
    events = [item for page in pages for item in page]
    return [text(item, "message") for item in events if item["type"] == "Warning"]


def named(name: str) -> World:
    """A canary at rest whose target, and itself, have this name."""
    return begun(STORY, World(Memory(), Names(name=name)))


def write(world: World, path: str, value: Json) -> None:
    world.cluster.patch(world.names.target, [{"op": "add", "path": path, "value": value}])


@pytest.mark.parametrize("name", ["cart", "shop-cart"])
def test_an_app_is_found_by_the_name_of_its_target(name):
    world = named(name)

    assert sent(world, app="cart")

    assert image(world) == "cart:2"


def test_an_app_is_found_by_the_label_of_its_target():
    world = named("web")
    write(world, "/metadata/labels", {APP_LABEL: "cart"})

    assert sent(world, app="cart")

    assert image(world) == "cart:2"


def test_a_label_of_what_is_no_target_means_nobody(world, capsys):
    labelled: Object = {"metadata": {"name": "till", "labels": {APP_LABEL: "till"}}}
    world.cluster.create(paths.deployments("shop"), labelled)

    assert sent(world, app="till")

    assert image(world) == "cart:1"
    assert '"no Canary in shop for till"' in capsys.readouterr().out


def test_a_namespace_that_is_not_looked_at_has_no_canary(world, capsys):
    assert sent(world, namespace="elsewhere")

    assert (image(world), kept(world)) == ("cart:1", {})
    assert '"no Canary in elsewhere for cart"' in capsys.readouterr().out


def test_an_app_that_several_canaries_mean_is_refused_and_all_of_them_are_warned(world):
    second = mapping(world.cluster.read(world.names.canary), "spec")
    twin: Object = {"metadata": {"name": "a-twin", "namespace": "shop"}, "spec": second}
    world.cluster.create(paths.canaries("shop"), twin)

    for _ in range(2):  # delivered twice, it is told once
        with pytest.raises(Refused, match="promotion of cart: a-twin, cart all mean it"):
            sent(world)

    assert image(world) == "cart:1"
    assert warnings(world) == ["promotion of cart: a-twin, cart all mean it"] * 2


@pytest.mark.parametrize(
    ("containers", "set_at"),
    [
        pytest.param(["proxy", "cart"], 1, id="the-one-named-like-the-app"),
        pytest.param(["main"], 0, id="the-only-one"),
    ],
)
def test_the_image_is_set_on_the_apps_container(world, containers, set_at):
    write(
        world,
        "/spec/template/spec/containers",
        [{"name": name, "image": "x:1"} for name in containers],
    )

    assert sent(world)

    found = at(world.cluster.read(world.names.target), "spec", "template", "spec", "containers")
    assert isinstance(found, list)
    images = [text(item, "image") for item in found]
    assert images == ["cart:2" if index == set_at else "x:1" for index in range(len(images))]


@pytest.mark.parametrize(
    ("containers", "which"),
    [
        pytest.param(["main", "proxy"], "main, proxy", id="several"),
        pytest.param([], "none", id="none"),
    ],
)
def test_which_container_is_meant_is_never_guessed(world, containers, which):
    write(
        world,
        "/spec/template/spec/containers",
        [{"name": name, "image": "x:1"} for name in containers],
    )

    with pytest.raises(Refused, match=f"and which of {which} is meant cannot be told"):
        sent(world)

    assert kept(world) == {}
    assert len(warnings(world)) == 1


def test_a_target_that_is_gone_is_refused(world):
    world.cluster.delete(world.names.target)

    with pytest.raises(Refused, match="promotion of cart: there is no deployment cart"):
        sent(world)

    assert kept(world) == {}


def test_a_canary_that_is_not_run_takes_no_promotion(world):
    webhooks: Json = [{"name": "gate", "url": "http://gate"}]
    refused: Json = [{"op": "add", "path": "/spec/analysis/webhooks", "value": webhooks}]
    world.cluster.patch(world.names.canary, refused)

    with pytest.raises(Refused, match=r"cart is not run: spec\.analysis\.webhooks: "):
        sent(world)

    assert (image(world), kept(world)) == ("cart:1", {})


def test_a_promotion_is_kept_then_carried_out_then_done(world):
    life = Life()

    sent(world, life=life)

    writes = [call.name for call in life.calls if call.is_write]
    assert writes[:3] == [
        f"replace {world.names.canary}/status",
        f"patch {world.names.target}",
        f"replace {world.names.canary}/status",
    ]
    assert kept(world)["done"] is True


@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("write_", ["the first status", "the target", "the second status"])
def test_a_promotion_that_was_interrupted_is_carried_out_by_its_redelivery(world, write_, when):
    calls = Life()
    sent(world.copy(), life=calls)
    writes = [index for index, call in enumerate(calls.calls) if call.is_write]
    number = ["the first status", "the target", "the second status"].index(write_)

    assert not sent(world, life=stopped_at(writes[number], when))
    assert sent(world)

    assert (image(world), kept(world)["done"]) == ("cart:2", True)


def test_a_target_that_moved_since_it_was_read_is_a_lost_race(world):
    life = Life()

    def meddle(index: int, when: When) -> None:
        if when is When.BEFORE and life.calls[index].name == f"patch {world.names.target}":
            life.hook = lambda index, when: None
            write(world, "/spec/replicas", 7)

    life.hook = meddle

    assert not sent(world, life=life)
    assert image(world) == "cart:1"
    assert kept(world)["done"] is False


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param({"id": "run-9", "time": timedelta(0)}, "cart:3", id="later-by-id"),
        pytest.param({"id": "run-1", "time": timedelta(0)}, "cart:2", id="earlier-by-id"),
        pytest.param({"id": "run-1", "time": timedelta(seconds=1)}, "cart:3", id="later-by-time"),
        pytest.param({"id": "run-9", "time": -timedelta(seconds=1)}, "cart:2", id="earlier"),
        pytest.param({"id": "run-5", "time": timedelta(seconds=1)}, "cart:2", id="the-same-again"),
    ],
)
def test_the_later_of_two_promotions_counts_by_time_then_id(world, said, expected):
    time = world.now
    sent(world, "cart:2", id="run-5", time=time)

    assert sent(world, "cart:3", **{**said, "time": time + said["time"]})

    assert image(world) == expected


def test_without_an_image_what_was_changed_is_taken_up_at_once(world):
    write(world, "/spec/template/spec/containers/0/image", "cart:7")

    assert sent(world, None)

    assert (text(world.status, "phase"), kept(world)) == ("Progressing", {})


def test_an_image_that_is_set_already_is_kept_and_not_set_again(world):
    life = Life()

    assert sent(world, "cart:1", life=life)

    assert f"patch {world.names.target}" not in [call.name for call in life.calls]
    assert kept(world)["done"] is True


def test_a_race_for_the_status_is_lost_before_the_target_is_touched(world):
    life = Life()

    def meddle(index: int, when: When) -> None:
        if when is When.BEFORE and life.calls[index].is_write:
            raise Conflict("it is newer")

    life.hook = meddle

    assert not sent(world, life=life)
    assert (image(world), kept(world)) == ("cart:1", {})
