"""A real Envoy does what it is told, at once, and no request is lost on the way."""

import json
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection
from math import sqrt

import pytest

from infra.local.croc_hunter import Behaviour, Server
from infra.local.kube import Tree
from infra.local.load import Load
from infra.local.mesh.backends import Backend
from infra.local.mesh.envoy import Envoy, NotTaken
from infra.local.mesh.istio import virtual_service
from infra.local.mesh.translate import Documents, translate
from tests.lab import mesh_objects as objects

pytestmark = pytest.mark.lab

HOST = "web.example.com"


@pytest.fixture(scope="module")
def envoy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Envoy]:
    running = Envoy(tmp_path_factory.mktemp("mesh"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def pods() -> Iterator[tuple[Server, Server]]:
    """One of version 1, behind web-primary, and one of version 2, behind web-canary."""
    servers = Server(Behaviour("1")), Server(Behaviour("2"))
    for server in servers:
        server.start()
    yield servers
    for server in servers:
        server.stop()


@pytest.fixture
def both(pods: tuple[Server, Server]) -> list[Backend]:
    primary, canary = pods
    return [
        Backend("shop", "web-primary", 80, "web-primary", (primary.address,)),
        Backend("shop", "web-canary", 80, "web", (canary.address,)),
    ]


def documents(backends: list[Backend], *routes: Tree) -> Documents:
    return translate([virtual_service(objects.virtual_service(*routes, hosts=(HOST,)))], backends)


def ask(envoy: Envoy, path: str = "/", host: str = HOST, **headers: str) -> tuple[int, str]:
    """One request: its status and the version that answered."""
    connection = HTTPConnection(envoy.ingress, timeout=5)
    connection.request("GET", path, headers={"Host": host, **headers})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, response.getheader("x-version", "")


def versions(envoy: Envoy, number: int) -> Counter[str]:
    """Who answers so many requests on one connection."""
    found: Counter[str] = Counter()
    connection = HTTPConnection(envoy.ingress, timeout=5)
    for _ in range(number):
        connection.request("GET", "/", headers={"Host": HOST})
        response = connection.getresponse()
        response.read()
        found[response.getheader("x-version", "")] += 1
    connection.close()
    return found


def counted(envoy: Envoy, workload: str) -> dict[str, int]:
    """The requests to a workload by status code, as Envoy counts them."""
    name = rf"^cluster\.shop\|{workload}\|[^.]*\.upstream_rq_[0-9]{{3}}$".replace("|", "%7C")
    page = f"http://{envoy.admin}/stats?format=json&usedonly&filter={name}".replace("\\", "%5C")
    with urllib.request.urlopen(page, timeout=5) as response:
        found = json.load(response)["stats"]
    return {one["name"][-3:]: one["value"] for one in found}


@pytest.mark.parametrize("weight", [10, 50, 100])
def test_the_canary_gets_its_share(envoy: Envoy, both: list[Backend], weight: int):
    number, share = 1500, weight / 100
    envoy.apply(documents(both, objects.split(100 - weight, weight)))

    found = versions(envoy, number)

    tolerance = 4 * sqrt(number * share * (1 - share))  # 4 sigma of a binomial distribution
    assert abs(found["2"] - number * share) <= tolerance
    assert found.total() == number


def test_new_weights_are_in_force_at_once_and_cost_no_request(envoy: Envoy, both: list[Backend]):
    envoy.apply(documents(both, objects.split(100, 0)))
    load = Load(envoy.ingress, HOST, rate=200)
    load.start()
    slowest = 0.0
    answers = []
    for weight in (100, 0, 100, 0):
        begun = time.monotonic()
        envoy.apply(documents(both, objects.split(100 - weight, weight)))
        slowest = max(slowest, time.monotonic() - begun)
        answers.append(versions(envoy, 50))
    load.stop()

    assert answers == [{"2": 50}, {"1": 50}, {"2": 50}, {"1": 50}]
    assert slowest < 2
    assert load.snapshot().failures == ()
    assert load.snapshot().requests > 10


def test_endpoints_come_and_go_without_a_lost_request_or_count(envoy: Envoy):
    serving = [Server(Behaviour(delay=0.02)) for _ in range(2)]
    for server in serving:
        server.start()
    rolled = [Backend("shop", "rolled", 80, "rolled", tuple(s.address for s in serving))]
    envoy.apply(documents(rolled, objects.to("rolled")))
    load = Load(envoy.ingress, HOST, rate=200)
    load.start()
    for _ in range(25):
        serving.append(Server(Behaviour(delay=0.02)))
        serving[-1].start()
        gone = serving.pop(0)
        addresses = tuple(server.address for server in serving)
        envoy.apply(
            documents([Backend("shop", "rolled", 80, "rolled", addresses)], objects.to("rolled"))
        )
        gone.stop()
        time.sleep(0.05)
    load.stop()
    for server in serving:
        server.stop()

    assert load.snapshot().failures == ()
    assert load.snapshot().requests > 100
    assert counted(envoy, "rolled") == {"200": load.snapshot().requests}


def test_routes_are_chosen_by_uri_and_headers(envoy: Envoy, both: list[Backend]):
    match = [
        {"uri": {"prefix": "/beta"}},
        {"headers": {"x-user": {"exact": "ada"}}, "uri": {"exact": "/"}},
        {"headers": {"cookie": {"regex": ".*canary=always.*"}}},
    ]
    envoy.apply(documents(both, objects.to("web-canary", match=match), objects.to("web-primary")))

    found = {
        "plain": ask(envoy),
        "prefix": ask(envoy, "/beta/x"),
        "header": ask(envoy, **{"X-User": "ada"}),
        "header elsewhere": ask(envoy, "/other", **{"X-User": "ada"}),
        "another header": ask(envoy, **{"X-User": "adam"}),
        "cookie": ask(envoy, "/other", Cookie="a=b; canary=always; c=d"),
        "another cookie": ask(envoy, Cookie="canary=never"),
    }

    assert {case for case, answer in found.items() if answer == (200, "2")} == {
        "prefix",
        "header",
        "cookie",
    }
    assert set(found.values()) == {(200, "1"), (200, "2")}


def test_a_request_is_routed_by_its_host(envoy: Envoy, both: list[Backend]):
    envoy.apply(documents(both, objects.to("web-canary")))

    assert ask(envoy, host=f"{HOST}:8080") == (200, "2")
    assert ask(envoy, host="web-primary.shop") == (200, "1")
    assert ask(envoy, host="web-primary.shop.svc.cluster.local:80") == (200, "1")
    assert ask(envoy, host="nobody.example.com") == (404, "")


def test_a_name_below_a_wildcard_may_have_a_port(envoy: Envoy, both: list[Backend]):
    service = virtual_service(
        objects.virtual_service(objects.to("web-canary"), hosts=("*.example.com",))
    )

    envoy.apply(translate([service], both))

    assert ask(envoy, host="web.example.com:8080") == (200, "2")


def test_a_service_without_routes_is_reached_by_each_of_its_ports(
    envoy: Envoy, both: list[Backend]
):
    one, other = both[0].addresses, both[1].addresses
    ports = [Backend("shop", "two", 80, "two", one), Backend("shop", "two", 9090, "two", other)]

    envoy.apply(translate([], ports))

    assert ask(envoy, host="two.shop") == (200, "1")
    assert ask(envoy, host="two.shop:80") == (200, "1")
    assert ask(envoy, host="two.shop:9090") == (200, "2")


def test_an_answer_that_takes_too_long_is_a_failure_of_the_workload(envoy: Envoy):
    server = Server(Behaviour(delay=0.5))
    server.start()
    slow = [Backend("shop", "slow", 80, "slow", (server.address,))]
    envoy.apply(documents(slow, objects.to("slow", timeout="50ms")))

    begun = time.monotonic()
    status, _ = ask(envoy)
    took = time.monotonic() - begun
    server.stop()

    assert status == 504
    assert took < 0.4
    assert counted(envoy, "slow") == {"504": 1}


def test_a_dead_canary_answers_503_and_is_charged_with_it(envoy: Envoy, both: list[Backend]):
    dead = [both[0], Backend("shop", "dead-canary", 80, "dead")]
    envoy.apply(documents(dead, objects.to("dead-canary")))

    assert ask(envoy) == (503, "")
    assert counted(envoy, "dead") == {"503": 1}


def test_what_envoy_does_not_take_leaves_the_last_routes_in_force(
    envoy: Envoy, both: list[Backend]
):
    envoy.apply(documents(both, objects.to("web-canary")))

    with pytest.raises(NotTaken, match=r"missing \)"):
        envoy.apply(documents(both, objects.to("web-primary", match=[{"uri": {"regex": "("}}])))

    assert ask(envoy) == (200, "2")
    envoy.apply(documents(both, objects.to("web-primary")))
    assert ask(envoy) == (200, "1")
