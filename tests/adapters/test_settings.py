"""Settings: defaults, what is taken, and that a wrong one names itself but no secret."""

from base64 import b64encode
from datetime import timedelta
from operator import attrgetter
from pathlib import Path

import pytest

from shared.adapters import settings, variables
from shared.adapters.environment import BadSetting, Variable
from shared.adapters.variables import BusKind, ClockKind

SINK = {"K_SINK": "http://broker/default"}
QUEUE = "projects/p/locations/l/queues/q"
TASKS = {
    **SINK,
    "SPILLWAY_CLOCK": "cloudtasks",
    "SPILLWAY_CLOCK_QUEUE": QUEUE,
    "SPILLWAY_CLOCK_ACCOUNT": "a@p.example.com",
    "SPILLWAY_CLOCK_SINK": "https://tick.example.com",
}
PEM = (Path(__file__).parents[1] / "data" / "prometheus.shop.pem").read_text()
CA = b64encode(PEM.encode()).decode()


def test_only_the_sink_has_to_be_set():
    found = settings.load(SINK)

    assert found == settings.Settings(
        bus=BusKind.HTTP,
        sink="http://broker/default",
        sink_token="",
        topic="",
        namespaces=(),
        selector="",
        metrics_server="http://prometheus:9090",
        clock=settings.ClockSettings(
            kind=ClockKind.PINGSOURCE,
            namespace="spillway",
            sink="broker/default",
            queue="",
            account="",
            endpoint="https://cloudtasks.googleapis.com",
        ),
        beat=timedelta(seconds=5),
        pass_budget=timedelta(seconds=20),
        pool=8,
        cluster=settings.ClusterSettings(kubeconfig="", endpoint="", authorities=""),
        metadata_host="metadata.google.internal",
        push=None,
    )


def test_the_webhook_needs_a_bus_and_secrets_only():
    found = settings.load_webhook({**SINK, "SPILLWAY_SECRETS": "/run/keys"})

    assert (found.bus, found.sink, found.secrets) == (
        BusKind.HTTP,
        "http://broker/default",
        Path("/run/keys"),
    )


def test_pubsub_needs_a_topic_and_no_sink():
    found = settings.load({"SPILLWAY_BUS": "pubsub", "SPILLWAY_TOPIC": "projects/p/topics/t"})

    assert (found.bus, found.topic) == (BusKind.PUBSUB, "projects/p/topics/t")


@pytest.mark.parametrize("load", [settings.load, settings.load_webhook])
@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        pytest.param({}, "K_SINK", id="no-sink"),
        pytest.param({"SPILLWAY_BUS": "pubsub", **SINK}, "SPILLWAY_TOPIC", id="no-topic"),
    ],
)
def test_a_bus_without_its_address_stops_the_start(load, environ, missing):
    with pytest.raises(BadSetting, match=f"^{missing}='': wanted"):
        load(environ)


@pytest.mark.parametrize(
    "missing", ["SPILLWAY_CLOCK_QUEUE", "SPILLWAY_CLOCK_ACCOUNT", "SPILLWAY_CLOCK_SINK"]
)
def test_tasks_without_their_queue_account_or_address_stop_the_start(missing):
    assert settings.load(TASKS).clock.kind is ClockKind.CLOUD_TASKS

    with pytest.raises(BadSetting, match=f"^{missing}='': wanted"):
        settings.load({**TASKS, missing: ""})


PUSH = {"SPILLWAY_PUSH_AUDIENCE": "https://here", "SPILLWAY_PUSH_ACCOUNT": "a@p.example.com"}


def test_who_pushes_is_checked_where_both_settings_say_so():
    found = settings.load({**SINK, **PUSH})

    assert found.push == settings.PushSettings("https://here", "a@p.example.com")


@pytest.mark.parametrize("missing", PUSH)
def test_half_a_check_stops_the_start(missing):
    with pytest.raises(BadSetting, match=f"^{missing}='': wanted"):
        settings.load({**SINK, **PUSH, missing: ""})


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("K_SINK", "http://broker.shop.svc.cluster.local./a%20b?c=d", "sink", None),
        ("K_SINK", "https://[::1]:8443", "sink", None),
        ("SPILLWAY_NAMESPACES", "a, b,", "namespaces", ("a", "b")),
        ("SPILLWAY_SELECTOR", "app=croc,!old,x/y in (1, 2)", "selector", None),
        ("SPILLWAY_METRICS_SERVER", "https://prom:9090/x", "metrics_server", None),
        ("SPILLWAY_CLOCK", "none", "clock.kind", ClockKind.NONE),
        ("SPILLWAY_CLOCK_NAMESPACE", "ticks", "clock.namespace", None),
        ("SPILLWAY_CLOCK_SINK", "http://broker/x", "clock.sink", None),
        ("SPILLWAY_BEAT", "1500ms", "beat", timedelta(seconds=1.5)),
        ("SPILLWAY_BEAT", "60", "beat", timedelta(minutes=1)),
        ("SPILLWAY_PASS_BUDGET", "1m", "pass_budget", timedelta(minutes=1)),
        ("SPILLWAY_SINK_TOKEN", "/var/run/token", "sink_token", None),
        ("SPILLWAY_POOL", "1", "pool", 1),
        ("SPILLWAY_KUBECONFIG", __file__, "cluster.kubeconfig", None),
        ("KUBECONFIG", f"/not/there:{__file__}", "cluster.kubeconfig", None),
        ("POD_NAMESPACE", "pods", "clock.namespace", None),
        ("SPILLWAY_POOL", "", "pool", 8),
        ("SPILLWAY_CLOCK_QUEUE", QUEUE, "clock.queue", None),
        ("SPILLWAY_CLOCK_ACCOUNT", "a@p.example.com", "clock.account", None),
        ("SPILLWAY_CLOCK_ENDPOINT", "https://tasks.example.com", "clock.endpoint", None),
        ("SPILLWAY_CLUSTER_ENDPOINT", "https://192.0.2.1", "cluster.endpoint", None),
        ("SPILLWAY_CLUSTER_ENDPOINT", "http://127.0.0.1:8001", "cluster.endpoint", None),
        ("SPILLWAY_CLUSTER_CA", CA, "cluster.authorities", PEM),
        ("GCE_METADATA_HOST", "127.0.0.1:80", "metadata_host", None),
    ],
)
def test_a_setting_is_read_from_its_variable(name, value, field, expected):
    found = settings.load({**SINK, name: value})

    assert attrgetter(field)(found) == (value if expected is None else expected)


