"""The settings of the functions, read once from the environment; a wrong one stops the start."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from shared.adapters import variables
from shared.adapters.environment import BadSetting
from shared.adapters.variables import BusKind, ClockKind


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """Where the API server is, and who we are to it: by its endpoint, else by kubeconfig."""

    kubeconfig: str
    endpoint: str
    authorities: str
    metadata_host: str


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
    cluster: ClusterSettings


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """What promotion_webhook needs to know."""

    bus: BusKind
    sink: str
    topic: str
    secrets: Path


def load(environ: Mapping[str, str]) -> Settings:
    """The settings of the three functions that run passes."""
    bus, sink, topic = _bus(environ)
    return Settings(
        bus=bus,
        sink=sink,
        topic=topic,
        namespaces=variables.NAMESPACES.read(environ),
        selector=variables.SELECTOR.read(environ),
        metrics_server=variables.METRICS_SERVER.read(environ),
        clock=variables.CLOCK.read(environ),
        clock_namespace=variables.CLOCK_NAMESPACE.read(environ),
        clock_sink=variables.CLOCK_SINK.read(environ),
        beat=variables.BEAT.read(environ),
        pass_budget=variables.PASS_BUDGET.read(environ),
        pool=variables.POOL.read(environ),
        cluster=_cluster(environ),
    )


def load_webhook(environ: Mapping[str, str]) -> WebhookSettings:
    """The settings of the webhook."""
    bus, sink, topic = _bus(environ)
    return WebhookSettings(bus=bus, sink=sink, topic=topic, secrets=variables.SECRETS.read(environ))


def _cluster(environ: Mapping[str, str]) -> ClusterSettings:
    return ClusterSettings(
        kubeconfig=variables.KUBECONFIG.read(environ),
        endpoint=variables.CLUSTER_ENDPOINT.read(environ),
        authorities=variables.CLUSTER_CA.read(environ),
        metadata_host=variables.METADATA_HOST.read(environ),
    )


def _bus(environ: Mapping[str, str]) -> tuple[BusKind, str, str]:
    """All that is said of the bus; the part that its kind needs must be there."""
    bus, sink, topic = (
        variables.BUS.read(environ),
        variables.SINK.read(environ),
        variables.TOPIC.read(environ),
    )
    needed, value = (variables.SINK, sink) if bus is BusKind.HTTP else (variables.TOPIC, topic)
    if not value:
        raise BadSetting(f"{needed.name}='': wanted {needed.meaning}")
    return bus, sink, topic
