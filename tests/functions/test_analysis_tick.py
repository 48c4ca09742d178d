"""analysis_tick in its real server: one pass over what is due, or over what is named."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.clock import BEAT
from shared.domain.events import (
    ANALYSIS_TICK,
    OBJECT_ADDED,
    OBJECT_DELETED,
    OBJECT_UPDATED,
    PING,
)
from shared.domain.fields import Json, at, text
from tests.domain.canaries import canary
from tests.domain.workloads import deployment
from tests.functions import events
from tests.functions.place import Place, Reply, a_place, refused_start
from tests.reconcile.stories import kubectl_set_image
from tests.reconcile.world import World

pytestmark = pytest.mark.loopback
DONE = Reply(204, b"")
THE_BEAT = "/apis/sources.knative.dev/v1/namespaces/spillway/pingsources/spillway-beat"
FROM_THE_BEAT = f"/apis/v1/namespaces/spillway/pingsources/{BEAT}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with a_place("analysis_tick", tmp_path_factory.mktemp("tick")) as found:
        yield found


def changed(place: Place) -> World:
    """A canary at rest, whose target was given another image that nobody told of."""
    world = place.shop()
    kubectl_set_image("cart:2")(world)
    return world


def ticked(
    place: Place, said: Json = None, way: str = "binary", kind: str = ANALYSIS_TICK, **about: str
) -> Reply:
    return place.ask("POST", *events.sent(way, events.attributes(kind, **about), said or {}))


def named(*worlds: World) -> Json:
    return [{"namespace": it.names.namespace, "name": it.names.name} for it in worlds]


def phase(world: World) -> str:
    return text(world.status, "phase")


@pytest.mark.parametrize("way", events.WAYS)
def test_a_tick_is_a_pass_over_all_however_it_is_sent(place, way):
    one, other = changed(place), changed(place)

    assert ticked(place, way=way) == DONE

    assert (phase(one), phase(other)) == ("Progressing", "Progressing")


def test_a_ping_is_a_tick_over_all_whatever_it_carries(place):
    world = changed(place)

    assert ticked(place, {"canaries": "none"}, kind=PING) == DONE

    assert phase(world) == "Progressing"


@pytest.mark.parametrize("kind", [OBJECT_ADDED, OBJECT_UPDATED])
def test_a_target_that_was_changed_is_seen_at_once_and_nothing_else_is_looked_at(place, kind):
    one, other = changed(place), changed(place)

    assert ticked(place, its_target(one), kind=kind) == DONE

    assert (phase(one), phase(other)) == ("Progressing", "Initialized")


def test_a_target_that_is_gone_is_seen_at_once(place):
    world = place.shop()
    world.cluster.delete(world.names.target)

    assert ticked(place, its_target(world), kind=OBJECT_DELETED) == DONE

    assert at(world.status, "spillway", "generations", "target") == 0


def test_a_deployment_that_is_nobodys_target_is_done(place):
    world = changed(place)

    assert ticked(place, {**its_target(world), "name": "other"}, kind=OBJECT_UPDATED) == DONE

    assert phase(world) == "Initialized"


def test_an_object_that_is_no_deployment_and_no_canary_is_refused(place):
    world = place.shop()

    reply = ticked(place, {**its_target(world), "kind": "Pod"}, kind=OBJECT_UPDATED)

    assert reply == Reply(400, b"")


def its_target(world: World) -> dict[str, Json]:
    """What Knative's ApiServerSource says in mode Reference: an ObjectReference."""
    namespace, name = world.names.namespace, world.names.name
    return {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": namespace, "name": name}


def test_a_tick_with_names_is_a_pass_over_those(place):
    one, other = changed(place), changed(place)

    assert ticked(place, {"canaries": named(one)}) == DONE

    assert (phase(one), phase(other)) == ("Progressing", "Initialized")


def test_a_tick_that_comes_too_late_is_done(place):
    world = changed(place)
    now = datetime.now(UTC)

    over = {"expires": (now - timedelta(minutes=1)).isoformat(), "canaries": named(world)}
    assert ticked(place, over) == DONE
    assert phase(world) == "Initialized"

    in_time = {"expires": (now + timedelta(minutes=1)).isoformat(), "canaries": named(world)}
    assert ticked(place, in_time) == DONE
    assert phase(world) == "Progressing"


def test_a_tick_that_comes_twice_is_one(place):
    world = changed(place)
    world.cluster.merge(world.names.target, {"spec": {"paused": True}})  # no pods come up
    ticked(place, {"canaries": named(world)})
    ticked(place, {"canaries": named(world)})  # the wait begins
    before = at(world.status, "spillway", "decision")

    assert ticked(place, {"canaries": named(world)}, id="e-2") == DONE

    assert at(world.status, "spillway", "decision") == before


def test_only_a_sweep_looks_again_at_a_canary_that_has_no_target(place):
    world = place.shop()
    group = f"namespaces/{world.names.namespace}"
    canaries = f"/apis/flagger.app/v1beta1/{group}/canaries"
    world.cluster.create(canaries, {**canary(targetRef=TILL), "metadata": {"name": "till"}})
    ticked(place)
    found = deployment(name="till", namespace=world.names.namespace)
    world.cluster.create(f"/apis/apps/v1/{group}/deployments", found)

    ticked(place, kind=PING, source=FROM_THE_BEAT)
    beaten = world.cluster.read(f"{canaries}/till")
    ticked(place, kind=PING, source="/apis/v1/namespaces/spillway/pingsources/sweep")
    swept = world.cluster.read(f"{canaries}/till")

    assert (at(beaten, "status", "phase"), at(swept, "status", "phase")) == (None, "Initializing")


TILL: Json = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "till"}