def test_a_stand_in_gives_way_to_the_variable_itself():
    environ = {**SINK, "KUBECONFIG": "/theirs", "SPILLWAY_KUBECONFIG": __file__}

    assert settings.load(environ).cluster.kubeconfig == __file__


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SPILLWAY_BUS", "kafka"),
        ("K_SINK", "broker"),
        ("K_SINK", "ftp://broker"),
        ("K_SINK", "http://"),
        ("K_SINK", "http://broker:port"),
        ("K_SINK", "http://broker/a b"),
        ("K_SINK", "http://[::1"),
        ("K_SINK", "http://broker/ä"),
        ("K_SINK", "http://bröker/"),
        ("K_SINK", "http://bro\x01ker/"),
        ("K_SINK", "http://broker/a\x7fb"),
        ("K_SINK", "http://x..y/"),
        ("K_SINK", "http://.x/"),
        ("K_SINK", f"http://{'a' * 70}.b/"),
        ("K_SINK", "http://broker:65536/"),
        ("SPILLWAY_TOPIC", "my-topic"),
        ("SPILLWAY_NAMESPACES", "Production"),
        ("SPILLWAY_SELECTOR", "app in (x"),
        ("SPILLWAY_SELECTOR", "app in croc"),
        ("SPILLWAY_METRICS_SERVER", "prometheus:9090"),
        ("SPILLWAY_CLOCK", "sundial"),
        ("SPILLWAY_CLOCK_NAMESPACE", "a.b"),
        ("POD_NAMESPACE", "a.b"),
        ("SPILLWAY_CLOCK_SINK", "default"),
        ("SPILLWAY_CLOCK_SINK", "ftp://broker"),
        ("SPILLWAY_BEAT", "0s"),
        ("SPILLWAY_BEAT", "61s"),
        ("SPILLWAY_BEAT", "5 s"),
        ("SPILLWAY_BEAT", "9" * 40),
        ("SPILLWAY_PASS_BUDGET", "-1"),
        ("SPILLWAY_POOL", "0"),
        ("SPILLWAY_POOL", "65"),
        ("SPILLWAY_POOL", "٣"),
        ("SPILLWAY_KUBECONFIG", "/not/there"),
        ("KUBECONFIG", "/not/there:/nor/there"),
        ("SPILLWAY_CLUSTER_ENDPOINT", "http://192.0.2.1"),
        ("SPILLWAY_CLUSTER_ENDPOINT", "192.0.2.1"),
        ("SPILLWAY_CLUSTER_CA", "-----BEGIN CERTIFICATE-----"),
        ("SPILLWAY_CLUSTER_CA", "bm90IGEgY2VydGlmaWNhdGU="),
        ("GCE_METADATA_HOST", "http://metadata/"),
        ("GCE_METADATA_HOST", "metadata..internal"),
        ("GCE_METADATA_HOST", "metadata:65536"),
        ("SPILLWAY_PUSH_ACCOUNT", "somebody"),
        ("SPILLWAY_CLOCK_QUEUE", "beats"),
        ("SPILLWAY_CLOCK_ACCOUNT", "spillway"),
        ("SPILLWAY_CLOCK_ENDPOINT", "http://tasks.example.com"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_name_and_value(name, value):
    with pytest.raises(BadSetting) as stopped:
        settings.load({**SINK, name: value})

    assert str(stopped.value).startswith(f"{name}={value!r}: wanted ")


def test_a_password_in_an_address_is_refused_and_not_shown():
    with pytest.raises(BadSetting) as stopped:
        settings.load({"K_SINK": "http://ci:hunter2@broker/"})

    assert "hunter2" not in str(stopped.value)
    assert str(stopped.value).startswith("K_SINK='http://…@broker/'")


def test_every_variable_is_listed_once_with_a_default_that_is_good_and_a_meaning():
    known = {item for item in vars(variables).values() if isinstance(item, Variable)}

    assert set(variables.VARIABLES) == known
    assert len({variable.name for variable in variables.VARIABLES}) == len(variables.VARIABLES)
    assert all(variable.meaning for variable in variables.VARIABLES)
    assert [variable.read({}) for variable in variables.VARIABLES]
