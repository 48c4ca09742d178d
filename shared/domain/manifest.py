"""From a Canary object, of any version that Flagger had, to the spec that Spillway runs."""

import re
from datetime import timedelta

from shared.domain import addresses, durations, fields, unsupported
from shared.domain.canary import (
    AnalysisSpec,
    CanarySpec,
    Metadata,
    Refusal,
    ServiceSpec,
    Target,
)
from shared.domain.errors import Refused
from shared.domain.fields import Json, Object
from shared.domain.manifest_analysis import read_analysis

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_PORT_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?")
_SERVICE = ("spec", "service")


def parse(canary: Object) -> CanarySpec | Refusal:
    """The spec with Flagger's defaults filled in, or why it is not run."""
    try:
        spec = fields.mapping(canary, "spec")
        # Flagger's order: the old name counts only where the new one is absent (specs §1.1)
        old = spec.get("analysis") is None and spec.get("canaryAnalysis") is not None
        analysis_key = "canaryAnalysis" if old else "analysis"
        return unsupported.refusal(spec, analysis_key) or _read(canary, analysis_key)
    except Refused as error:
        path, _, reason = str(error).partition(": ")
        return Refusal(path, reason)


def _read(canary: Object, analysis_key: str) -> CanarySpec:
    target = _read_target(canary)
    return CanarySpec(
        target=target,
        service=_read_service(canary, target),
        analysis=_read_analysis_of(canary, analysis_key),
        provider=_read_provider(canary),
        progress_deadline=_read_progress_deadline(canary),
        skip_analysis=fields.truth(canary, "spec", "skipAnalysis"),
        suspend=fields.truth(canary, "spec", "suspend"),
        metrics_server=_read_metrics_server(canary),
    )


def _read_target(canary: Object) -> Target:
    kind = fields.text(canary, "spec", "targetRef", "kind")
    if kind != "Deployment":
        raise fields.wrong(("spec", "targetRef", "kind"), kind, "Deployment")
    name = fields.text(canary, "spec", "targetRef", "name")
    if not _NAME.fullmatch(name):
        raise fields.wrong(("spec", "targetRef", "name"), name, "a name")
    return Target(kind, name)


def _read_provider(canary: Object) -> str:
    provider = fields.text(canary, "spec", "provider") or "istio"
    if provider != "istio":
        raise fields.wrong(("spec", "provider"), provider, "istio")
    return provider


def _read_progress_deadline(canary: Object) -> timedelta:
    seconds = fields.whole(canary, "spec", "progressDeadlineSeconds", default=600)
    if not 1 <= seconds < 2**31:
        raise fields.wrong(("spec", "progressDeadlineSeconds"), seconds, "1 to 2147483647 seconds")
    return timedelta(seconds=seconds)


def _read_metrics_server(canary: Object) -> str | None:
    url = fields.text(canary, "spec", "metricsServer")
    if not url:
        return None
    flaw = addresses.flaw(url)
    if flaw:
        # not quoted: what stands in it may be a password
        raise Refused(f"spec.metricsServer: the address {flaw}")
    return url


def _read_analysis_of(canary: Object, key: str) -> AnalysisSpec:
    skipped = fields.truth(canary, "spec", "skipAnalysis")
    if fields.at(canary, "spec", key) is None and not skipped:
        raise Refused(f"spec.{key}: missing; only with skipAnalysis is nothing analysed")
    analysis = read_analysis(canary, key)
    if not analysis.step_weight and not analysis.step_weights and not skipped:
        raise Refused(
            f"spec.{key}.stepWeight: neither it nor stepWeights is above 0, so the canary would"
            " never get traffic"
        )
    return analysis


