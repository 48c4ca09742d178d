"""rollback in its real server: a wish is honoured where it means the run, else it is harmless."""

from collections.abc import Iterator

import pytest

from shared.domain.events import ROLLBACK_REQUESTED
from shared.domain.fields import Json, Object, at, text, whole
from tests.functions import events
from tests.functions.place import Place, Reply, a_place, refused_start
from tests.reconcile import watcher
from tests.reconcile.outside import Life
from tests.reconcile.stories import kubectl_set_image
from tests.reconcile.world import World, deliver, finish, prepare

pytestmark = pytest.mark.loopback
DONE = Reply(204, b"")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with a_place("rollback", tmp_path_factory.mktemp("rollback")) as found:
        yield found


def in_mid_run(place: Place) -> World:
    """A canary at 25 %, whose run began not quite an hour ago."""
    world = place.shop()
    kubectl_set_image("quay.io/shop/cart:2.0.0")(world)
    while weight(world) != 25:
        delivery, started = prepare(world), world.now
        finish(world, delivery, taken=deliver(world, delivery, Life()), started=started)
    return world


def weight(world: World) -> int:
    return watcher.weight_of(world.cluster.read(world.names.route))


def phase(world: World) -> str:
    return text(world.status, "phase")


def wish(world: World, **said: Json) -> Object:
    names = world.names
    required: Object = {"namespace": names.namespace, "canary": names.name}
    return {**required, "reason": "errors", "requestedBy": "alice", **said}


def wished(place: Place, said: Json, way: str = "binary", **about: str) -> Reply:
    return place.ask("POST", *events.sent(way, events.attributes(KIND, **about), said))


KIND = ROLLBACK_REQUESTED
LONG_AGO = "2020-01-01T00:00:00Z"


@pytest.mark.parametrize("way", events.WAYS)
def test_a_wish_takes_the_traffic_off_the_canary_at_once_however_it_is_sent(place, way):
    world = in_mid_run(place)

    assert wished(place, wish(world), way) == DONE

    assert (phase(world), weight(world)) == ("Failed", 0)


def test_a_wish_is_told_to_people_with_its_reason_and_who_asked(place):
    world = in_mid_run(place)

    wished(place, wish(world))

    namespace = world.names.namespace
    assert place.warnings(namespace) == [
        f"Canary failed! Scaling down cart.{namespace}",
        f"Rolling back cart.{namespace} errors (alice)",
    ]


@pytest.mark.parametrize(
    ("said", "about"),
    [
        pytest.param({"revision": "2.0.0"}, {"time": LONG_AGO}, id="the-image-tag"),
        pytest.param({}, {}, id="its-time"),
    ],
)
def test_a_wish_may_mean_the_run_by_version_or_by_time(place, said, about):
    world = in_mid_run(place)

    assert wished(place, wish(world, **said), **about) == DONE

    assert phase(world) == "Failed"


def test_a_wish_may_mean_the_run_by_its_hash(place):
    world = in_mid_run(place)
    revision = text(world.status, "lastAppliedSpec")

    assert wished(place, wish(world, revision=revision), time=LONG_AGO) == DONE

    assert phase(world) == "Failed"


@pytest.mark.parametrize(
    ("said", "about"),
    [
        pytest.param({"revision": "s1:gone"}, {}, id="a-revision-that-is-gone"),
        pytest.param({"revision": "1.9.9"}, {}, id="another-version"),
        pytest.param({}, {"time": LONG_AGO}, id="before-the-run-began"),
    ],
)
def test_a_wish_for_another_run_is_ignored(place, said, about):
    world = in_mid_run(place)

    assert wished(place, wish(world, **said), **about) == DONE

    assert phase(world) == "Progressing"
    assert whole(world.status, "canaryWeight") == weight(world) > 0


def test_a_wish_of_the_future_is_dead_as_it_would_mean_the_runs_to_come_too(place):
    world = in_mid_run(place)

    refused = wished(place, wish(world), time="2999-01-01T00:00:00Z")
    named = wished(place, wish(world, revision="1.9.9"), time="2999-01-01T00:00:00Z")

    assert (refused.status, named) == (400, DONE)
    assert phase(world) == "Progressing"


def test_a_wish_that_comes_twice_is_one(place):
    world = in_mid_run(place)
    wished(place, wish(world))
    before = at(world.status, "spillway", "decision")

    assert wished(place, wish(world), id="e-2") == DONE

    assert phase(world) == "Failed"
    assert at(world.status, "spillway", "decision") == before


def test_a_wish_is_harmless_where_nothing_is_under_way(place):
    world = place.shop()
    before = world.status

    assert wished(place, wish(world)) == DONE

    assert world.status == before


def test_a_wish_for_a_canary_that_is_gone_is_done(place):
    world = place.shop()

    assert wished(place, wish(world, canary="till")) == DONE
    assert wished(place, wish(world, namespace="nowhere")) == DONE


@pytest.mark.parametrize(
    ("said", "path"),
    [
        pytest.param({"canary": ""}, "canary", id="no-canary"),
        pytest.param({"namespace": "../../kube-system"}, "namespace", id="no-namespace"),
        pytest.param({"reason": None}, "reason", id="no-reason"),
        pytest.param({"requestedBy": 7}, "requestedBy", id="by-no-name"),
    ],
)
@pytest.mark.parametrize(
    ("way", "status"),
    [pytest.param("structured", 400, id="event"), pytest.param("wrapped", 204, id="push")],
)
def test_a_wish_that_is_malformed_for_good_is_refused_by_field(place, said, path, way, status):
    malformed = {**SAID, **said}

    assert wished(place, malformed, way, id=f"{way}-{path}") == Reply(status, b"")

    (line,) = place.lines(event=f"{way}-{path}", severity="WARNING")
    assert text(line, "message").startswith(f"refused: {path}: wanted")


SAID: Object = {"namespace": "shop", "canary": "cart", "reason": "errors", "requestedBy": "alice"}


def test_what_is_no_event_is_refused_without_a_word(place):
    assert place.ask("POST", {}, b"{}") == Reply(400, b"")


def test_a_get_is_answered_without_a_word(place):
    assert place.ask("GET", {}) == DONE


def test_a_wish_that_loses_a_race_is_delivered_again_and_carried_out(place):
    world = in_mid_run(place)

    with place.gate.closed_to("PUT", "/canaries/cart/status", 409):
        assert wished(place, wish(world)) == Reply(409, b"")
    assert phase(world) == "Progressing"

    assert wished(place, wish(world)) == DONE
    assert (phase(world), weight(world)) == ("Failed", 0)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "/canaries/cart", id="the-canary-cannot-be-read"),
        pytest.param("PUT", "/canaries/cart/status", id="the-status-cannot-be-written"),
        pytest.param("PUT", "/virtualservices/cart", id="the-route-cannot-be-written"),
    ],
)
def test_a_wish_is_delivered_again_where_the_api_server_is_down_for_it(place, method, path):
    world = in_mid_run(place)

    with place.gate.closed_to(method, path, 503):
        assert wished(place, wish(world)) == Reply(503, b"")


def test_a_wrong_setting_stops_the_start_with_its_name_and_value():
    assert "SPILLWAY_BEAT='2m'" in refused_start("rollback", SPILLWAY_BEAT="2m")
