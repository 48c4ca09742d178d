"""Flagger's fields that Spillway does not carry out: named, never run as if they were not there."""

from collections.abc import Iterable

from shared.domain.canary import Refusal
from shared.domain.fields import Json, Object, at

_SPEC = ("autoscalerRef", "ingressRef", "routeRef", "upstreamRef", "revertOnDeletion")
_SERVICE = (
    "trafficDistribution",
    "headless",
    "backendTimeout",
    "gatewayRefs",
    "delegation",
    "trafficPolicy",
    "rewrite",
    "retries",
    "headers",
    "mirror",
    "corsPolicy",
    "meshName",
    "backends",
)
_ANALYSIS = (
    "iterations",
    "mirror",
    "mirrorWeight",
    "match",
    "webhooks",
    "alerts",
    "sessionAffinity",
)
_METRIC = ("templateRef", "templateVariables")
_ASKS_WHEN_EMPTY = ("retries",)  # it is `attempts: 0` then, which turns Istio's own retries off


def refusal(spec: Object, analysis_key: str) -> Refusal | None:
    """The first unsupported field in use; the reason names the others, so that one edit does. What
    several metrics ask for is named once.
    """
    paths = (
        *_used(spec, "spec", _SPEC),
        *_used(at(spec, "service"), "spec.service", _SERVICE),
        *_used(at(spec, analysis_key), f"spec.{analysis_key}", _ANALYSIS),
        *_used_in_metrics(at(spec, analysis_key, "metrics"), f"spec.{analysis_key}.metrics"),
    )
    if not paths:
        return None
    first, *others = paths
    others = [path for path in dict.fromkeys(map(_plain, others)) if path != _plain(first)]
    return Refusal(first, f"not supported, nor {', '.join(others)}" if others else "not supported")


def is_used(value: Json) -> bool:
    """Whether a field asks for anything: false, 0 and what is empty mean the same as its absence.

    An object with a zero in it does ask: `retries: {attempts: 0}` turns Istio's own retries off.
    """
    return bool(value)


def _plain(path: str) -> str:
    """Without the number of the metric."""
    return ".".join(word for word in path.split(".") if not word.isdecimal())


def _used(value: Json, where: str, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(
        f"{where}.{name}"
        for name in names
        if is_used(at(value, name)) or (name in _ASKS_WHEN_EMPTY and at(value, name) == {})
    )


def _used_in_metrics(metrics: Json, where: str) -> tuple[str, ...]:
    if not isinstance(metrics, list | tuple):
        return ()
    return tuple(
        path
        for index, metric in enumerate(metrics)
        for path in _used(metric, f"{where}.{index}", _METRIC)
    )