def _read_service(canary: Object, target: Target) -> ServiceSpec:
    name = fields.text(canary, *_SERVICE, "name") or target.name
    if not _NAME.fullmatch(name):
        raise fields.wrong((*_SERVICE, "name"), name, "a name")
    port = _read_port(canary)
    return ServiceSpec(
        name=name,
        port=port,
        port_name=fields.text(canary, *_SERVICE, "portName") or "http",
        target_port=_read_target_port(canary, port),
        port_discovery=fields.truth(canary, *_SERVICE, "portDiscovery"),
        app_protocol=_read_app_protocol(canary),
        hosts=_read_hosts(canary, name),
        gateways=fields.texts(canary, *_SERVICE, "gateways") or ("mesh",),
        timeout=_read_timeout(canary),
        match=_read_match(canary),
        apex=_read_metadata(canary, "apex"),
        primary=_read_metadata(canary, "primary"),
        canary=_read_metadata(canary, "canary"),
        unmanaged_labels=fields.texts(canary, *_SERVICE, "unmanagedMetadata", "labels"),
        unmanaged_annotations=fields.texts(canary, *_SERVICE, "unmanagedMetadata", "annotations"),
    )


def _read_port(canary: Object) -> int:
    if fields.at(canary, *_SERVICE, "port") is None:
        raise Refused("spec.service.port: missing")
    port = fields.whole(canary, *_SERVICE, "port")
    if not 1 <= port <= 65535:
        raise fields.wrong((*_SERVICE, "port"), port, "1 to 65535")
    return port


def _read_target_port(canary: Object, port: int) -> int | str:
    found = fields.at(canary, *_SERVICE, "targetPort")
    if found is None or found in ("", "0"):
        return port
    if isinstance(found, str):
        if not _PORT_NAME.fullmatch(found):
            raise fields.wrong((*_SERVICE, "targetPort"), found, "a port's number or name")
        return found
    number = fields.whole(canary, *_SERVICE, "targetPort")
    if not 0 <= number <= 65535:
        raise fields.wrong((*_SERVICE, "targetPort"), number, "1 to 65535")
    return number or port


def _read_app_protocol(canary: Object) -> str | None:
    protocol = fields.text(canary, *_SERVICE, "appProtocol")
    if protocol.lower() not in {"", "http"}:
        raise fields.wrong((*_SERVICE, "appProtocol"), protocol, "http")
    return protocol or None


def _read_hosts(canary: Object, apex: str) -> tuple[str, ...]:
    """The hosts and the apex, which Flagger adds unless `*` covers it (specs §1.2)."""
    hosts = fields.texts(canary, *_SERVICE, "hosts")
    return hosts if apex in hosts or "*" in hosts else (*hosts, apex)


def _read_timeout(canary: Object) -> str | None:
    timeout = fields.text(canary, *_SERVICE, "timeout")
    if not timeout:
        return None
    length = durations.parse(timeout)
    if length is None or length < timedelta():
        raise fields.wrong((*_SERVICE, "timeout"), timeout, "a duration such as 15s")
    return timeout


def _read_match(canary: Object) -> tuple[Object, ...]:
    return tuple(
        _read_rule(rule, f"spec.service.match.{index}")
        for index, rule in enumerate(fields.objects(canary, *_SERVICE, "match"))
    )


def _read_rule(rule: Object, where: str) -> Object:
    """One of Istio's HTTPMatchRequests, as far as it speaks of uri and headers."""
    for key, value in rule.items():
        if key not in {"uri", "headers"} and unsupported.is_used(value):
            raise Refused(f"{where}.{key}: not supported, only uri and headers are")
    read: dict[str, Json] = {}
    if rule.get("uri") is not None:
        read["uri"] = _read_string_match({where: rule}, where, "uri")
    headers = fields.mapping({where: rule}, where, "headers")
    if headers:
        read["headers"] = {
            name: _read_string_match({where: rule}, where, "headers", name) for name in headers
        }
    return read


def _read_string_match(root: Object, *path: str) -> Object:
    """Istio's StringMatch: exactly one way to compare."""
    found = fields.mapping(root, *path)
    if len(found) != 1 or not set(found) <= {"exact", "prefix", "regex"}:
        raise fields.wrong(path, found, "one of exact, prefix, regex")
    return fields.pairs(root, *path)


def _read_metadata(canary: Object, service: str) -> Metadata:
    return Metadata(
        labels=fields.pairs(canary, *_SERVICE, service, "labels"),
        annotations=fields.pairs(canary, *_SERVICE, service, "annotations"),
    )
