"""The settings of the functions, read once from the environment; a wrong one stops the start."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from shared.adapters import environment
from shared.adapters.environment import BadSetting, Variable


class BusKind(StrEnum):
    """What events are published on."""

    HTTP = "http"
    PUBSUB = "pubsub"


class ClockKind(StrEnum):
    """What beats while a canary waits for its next tick."""

    PINGSOURCE = "pingsource"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Settings:
    """What start_canary, analysis_tick and rollback need to know."""

    bus: BusKind
    sink: str
    topic: str
    namespaces: tuple[str, ...]
    selector: str
    metrics_server: str
    clock: ClockKind
    clock_namespace: str
    clock_sink: str
    beat: timedelta
    pass_budget: timedelta
    pool: int
    kubeconfig: str


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """What promotion_webhook needs to know."""

    bus: BusKind
    sink: str
    topic: str
    secrets: Path


_SECOND = timedelta(seconds=1)

_BUS = Variable(
    "SPILLWAY_BUS",
    default="http",
    parse=environment.choice(BusKind),
    meaning="What events are published on: `http` (a sink such as Knative's) or `pubsub`",
)
_SINK = Variable(
    "K_SINK",
    default="",
    parse=environment.address,
    meaning="The address that takes events; needed where the bus is `http`",
)
_TOPIC = Variable(
    "SPILLWAY_TOPIC",
    default="",
    parse=environment.topic,
    meaning="`projects/<project>/topics/<topic>`; needed where the bus is `pubsub`",
)
_NAMESPACES = Variable(
    "SPILLWAY_NAMESPACES",
    default="",
    parse=environment.namespaces,
    meaning="The namespaces that are looked at, with commas between them; empty: all",
)
_SELECTOR = Variable(
    "SPILLWAY_SELECTOR",
    default="",
    parse=environment.selector,
    meaning="A label selector of the Canaries that are looked at; empty: all",
)
_METRICS_SERVER = Variable(
    "SPILLWAY_METRICS_SERVER",
    default="http://prometheus:9090",
    parse=environment.address,
    meaning="The Prometheus that is asked where a Canary names none",
)
_CLOCK = Variable(
    "SPILLWAY_CLOCK",
    default="pingsource",
    parse=environment.choice(ClockKind),
    meaning="What beats while a canary waits: `pingsource`, or `none` (sweeps only)",
)
_CLOCK_NAMESPACE = Variable(
    "SPILLWAY_CLOCK_NAMESPACE",
    default="spillway",
    parse=environment.namespace,
    meaning="The namespace of the beat; `POD_NAMESPACE` stands in for it",
    instead=("POD_NAMESPACE",),
)
_CLOCK_SINK = Variable(
    "SPILLWAY_CLOCK_SINK",
    default="broker/default",
    parse=environment.destination,
    meaning="Where beats go: `<kind>/<name>` in the beat's namespace, or an address",
)
_BEAT = Variable(
    "SPILLWAY_BEAT",
    default="5s",
    parse=environment.duration(_SECOND, 60 * _SECOND),
    meaning="The time between two beats, 1s to 60s",
)
_PASS_BUDGET = Variable(
    "SPILLWAY_PASS_BUDGET",
    default="20s",
    parse=environment.duration(_SECOND, 600 * _SECOND),
    meaning="The time a pass may take; it stays below the delivery timeout of the bus",
)
_POOL = Variable(
    "SPILLWAY_POOL",
    default="8",
    parse=environment.whole(1, 64),
    meaning="How many canaries are decided side by side",
)
_KUBECONFIG = Variable(
    "SPILLWAY_KUBECONFIG",
    default="",
    parse=environment.files,
    meaning="A kubeconfig file; `KUBECONFIG` stands in for it; empty: the pod's own account",
    instead=("KUBECONFIG",),
)
_SECRETS = Variable(
    "SPILLWAY_SECRETS",
    default="/etc/spillway/secrets",
    parse=Path,
    meaning=(
        "The folder of the webhook's secrets, a file each; `<file>.namespaces` beside one "
        "limits it to the namespaces listed, with commas between them"
    ),
)

VARIABLES = (
    _BUS,
    _SINK,
    _TOPIC,
    _NAMESPACES,
    _SELECTOR,
    _METRICS_SERVER,
    _CLOCK,
    _CLOCK_NAMESPACE,
    _CLOCK_SINK,
    _BEAT,
    _PASS_BUDGET,
    _POOL,
    _KUBECONFIG,
    _SECRETS,
)


def load(environ: Mapping[str, str]) -> Settings:
    """The settings of the three functions that run passes."""
    bus, sink, topic = _bus(environ)
    return Settings(
        bus=bus,
        sink=sink,
        topic=topic,
        namespaces=_NAMESPACES.read(environ),
        selector=_SELECTOR.read(environ),
        metrics_server=_METRICS_SERVER.read(environ),
        clock=_CLOCK.read(environ),
        clock_namespace=_CLOCK_NAMESPACE.read(environ),
        clock_sink=_CLOCK_SINK.read(environ),
        beat=_BEAT.read(environ),
        pass_budget=_PASS_BUDGET.read(environ),
        pool=_POOL.read(environ),
        kubeconfig=_KUBECONFIG.read(environ),
    )


def load_webhook(environ: Mapping[str, str]) -> WebhookSettings:
    """The settings of the webhook."""
    bus, sink, topic = _bus(environ)
    return WebhookSettings(bus=bus, sink=sink, topic=topic, secrets=_SECRETS.read(environ))


def _bus(environ: Mapping[str, str]) -> tuple[BusKind, str, str]:
    """All that is said of the bus; the part that its kind needs must be there."""
    bus, sink, topic = _BUS.read(environ), _SINK.read(environ), _TOPIC.read(environ)
    needed, value = (_SINK, sink) if bus is BusKind.HTTP else (_TOPIC, topic)
    if not value:
        raise BadSetting(f"{needed.name}='': wanted {needed.meaning}")
    return bus, sink, topic
