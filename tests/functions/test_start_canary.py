"""start_canary in its real server: a promotion is taken up at once, once, and answered rightly."""

from collections.abc import Iterator

import pytest

from shared.adapters import codec, paths
from shared.domain.events import CANARY_STARTED, PROMOTION_REQUESTED
from shared.domain.fields import Json, Object, at, mapping, text
from tests.functions import events
from tests.functions.place import Place, Reply, a_place, refused_start
from tests.reconcile.watcher import image_of
from tests.reconcile.world import World

pytestmark = pytest.mark.loopback


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with a_place("start_canary", tmp_path_factory.mktemp("start")) as found:
        yield found


def promotion(world: World, **said: Json) -> Object:
    return {
        "id": "build-7",
        "time": "2026-11-22T20:00:00Z",
        "app": world.names.name,
        "version": "2",
        "environment": "production",
        "namespace": world.names.namespace,
        **said,
    }


def told(place: Place, said: Json, way: str = "binary", event: str = "e-1") -> tuple[int, bytes]:
    about = events.attributes(PROMOTION_REQUESTED, id=event)
    reply = place.ask("POST", *events.sent(way, about, said))
    return reply.status, reply.body


def target_image(world: World) -> str:
    return image_of(world.cluster.read(world.names.target))


def decision(world: World) -> Json:
    return at(world.status, "spillway", "decision")


def kept(world: World) -> Object:
    return mapping(world.status, "spillway", "lastPromotion")


@pytest.mark.parametrize("way", events.WAYS)
def test_a_promotion_with_an_image_starts_its_canary_however_it_is_sent(place, way):
    world = place.shop()

    reply = told(place, promotion(world, image="cart:2"), way)

    assert reply == (204, b"")
    assert target_image(world) == "cart:2"
    assert text(world.status, "phase") == "Progressing"
    assert kept(world) == {
        "id": "build-7",
        "time": "2026-11-22T20:00:00Z",
        "done": True,
        "version": "2",
        "image": "cart:2",
    }


def test_what_was_begun_is_told_to_the_bus_and_to_people(place):
    world = place.shop()
    place.sink.deliveries.clear()

    told(place, promotion(world, image="cart:2"))

    (event,) = [codec.decode(it.headers, it.body) for it in place.sink.deliveries]
    assert (event.type, event.subject) == (CANARY_STARTED, f"{world.names.namespace}/cart")


def test_a_whole_cdevent_says_the_same_as_its_content(place):
    world = place.shop()
    content = promotion(world, image="cart:2")

    told(place, {"context": {"version": "0.5.1"}, "subject": {"id": "x", "content": content}})

    assert target_image(world) == "cart:2"


def test_a_promotion_that_is_sent_twice_is_one(place):
    world = place.shop()
    told(place, promotion(world, image="cart:2"))
    before = world.cluster.read(world.names.target)

    assert told(place, promotion(world, image="cart:2"), event="e-2") == (204, b"")

    assert world.cluster.read(world.names.target) == before


def test_an_earlier_promotion_comes_too_late(place):
    world = place.shop()
    told(place, promotion(world, image="cart:3", id="build-8"))

    earlier = promotion(world, image="cart:2", time="2026-11-22T19:59:59Z")

    assert told(place, earlier) == (204, b"")
    assert target_image(world) == "cart:3"
    assert text(kept(world), "id") == "build-8"


def test_without_an_image_the_canary_is_looked_at_and_nothing_is_set(place):
    world = place.shop()
    patch: Object = {"op": "replace", "path": "/spec/template/spec/containers/0/image"}
    world.cluster.patch(world.names.target, [{**patch, "value": "cart:5"}])

    assert told(place, promotion(world)) == (204, b"")

    assert target_image(world) == "cart:5"
    assert text(world.status, "phase") == "Progressing"
    assert kept(world) == {}


def test_without_an_image_and_without_a_change_nothing_is_kept(place):
    world = place.shop()
    before = decision(world)

    assert told(place, promotion(world)) == (204, b"")

    assert (decision(world), kept(world)) == (before, {})


def test_a_promotion_of_nobodys_is_done_and_one_line_says_so(place):
    world = place.shop()
    namespace = world.names.namespace

    reply = told(place, promotion(world, app="till"), event="e-nobody")

    assert reply == (204, b"")
    (line,) = place.lines(message=f"no Canary in {namespace} for till")
    assert line["promotion"] == "build-7"


