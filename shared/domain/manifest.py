"""From a Canary object, of any version that Flagger had, to the spec that Spillway runs."""

from datetime import timedelta

from shared.domain import addresses, dns, fields, unsupported
from shared.domain.canary import PRIMARY, AnalysisSpec, CanarySpec, Refusal, Target
from shared.domain.errors import Refused
from shared.domain.fields import Object
from shared.domain.manifest_analysis import read_analysis
from shared.domain.manifest_service import read_service

_NAME = "a Deployment's name of at most 245 characters"  # 253 with "-primary"
_LONGEST_REASON = 400  # bytes: it is kept in the status, twice
_LONGEST_DEADLINE = 2**31 - 1  # seconds
_PARTS = (
    ("targetRef",),
    ("service",),
    ("service", "apex"),
    ("service", "primary"),
    ("service", "canary"),
    ("service", "unmanagedMetadata"),
    ("analysis",),
    ("canaryAnalysis",),
)


def parse(canary: Object) -> CanarySpec | Refusal:
    """The spec with Flagger's defaults filled in, or why it is not run."""
    try:
        found = _read(canary)
    except Refused as error:
        path, _, reason = str(error).partition(": ")
        found = Refusal(path, reason)
    return _short(found) if isinstance(found, Refusal) else found


def _short(refusal: Refusal) -> Refusal:
    return Refusal(fields.short(refusal.path), fields.short(refusal.reason, _LONGEST_REASON))


def _read(canary: Object) -> CanarySpec | Refusal:
    for part in _PARTS:
        fields.mapping(canary, "spec", *part)  # refuses what is no object
    # another mesh or kind of target explains the fields that come with it, so it is named first
    provider, target = _read_provider(canary), _read_target(canary)
    refusal = unsupported.refusal(fields.mapping(canary, "spec"), _analysis_key(canary))
    return refusal or CanarySpec(
        target=target,
        service=read_service(canary, target.name),
        analysis=_read_analysis(canary),
        provider=provider,
        progress_deadline=_read_progress_deadline(canary),
        skip_analysis=fields.truth(canary, "spec", "skipAnalysis"),
        suspend=fields.truth(canary, "spec", "suspend"),
        metrics_server=_read_metrics_server(canary),
    )


def _read_provider(canary: Object) -> str:
    provider = fields.text(canary, "spec", "provider") or "istio"
    if provider != "istio":
        raise fields.wrong(("spec", "provider"), provider, "istio")
    return provider


def _read_target(canary: Object) -> Target:
    kind = fields.text(canary, "spec", "targetRef", "kind")
    if kind != "Deployment":
        raise fields.wrong(("spec", "targetRef", "kind"), kind, "Deployment")
    version = fields.text(canary, "spec", "targetRef", "apiVersion")
    if version != "apps/v1":
        raise fields.wrong(("spec", "targetRef", "apiVersion"), version, "apps/v1")
    name = fields.text(canary, "spec", "targetRef", "name")
    if not dns.is_name(name + PRIMARY):
        raise fields.wrong(("spec", "targetRef", "name"), name, _NAME)
    return Target(kind, name)


def _analysis_key(canary: Object) -> str:
    """The name of the field that counts: the old one only where the new one is absent."""
    spec = fields.mapping(canary, "spec")
    is_old = spec.get("analysis") is None and spec.get("canaryAnalysis") is not None
    return "canaryAnalysis" if is_old else "analysis"


def _read_analysis(canary: Object) -> AnalysisSpec:
    key = _analysis_key(canary)
    analysis = read_analysis(canary, key)
    if fields.truth(canary, "spec", "skipAnalysis"):
        return analysis
    if fields.at(canary, "spec", key) is None:
        raise Refused(f"spec.{key}: missing; only with skipAnalysis is nothing analysed")
    if not analysis.step_weight and not analysis.step_weights:
        raise Refused(
            f"spec.{key}.stepWeight: neither it nor stepWeights is above 0, so the canary would"
            " never get traffic"
        )
    return analysis


def _read_progress_deadline(canary: Object) -> timedelta:
    path = ("spec", "progressDeadlineSeconds")
    seconds = fields.whole(canary, *path, default=600)
    if not 1 <= seconds <= _LONGEST_DEADLINE:
        raise fields.wrong(path, seconds, f"1 to {_LONGEST_DEADLINE} seconds")
    return timedelta(seconds=seconds)


def _read_metrics_server(canary: Object) -> str | None:
    url = fields.text(canary, "spec", "metricsServer")
    if not url:
        return None
    flaw = addresses.flaw(url)
    if flaw:
        # not quoted: what is wrong with it may be the password in it
        raise Refused(f"spec.metricsServer: the address {flaw}")
    return url.rstrip("/")  # so that its questions are those of who wrote it without
