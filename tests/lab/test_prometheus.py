"""A real Prometheus answers queries that were written for Istio; and how it is come by."""

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from infra.local import prometheus
from infra.local.croc_hunter import Behaviour, Server
from infra.local.istio_names import istiods
from infra.local.load import Load
from infra.local.mesh.backends import Backend
from infra.local.mesh.envoy import Envoy
from infra.local.mesh.istio import virtual_service
from infra.local.mesh.translate import translate
from infra.local.processes import Failed
from infra.local.prometheus import Prometheus
from tests.lab import mesh_objects as objects

PROGRAMS = Path(__file__).parents[2] / ".lab" / "prometheus"  # shared with the lab
HOST = "web.example.com"
WINDOW = 5  # seconds
NOBODY = "127.0.0.1:9"  # where nobody listens

# Flagger's two queries for Istio (specs: metrics of the provider istio), for namespace and target
SUCCESS_RATE = """
sum(rate(istio_requests_total{{
    reporter="destination",
    destination_workload_namespace="{namespace}",
    destination_workload=~"{target}",
    response_code!~"5.*"
}}[{interval}]))
/
sum(rate(istio_requests_total{{
    reporter="destination",
    destination_workload_namespace="{namespace}",
    destination_workload=~"{target}"
}}[{interval}]))
* 100"""
DURATION = """
histogram_quantile(0.99, sum(rate(istio_request_duration_milliseconds_bucket{{
    reporter="destination",
    destination_workload_namespace="{namespace}",
    destination_workload=~"{target}"
}}[{interval}])) by (le))"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """With requests for web-primary, for a canary that is slow and fails, and for a dead one."""
    folder = tmp_path_factory.mktemp("prometheus")
    envoy = Envoy(folder / "mesh")
    primary, canary = Server(Behaviour()), Server(Behaviour(fail_rate=0.2, delay=0.03))
    hosts = {"web-primary": 40, "web-canary": 40, "web-dead": 20}
    shares = [{"destination": {"host": host}, "weight": weight} for host, weight in hosts.items()]
    routes = virtual_service(objects.virtual_service({"route": shares}, hosts=(HOST,)))
    backends = (
        Backend("shop", "web-primary", 80, "web-primary", (primary.address,)),
        Backend("shop", "web-canary", 80, "web", (canary.address,)),
        Backend("shop", "web-dead", 80, "dead"),
    )
    with ExitStack() as stack:
        for server in (primary, canary):
            server.start()
            stack.callback(server.stop)
        stack.callback(envoy.stop)
        envoy.start()
        envoy.apply(translate([routes], backends))
        load = Load(envoy.ingress, HOST, rate=100)
        load.start()
        stack.callback(load.stop)
        metrics = prometheus.start(folder, envoy.admin, programs=PROGRAMS)
        stack.callback(metrics.stop)
        wait_for_a_window(metrics)
        yield metrics


def ask(metrics: Prometheus, query: str) -> list[tuple[dict[str, str], float]]:
    page = f"{metrics.url}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    with urllib.request.urlopen(page, timeout=5) as response:
        found = json.load(response)["data"]["result"]
    return [(one["metric"], float(one["value"][1])) for one in found]


def value(metrics: Prometheus, query: str, target: str) -> float:
    """The only value of a query of Flagger's."""
    text = query.format(namespace="shop", target=target, interval=f"{WINDOW}s")
    ((_, found),) = ask(metrics, text)
    return found


def wait_for_a_window(metrics: Prometheus) -> None:
    """Until a whole window of scrapes has seen requests; the first comes about 6 s late."""
    end = time.monotonic() + 30
    query = 'min(count_over_time(istio_requests_total{response_code="200"}[1m]))'
    while not any(scrapes > WINDOW for _, scrapes in ask(metrics, query)):
        assert time.monotonic() < end
        time.sleep(0.2)


@pytest.mark.lab
def test_flaggers_success_rate_is_that_of_the_workload(running: Prometheus):
    assert value(running, SUCCESS_RATE, "web-primary") == 100
    assert value(running, SUCCESS_RATE, "web") == pytest.approx(80, abs=4)


@pytest.mark.lab
def test_flaggers_duration_is_in_milliseconds(running: Prometheus):
    assert value(running, DURATION, "web-primary") < 25
    assert 25 < value(running, DURATION, "web") < 100


@pytest.mark.lab
def test_a_dead_workload_is_charged_with_its_503s(running: Prometheus):
    found = ask(running, 'istio_requests_total{destination_workload="dead"}')

    assert [(labels["response_code"], number > 0) for labels, number in found] == [("503", True)]


