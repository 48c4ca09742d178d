"""The settings of the functions, read once from the environment; a wrong one stops the start."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from shared.adapters import variables
from shared.adapters.environment import BadSetting, Variable
from shared.adapters.variables import BusKind, ClockKind


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """Where the API server is, and who we are to it: by its endpoint, else by kubeconfig."""

    kubeconfig: str
    endpoint: str
    authorities: str


@dataclass(frozen=True, slots=True)
class ClockSettings:
    """What beats; where a PingSource stands, or what is queued where, as whom; where beats go."""

    kind: ClockKind
    namespace: str
    sink: str
    queue: str
    account: str
    endpoint: str


@dataclass(frozen=True, slots=True)
class PushSettings:
    """What the token of a push says: for whom it was made, and for whom it speaks."""

    audience: str
    account: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What start_canary, analysis_tick and rollback need to know."""

    bus: BusKind
    sink: str
    sink_token: str
    topic: str
    namespaces: tuple[str, ...]
    selector: str
    metrics_server: str
    clock: ClockSettings
    beat: timedelta
    pass_budget: timedelta
    pool: int
    cluster: ClusterSettings
    metadata_host: str
    push: PushSettings | None  # None: the platform lets nobody else in


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """What promotion_webhook needs to know."""

    bus: BusKind
    sink: str
    sink_token: str
    topic: str
    secrets: Path


def load(environ: Mapping[str, str]) -> Settings:
    """The settings of the three functions that run passes."""
    bus, sink, topic = _bus(environ)
    return Settings(
        bus=bus,
        sink=sink,
        sink_token=variables.SINK_TOKEN.read(environ),
        topic=topic,
        namespaces=variables.NAMESPACES.read(environ),
        selector=variables.SELECTOR.read(environ),
        metrics_server=variables.METRICS_SERVER.read(environ),
        clock=_clock(environ),
        beat=variables.BEAT.read(environ),
        pass_budget=variables.PASS_BUDGET.read(environ),
        pool=variables.POOL.read(environ),
        cluster=_cluster(environ),
        metadata_host=variables.METADATA_HOST.read(environ),
        push=_push(environ),
    )


def load_webhook(environ: Mapping[str, str]) -> WebhookSettings:
    """The settings of the webhook."""
    bus, sink, topic = _bus(environ)
    return WebhookSettings(
        bus=bus,
        sink=sink,
        sink_token=variables.SINK_TOKEN.read(environ),
        topic=topic,
        secrets=variables.SECRETS.read(environ),
    )


def _cluster(environ: Mapping[str, str]) -> ClusterSettings:
    return ClusterSettings(
        kubeconfig=variables.KUBECONFIG.read(environ),
        endpoint=variables.CLUSTER_ENDPOINT.read(environ),
        authorities=variables.CLUSTER_CA.read(environ),
    )


def _clock(environ: Mapping[str, str]) -> ClockSettings:
    """A task has no default for any of what it needs: where it waits, goes, and as whom."""
    found = ClockSettings(
        kind=variables.CLOCK.read(environ),
        namespace=variables.CLOCK_NAMESPACE.read(environ),
        sink=variables.CLOCK_SINK.read(environ),
        queue=variables.CLOCK_QUEUE.read(environ),
        account=variables.CLOCK_ACCOUNT.read(environ),
        endpoint=variables.CLOCK_ENDPOINT.read(environ),
    )
    if found.kind is ClockKind.CLOUD_TASKS:
        _needed(variables.CLOCK_QUEUE, found.queue)
        _needed(variables.CLOCK_ACCOUNT, found.account)
        _needed(variables.CLOCK_SINK, found.sink if "://" in found.sink else "")
    return found


def _push(environ: Mapping[str, str]) -> PushSettings | None:
    """Both or neither: with one of them alone, less would be checked than somebody thinks."""
    audience = variables.PUSH_AUDIENCE.read(environ)
    account = variables.PUSH_ACCOUNT.read(environ)
    if not audience and not account:
        return None
    _needed(variables.PUSH_AUDIENCE, audience)
    _needed(variables.PUSH_ACCOUNT, account)
    return PushSettings(audience, account)


def _bus(environ: Mapping[str, str]) -> tuple[BusKind, str, str]:
    """All that is said of the bus; the part that its kind needs must be there."""
    bus, sink, topic = (
        variables.BUS.read(environ),
        variables.SINK.read(environ),
        variables.TOPIC.read(environ),
    )
    needed, value = (variables.SINK, sink) if bus is BusKind.HTTP else (variables.TOPIC, topic)
    _needed(needed, value)
    return bus, sink, topic


def _needed(variable: Variable[str], value: str) -> None:
    if not value:
        raise BadSetting(f"{variable.name}='': wanted {variable.meaning}")
