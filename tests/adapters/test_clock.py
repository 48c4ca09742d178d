"""The beat: made when it is first wanted, and as the settings are now, whoever made it."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters import paths
from shared.adapters.clock import BEAT, PingSourceClock, is_beat, open_clock
from shared.adapters.cluster import Cluster
from shared.adapters.settings import load
from shared.domain.fields import mapping, pairs
from tests.reconcile.kubeconfig import a_kubeconfig
from tests.reconcile.memory import Memory

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PATH = f"{paths.ping_sources('spillway')}/{BEAT}"
SECOND = timedelta(seconds=1)


def clock(memory, *, sink="broker/default", beat=5 * SECOND):
    return PingSourceClock(memory, "spillway", sink, beat)


def opened(settings, memory):
    return open_clock(settings.clock, memory, str, settings.beat)


def spec_of(memory):
    return mapping(memory.read(PATH), "spec")


@pytest.mark.parametrize(
    ("beat", "schedule"),
    [
        pytest.param(1 * SECOND, "*/1 * * * * *", id="each-second"),
        pytest.param(1.5 * SECOND, "*/1 * * * * *", id="a-second-and-a-half"),
        pytest.param(5 * SECOND, "*/5 * * * * *", id="divides-a-minute"),
        pytest.param(7 * SECOND, "*/6 * * * * *", id="7-beats-at-6"),
        pytest.param(45 * SECOND, "*/30 * * * * *", id="45-beats-at-30"),
        pytest.param(59 * SECOND, "*/30 * * * * *", id="59-beats-at-30"),
        pytest.param(60 * SECOND, "0 * * * * *", id="each-minute"),
    ],
)
def test_beats_are_even_and_never_later_than_asked_for(beat, schedule):
    memory = Memory()

    clock(memory, beat=beat).want(NOW, NOW)

    assert spec_of(memory)["schedule"] == schedule


def test_a_beat_that_is_wanted_again_is_marked_and_is_as_the_settings_are_now():
    memory = Memory()
    clock(memory).want(NOW, NOW)
    before = clock(memory).version()

    clock(memory, sink="http://sink.example.com/", beat=10 * SECOND).want(NOW + SECOND, NOW)

    marks = pairs(memory.read(PATH), "metadata", "annotations")
    assert marks == {"spillway.dev/wanted-at": "2026-03-01T12:00:01Z"}
    assert spec_of(memory) == {
        "schedule": "*/10 * * * * *",
        "sink": {"uri": "http://sink.example.com/"},
    }
    assert clock(memory).version() != before


def test_a_beat_that_was_wanted_since_a_look_goes_on():
    memory = Memory()
    clock(memory).want(NOW, NOW)
    looked = clock(memory).version()
    clock(memory).want(NOW + SECOND, NOW)

    clock(memory).stop(looked)
    assert memory.read(PATH)
    clock(memory).stop(clock(memory).version())

    assert memory.read(PATH) is None


@pytest.mark.parametrize(
    ("source", "beat"),
    [
        ("/apis/v1/namespaces/spillway/pingsources/spillway-beat", True),
        ("/apis/v1/namespaces/spillway/pingsources/spillway-sweep", False),
        ("/apis/v1/namespaces/spillway/brokers/spillway-beat", False),
        ("/spillway/beat", True),
        ("/spillway/analysis_tick", False),
        ("spillway-beat", False),
    ],
)
def test_a_beat_is_told_from_a_sweep_by_its_source(source, beat):
    assert is_beat(source) is beat


def test_without_a_clock_there_are_only_sweeps():
    memory = Memory()
    settings = load({"K_SINK": "http://sink/", "SPILLWAY_CLOCK": "none"})
    none = opened(settings, memory)

    none.want(NOW, NOW)
    none.stop("1")

    assert none.version() == ""
    assert memory.objects == {}


@pytest.mark.parametrize(
    ("sink", "destination"),
    [
        pytest.param(
            "broker/default",
            {
                "ref": {
                    "apiVersion": "eventing.knative.dev/v1",
                    "kind": "Broker",
                    "name": "default",
                }
            },
            id="a-broker",
        ),
        pytest.param("http://sink/", {"uri": "http://sink/"}, id="an-address"),
    ],
)
def test_the_settings_say_where_and_how_often_it_beats(sink, destination):
    memory = Memory()
    environ = {"SPILLWAY_CLOCK_SINK": sink, "SPILLWAY_BEAT": "10s", "POD_NAMESPACE": "spillway"}

    settings = load({"K_SINK": "http://sink/", **environ})
    opened(settings, memory).want(NOW, NOW)

    assert spec_of(memory) == {"schedule": "*/10 * * * * *", "sink": destination}


@pytest.mark.loopback
def test_a_beat_comes_and_goes_on_a_real_api_server(apiserver, tmp_path):
    cluster = Cluster(a_kubeconfig(tmp_path / "kubeconfig", apiserver.url))
    cluster.create("/api/v1/namespaces", {"metadata": {"name": "spillway"}})
    beats = PingSourceClock(cluster, "spillway", "broker/default", 5 * SECOND)

    assert beats.version() == ""
    beats.want(NOW, NOW)
    looked = beats.version()
    beats.want(NOW + SECOND, NOW)
    beats.stop(looked)
    assert beats.version() != looked
    beats.stop(beats.version())

    assert cluster.read(PATH) is None
    beats.stop("1")