@pytest.mark.lab
def test_requests_are_labelled_as_istio_labels_them(running: Prometheus):
    query = 'istio_requests_total{destination_workload="web", response_code="500"}'

    ((labels, _),) = ask(running, query)

    assert {name: text for name, text in labels.items() if name != "instance"} == {
        "__name__": "istio_requests_total",
        "job": "mesh",
        "reporter": "destination",
        "destination_service": "web-canary.shop.svc.cluster.local",
        "destination_service_name": "web-canary",
        "destination_workload": "web",
        "destination_workload_namespace": "shop",
        "response_code": "500",
    }


@pytest.mark.lab
def test_nothing_but_istios_metrics_is_kept(running: Prometheus):
    found = ask(running, 'count by (__name__) ({job="mesh", __name__!~"up|scrape_.*"})')

    assert {labels["__name__"] for labels, _ in found} == {
        "istio_requests_total",
        "istio_request_duration_milliseconds_bucket",
        "istio_request_duration_milliseconds_sum",
        "istio_request_duration_milliseconds_count",
    }


@pytest.fixture
def idle(tmp_path: Path) -> Iterator[Prometheus]:
    """One that scrapes nobody."""
    metrics = prometheus.start(tmp_path, NOBODY, programs=PROGRAMS)
    yield metrics
    metrics.stop()


@pytest.mark.lab
def test_a_running_prometheus_is_told_of_services(idle: Prometheus, tmp_path: Path):
    names = istiods({("shop", "web-canary"): "web"})

    prometheus.write(tmp_path, NOBODY, names)
    prometheus.reload(idle.url.removeprefix("http://"))

    with urllib.request.urlopen(f"{idle.url}/api/v1/status/config") as answer:
        told = yaml.safe_load(json.load(answer)["data"]["yaml"])["scrape_configs"][0]
    assert [rule["regex"] for rule in told["metric_relabel_configs"][: len(names.rules)]] == [
        rule["regex"] for rule in names.rules
    ]


@pytest.mark.lab
def test_a_configuration_that_prometheus_does_not_take_is_said(idle: Prometheus, tmp_path: Path):
    (tmp_path / "prometheus.json").write_text('{"nonsense": 1}')

    with pytest.raises(Failed, match="Prometheus does not reload: failed to reload config"):
        prometheus.reload(idle.url.removeprefix("http://"))


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of programs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def write_program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
    path.chmod(0o755)


def test_a_prometheus_on_the_path_is_taken(path: Path, tmp_path: Path):
    write_program(path / "prometheus", "exit 0")

    assert prometheus.fetched(tmp_path / "lab") == path / "prometheus"


def test_debians_package_is_unpacked_once_and_not_installed(path: Path, tmp_path: Path):
    write_program(path / "apt-get", 'test "$*" = "download prometheus" && touch prometheus_2.deb')
    write_program(path / "dpkg-deb", 'test "$1" = -x && mkdir -p "$3/usr/bin" && touch "$3/usr/$2"')

    first = prometheus.fetched(tmp_path / "lab")
    (path / "apt-get").unlink()
    again = prometheus.fetched(tmp_path / "lab")

    assert first == again == tmp_path / "lab" / "package" / "usr" / "bin" / "prometheus"
    assert [found.name for found in (tmp_path / "lab").iterdir()] == ["package"]
    assert (tmp_path / "lab" / "package" / "usr" / "prometheus_2.deb").exists()


def test_two_who_need_it_at_once_fetch_it_once(path: Path, tmp_path: Path):
    write_program(path / "apt-get", f"mkdir {tmp_path}/once && sleep 0.2 && touch prometheus_2.deb")
    write_program(path / "dpkg-deb", 'mkdir -p "$3/usr/bin"')

    with ThreadPoolExecutor() as pool:
        found = list(pool.map(prometheus.fetched, [tmp_path / "lab"] * 4))

    assert set(found) == {tmp_path / "lab" / "package" / "usr" / "bin" / "prometheus"}


@pytest.mark.parametrize(
    ("programs", "advice"),
    [
        pytest.param((), "put the program `prometheus` on the PATH", id="not Debian"),
        pytest.param(("apt-get", "dpkg-deb"), "run: sudo apt-get update", id="no package lists"),
    ],
)
def test_without_a_prometheus_one_sentence_says_how(
    path: Path, tmp_path: Path, programs: tuple[str, ...], advice: str
):
    for program in programs:
        write_program(path / program, "exit 100")

    with pytest.raises(Failed, match=advice) as failure:
        prometheus.fetched(tmp_path / "lab")

    assert "\n" not in str(failure.value)
    assert not (tmp_path / "lab" / "package").exists()
