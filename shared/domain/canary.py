"""What a Canary asks for: its spec as values, with every default filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from shared.domain.analysis import Metric
from shared.domain.fields import Object

PRIMARY = "-primary"
"""What the names of a primary, of its Service and of its label's value end in."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a spec is not run: the field's path and the reason, as the condition shows them."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Target:
    """The workload that people deploy to."""

    kind: str
    name: str

    @property
    def primary(self) -> str:
        """The name of the workload that serves between releases."""
        return self.name + PRIMARY


@dataclass(frozen=True, slots=True)
class Metadata:
    """Labels and annotations that the spec adds to one of the Services."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """spec.service: how the app is reached. `name` is the apex: the spec's, else the target's."""

    name: str
    port: int
    port_name: str = "http"
    target_port: int | str = 0
    port_discovery: bool = False
    app_protocol: str | None = None
    hosts: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    timeout: str | None = None
    match: tuple[Object, ...] = ()
    apex: Metadata = Metadata()
    primary: Metadata = Metadata()
    canary: Metadata = Metadata()
    unmanaged_labels: tuple[str, ...] = ()
    unmanaged_annotations: tuple[str, ...] = ()

    @property
    def primary_name(self) -> str:
        """The Service of the workload that serves between releases."""
        return self.name + PRIMARY

    @property
    def canary_name(self) -> str:
        """The Service of the workload under analysis."""
        return f"{self.name}-canary"


@dataclass(frozen=True, slots=True)
class AnalysisSpec:
    """spec.analysis: weights in percent of the traffic, thresholds in percent of the replicas."""

    interval: timedelta = timedelta(seconds=60)
    threshold: int = 1
    max_weight: int = 100
    step_weight: int = 0
    step_weights: tuple[int, ...] = ()
    step_weight_promotion: int = 0
    primary_ready_threshold: int = 100
    canary_ready_threshold: int = 100
    metrics: tuple[Metric, ...] = ()
    drain: timedelta = timedelta(seconds=10)
    inconclusive_limit: int = 1


@dataclass(frozen=True, slots=True)
class CanarySpec:
    """The spec of a Canary that Spillway runs."""

    target: Target
    service: ServiceSpec
    analysis: AnalysisSpec
    provider: str = "istio"
    progress_deadline: timedelta = timedelta(seconds=600)
    skip_analysis: bool = False
    suspend: bool = False
    metrics_server: str | None = None
