"""A Canary as a pass takes it up: what it asks for, and whether it is run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shared.domain.canary import PRIMARY, AnalysisSpec, CanarySpec, Refusal, ServiceSpec, Target
from shared.domain.errors import Refused
from shared.domain.events import RollbackWish
from shared.domain.fields import short
from shared.domain.ownership import Owner, other_controller
from shared.domain.routes import is_foreign
from shared.domain.seen import Gone, Seen, Unread
from shared.domain.status import Made, Status
from shared.domain.workload import Workload, selector_label

Key = tuple[str, str]  # namespace, name


@dataclass(frozen=True, slots=True)
class Subject:
    """One Canary as listed: who it is, what it asks for, what is remembered of it."""

    owner: Owner
    generation: int
    version: str  # its resourceVersion, which a save is conditional on
    target: str  # the name in spec.targetRef, of a spec that is refused too
    spec: CanarySpec | Refusal
    status: Status

    @property
    def workloads(self) -> frozenset[str]:
        """The names of the target, and once it was made of the primary."""
        made = self.status.made
        return frozenset({self.target, *((made.target.name, made.target.primary) if made else ())})


@dataclass(frozen=True, slots=True)
class Request:
    """What came with the event: a promotion's id, or a wish to go back."""

    promotion: str = ""
    wish: RollbackWish | None = None


NO_REQUEST = Request()


def effective_spec(subject: Subject) -> CanarySpec | None:
    """What a pass works with: the spec, or where that is refused what the status was made for.

    None for a Canary that was refused before anything was made.
    """
    spec, made = subject.spec, subject.status.made
    if not isinstance(spec, Refusal) and _stays(subject.status, spec):
        return spec
    if made is None:
        return None
    service = ServiceSpec(name=made.service, port=0)
    if not isinstance(spec, Refusal):
        return replace(spec, target=made.target, service=service, provider=made.provider)
    drain = subject.status.drain
    analysis = AnalysisSpec() if drain is None else AnalysisSpec(drain=drain)
    return CanarySpec(made.target, service, analysis, provider=made.provider)


def left_behind(spec: CanarySpec | Refusal, status: Status, *, target: str, service: str) -> Status:
    """The status of a Canary that somebody else ran, and whose spec is refused here.

    What its objects are called is all that has to be known to leave them as they are.
    """
    foreign = status.made is None and bool(status.promoted)
    if not isinstance(spec, Refusal) or not foreign or not target:
        return status
    return replace(status, made=Made(Target("Deployment", target), service or target, "istio"))


def _stays(status: Status, spec: CanarySpec) -> bool:
    """Whether a spec works on what was made, or nothing was made that it would leave behind."""
    made = status.made
    return made in (None, made_of(spec)) or not (status.initialized or status.routed)


def made_of(spec: CanarySpec) -> Made:
    """The objects that a spec works on."""
    return Made(spec.target, spec.service.name, spec.provider)


def refusal_of(subject: Subject, seen: Seen | None) -> str:
    """Why a Canary is not run, as far as was looked; empty where it is."""
    if isinstance(subject.spec, Refusal):
        return f"{subject.spec.path}: {subject.spec.reason}"
    made = subject.status.made
    if made and not _stays(subject.status, subject.spec):
        return _moved(made, made_of(subject.spec))
    return _objection(subject, subject.spec, seen) if seen else ""


def _moved(made: Made, asked: Made) -> str:
    if made.target != asked.target:
        return f"spec.targetRef: was {made.target.name}, and cannot be {asked.target.name} now"
    if made.service != asked.service:
        return f"spec.service.name: was {made.service}, and cannot be {asked.service} now"
    return f"spec.provider: was {made.provider}, and cannot be {asked.provider} now"


def _objection(subject: Subject, spec: CanarySpec, seen: Seen) -> str:
    """What stands in the cluster and would be trampled on."""
    route = seen.route
    if not isinstance(route, Gone | Unread) and is_foreign(route, subject.owner):
        return f"spec.service.name: VirtualService {spec.service.name} belongs to somebody else"
    scaler = seen.support.scalers.get(spec.target.name) if seen.support else None
    if scaler:
        return f"spec.autoscalerRef: HorizontalPodAutoscaler {scaler} scales {spec.target.name}"
    return _unlike(seen.target, seen.primary) or _foreign(seen.primary, subject.owner)


def _unlike(target: Workload | Gone | Unread, primary: Workload | Gone | Unread) -> str:
    """The primary's pods have to be told from the target's by a label, which both select by."""
    if not isinstance(target, Workload):
        return ""
    try:
        label, value = selector_label(target)
    except Refused as error:
        return f"spec.targetRef: {error}"
    wanted = {label: value + PRIMARY}
    if not isinstance(primary, Workload) or primary.selector == wanted:
        return ""
    found, asked = (_told(selector) for selector in (primary.selector, wanted))
    return f"spec.targetRef: {primary.name} selects its pods by {found}, not by {asked}"


def _told(selector: Mapping[str, str]) -> str:
    return short(",".join(f"{label}={value}" for label, value in selector.items()) or "nothing")


def _foreign(primary: Workload | Gone | Unread, owner: Owner) -> str:
    """One Deployment is the primary of one Canary."""
    if not isinstance(primary, Workload):
        return ""
    other = other_controller(primary.owners, owner.name)
    return f"spec.targetRef: {primary.name} belongs to {short(other)}" if other else ""