@pytest.mark.parametrize(
    ("way", "status"),
    [
        pytest.param("binary", 400, id="to-the-dead-letters"),
        pytest.param("wrapped", 204, id="a-push-would-be-repeated"),
        pytest.param("unwrapped", 204, id="an-unwrapped-push-too"),
    ],
)
def test_a_promotion_that_two_canaries_mean_is_refused_and_both_are_warned(place, way, status):
    world = place.shop()
    names = world.names
    first = mapping(world.cluster.read(names.canary), "spec")
    twin: Object = {"metadata": {"name": "twin"}, "spec": first}
    world.cluster.create(paths.canaries(names.namespace), {**KIND, **twin})

    reply = told(place, promotion(world, image="cart:2"), way)

    assert reply == (status, b"")
    assert target_image(world) == "cart:1"
    refused = "promotion of cart: cart, twin all mean it"
    assert place.warnings(names.namespace) == [refused, refused]


KIND: Object = {"apiVersion": "flagger.app/v1beta1", "kind": "Canary"}


def test_a_target_whose_container_cannot_be_told_is_refused_and_warned_of(place):
    world = place.shop()
    second: Json = {"name": "proxy", "image": "proxy:1"}
    both: Object = {"op": "add", "path": "/spec/template/spec/containers/-", "value": second}
    renamed: Object = {"op": "replace", "path": "/spec/template/spec/containers/0/name"}
    world.cluster.patch(world.names.target, [both, {**renamed, "value": "main"}])

    reply = told(place, promotion(world, image="cart:2"))

    assert reply == (400, b"")
    namespace = world.names.namespace
    assert place.warnings(namespace) == [
        f"deployment cart.{namespace}: no container is named cart, "
        "and which of main, proxy is meant cannot be told"
    ]


WHOLE: Object = {
    "id": "build-7",
    "time": "2026-11-22T20:00:00Z",
    "app": "cart",
    "version": "2",
    "environment": "production",
    "namespace": "shop",
}


@pytest.mark.parametrize(
    ("said", "path"),
    [
        pytest.param({"time": "noon"}, "time", id="no-time"),
        pytest.param({"app": "A B"}, "app", id="no-name"),
        pytest.param({"namespace": "../kube-system"}, "namespace", id="no-namespace"),
        pytest.param({"image": "a b"}, "image", id="no-image"),
    ],
)
def test_a_promotion_that_is_malformed_for_good_is_refused_by_field(place, said, path):
    assert told(place, {**WHOLE, **said}, event=f"bad-{path}") == (400, b"")

    (line,) = place.lines(event=f"bad-{path}", severity="WARNING")
    assert text(line, "message").startswith(f"refused: {path}: wanted")


def test_what_is_no_event_is_refused_without_a_word(place):
    assert place.ask("POST", {}, b"hello") == Reply(400, b"")


def test_a_get_is_answered_without_a_word(place):
    assert place.ask("GET", {}) == Reply(204, b"")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("PUT", "/canaries/cart/status", id="the-status"),
        pytest.param("PATCH", "/deployments/cart", id="the-target"),
    ],
)
def test_a_promotion_that_loses_a_race_is_delivered_again_and_carried_out(place, method, path):
    world = place.shop()

    with place.gate.closed_to(method, path, 409):
        lost = told(place, promotion(world, image="cart:2"))
    assert lost == (409, b"")
    assert target_image(world) == "cart:1"

    assert told(place, promotion(world, image="cart:2")) == (204, b"")
    assert target_image(world) == "cart:2"
    assert kept(world)["done"] is True


def test_a_promotion_is_kept_before_its_target_is_touched_and_done_only_afterwards(place):
    world = place.shop()

    with place.gate.closed_to("PATCH", "/deployments/cart", 503):
        told(place, promotion(world, image="cart:2"))

    assert (text(kept(world), "id"), kept(world)["done"]) == ("build-7", False)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/canaries", 500, id="the-canaries-cannot-be-listed"),
        pytest.param("/canaries", 403, id="or-must-not-be"),
        pytest.param("/deployments/cart-primary", 503, id="a-read-of-its-own-fails"),
    ],
)
def test_a_promotion_is_delivered_again_where_the_api_server_is_down_for_it(place, path, status):
    world = place.shop()

    with place.gate.closed_to("GET", path, status):
        assert told(place, promotion(world, image="cart:2")) == (503, b"")


def test_a_wrong_setting_stops_the_start_with_its_name_and_value():
    assert "SPILLWAY_NAMESPACES='a_b'" in refused_start("start_canary", SPILLWAY_NAMESPACES="a_b")