def test_the_beat_is_there_for_as_long_as_somebody_waits(place):
    world = changed(place)

    ticked(place)
    assert world.cluster.read(THE_BEAT) is not None

    for path in all_canaries(world):
        world.cluster.delete(path)
    ticked(place)
    assert world.cluster.read(THE_BEAT) is None


def all_canaries(world: World) -> list[str]:
    pages = world.cluster.pages("/apis/flagger.app/v1beta1/canaries")
    group = "/apis/flagger.app/v1beta1/namespaces"
    return [
        f"{group}/{text(it, 'metadata', 'namespace')}/canaries/{text(it, 'metadata', 'name')}"
        for page in pages
        for it in page
    ]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("PUT", "/canaries/cart/status", 409, id="a-lost-race"),
        pytest.param("PUT", "/canaries/cart/status", 503, id="a-write-that-fails"),
        pytest.param("GET", "/deployments/cart", 500, id="a-read-that-fails"),
    ],
)
def test_what_fails_on_one_canary_is_logged_and_left_to_its_next_tick(place, method, path, status):
    world = changed(place)
    namespace = world.names.namespace

    with place.gate.closed_to(method, path, status):
        assert ticked(place, {"canaries": named(world)}) == DONE
    assert phase(world) == "Initialized"
    assert place.lines(severity="WARNING", namespace=namespace, canary="cart")

    assert ticked(place, {"canaries": named(world)}) == DONE
    assert phase(world) == "Progressing"


def test_a_tick_is_delivered_again_where_the_canaries_could_not_be_listed(place):
    with place.gate.closed_to("GET", "/canaries", 503):
        assert ticked(place) == Reply(503, b"")


@pytest.mark.parametrize(
    ("way", "status"),
    [pytest.param("structured", 400, id="event"), pytest.param("unwrapped", 204, id="push")],
)
def test_a_tick_that_is_malformed_for_good_is_refused_by_field(place, way, status):
    reply = ticked(place, {"canaries": [{"namespace": "a/b", "name": "x"}]}, way, id=f"bad-{way}")

    assert reply == Reply(status, b"")
    (line,) = place.lines(event=f"bad-{way}", severity="WARNING")
    assert text(line, "message").startswith("refused: canaries.0.namespace: wanted")


def test_what_is_no_event_is_refused_without_a_word(place):
    assert place.ask("POST", {}, b"") == Reply(400, b"")


def test_a_get_is_answered_without_a_word(place):
    assert place.ask("GET", {}) == DONE


def test_a_wrong_setting_stops_the_start_with_its_name_and_value():
    assert "SPILLWAY_POOL='many'" in refused_start("analysis_tick", SPILLWAY_POOL="many")
