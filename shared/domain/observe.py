"""From what was read to what the rules tell apart: every comparison of content and of times."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from shared.domain import observation
from shared.domain.analysis import Verdict, VerdictKind
from shared.domain.canary import CanarySpec
from shared.domain.fields import whole
from shared.domain.machine import Phase
from shared.domain.observation import Facts, Observation, Pods, Situation
from shared.domain.ownership import Owner
from shared.domain.plan import shares
from shared.domain.primary import undone
from shared.domain.readiness import ReadyState, readiness
from shared.domain.revision import revision_of
from shared.domain.routes import route_matches, shares_of, virtual_service
from shared.domain.seen import Gone, Seen, Unread
from shared.domain.status import Generations, Status
from shared.domain.subject import NO_REQUEST, Request, Subject, refusal_of
from shared.domain.wishes import means_the_run, told_of
from shared.domain.workload import Workload, images

_NO_VERDICT = Verdict(VerdictKind.PASSED)


@dataclass(frozen=True, slots=True)
class Moment:
    """The time of a pass, and the beat its ticks come in."""

    now: datetime
    beat: timedelta

    def is_due(self, tick: datetime | None) -> bool:
        """Half a beat early is in time: the next one would be late."""
        return tick is None or self.now >= tick - self.beat / 2

    def is_late(self, tick: datetime | None) -> bool:
        """More than a beat after the tick."""
        return tick is not None and self.now > tick + self.beat

    def has_passed(self, start: datetime | None, span: timedelta) -> bool:
        """Whether that much time is over since the start; never without one."""
        return start is not None and self.now >= start + span


def observe(
    subject: Subject,
    seen: Seen,
    *,
    spec: CanarySpec,
    moment: Moment,
    request: Request = NO_REQUEST,
    verdict: Verdict = _NO_VERDICT,
) -> Situation:
    """The situation of one canary, for `decide`."""
    status, analysis = subject.status, spec.analysis
    refusal = refusal_of(subject, seen)
    facts = _facts(subject, seen, spec, refusal=refusal, request=request, verdict=verdict)
    pending = status.last_promotion
    carried = bool(pending and not pending.done and pending.id == request.promotion)
    observation_ = Observation(
        accepted=not refusal,
        wished=means_the_run(request.wish, subject, seen, facts.target_revision),
        canary=_pods(seen.target, analysis.canary_ready_threshold),
        idle=_is_idle(seen.target),
        revision=_revision(status, facts.target_revision),
        primary=_pods(seen.primary, analysis.primary_ready_threshold),
        route=_route(subject, seen, spec),
        rerouted=facts.generations.route != status.generations.route,
        promoted_kept=_kept(seen, status.promoted),
        target_kept=_kept(seen, facts.target_revision),
        unrecorded=carried or _is_unrecorded(status, facts),
        verdict=verdict.kind,
        due=moment.is_due(status.next_tick),
        drained=moment.has_passed(status.weighed_at, analysis.drain),
        overdue=status.settled and moment.has_passed(status.waiting_since, spec.progress_deadline),
        outlasted=moment.has_passed(status.waiting_since, analysis.interval),
        overdrawn=status.unsettled_reason != ""
        and moment.has_passed(status.unsettled_since, spec.progress_deadline),
    )
    late = moment.is_late(status.next_tick)
    return Situation(
        spec, status, observation_, facts, moment.now, promotion_done=carried, late=late
    )


def _facts(
    subject: Subject,
    seen: Seen,
    spec: CanarySpec,
    *,
    refusal: str,
    request: Request,
    verdict: Verdict,
) -> Facts:
    status, wish = subject.status, request.wish
    return Facts(
        generation=subject.generation,
        generations=Generations(
            target=_generation(seen.target, status.generations.target),
            primary=_generation(seen.primary, status.generations.primary),
            route=_route_generation(seen, status.generations.route),
        ),
        target_revision=target_revision(status, seen.target),
        primary_revision=status.promoted if refusal else _primary_revision(status, seen),
        refusal=refusal,
        waiting_for=_waiting_for(subject.owner, seen, spec, status.phase),
        wish=told_of(wish) if wish else "",
        verdict=verdict.message or "what was measured is not what was asked for",
        target_image=_first_image(seen.target),
        primary_image=_first_image(seen.primary),
        promoted_image=_promoted_image(status, seen),
    )


def _first_image(workload: Workload | Gone | Unread) -> str:
    """By which CDEvents know an artifact."""
    found = images(workload.template) if isinstance(workload, Workload) else ()
    return found[0] if found else ""


def _promoted_image(status: Status, seen: Seen) -> str:
    kept = seen.support.snapshots.get(status.promoted) if seen.support else None
    found = images(kept) if kept else ()
    return found[0] if found else _first_image(seen.primary)


def _generation(workload: Workload | Gone | Unread, known: int) -> int:
    match workload:
        case Workload():
            return workload.generation
        case Gone():
            return 0
        case Unread():
            return known
        case _:
            assert_never(workload)


def _route_generation(seen: Seen, known: int) -> int:
    if isinstance(seen.route, Gone):
        return 0
    return known if isinstance(seen.route, Unread) else whole(seen.route, "metadata", "generation")


def target_revision(status: Status, target: Workload | Gone | Unread) -> str:
    """The revision of the target's template: as recorded while its generation is, else its hash."""
    if not isinstance(target, Workload):
        return status.target_revision
    if status.target_revision and target.generation == status.generations.target:
        return status.target_revision
    return revision_of(target.template)


def _primary_revision(status: Status, seen: Seen) -> str:
    """Hashed only where it is asked for: before a canary is initialised."""
    both = isinstance(seen.primary, Workload) and isinstance(seen.target, Workload)
    if status.initialized or not both:
        return status.promoted
    assert isinstance(seen.primary, Workload)
    assert isinstance(seen.target, Workload)
    return revision_of(undone(seen.primary.template, seen.target))


def _pods(workload: Workload | Gone | Unread, threshold: int) -> Pods:
    match workload:
        case Gone():
            return Pods.GONE
        case Unread():
            return Pods.UNREAD
        case Workload():
            return _pods_of(workload, threshold)
        case _:
            assert_never(workload)


def _pods_of(workload: Workload, threshold: int) -> Pods:
    state = readiness(workload, threshold).state
    match state:
        case ReadyState.READY:
            return Pods.READY
        case ReadyState.UNREADY:
            return Pods.UNREADY
        case ReadyState.EMPTY:
            return Pods.EMPTY
        case ReadyState.STUCK:
            return Pods.STALLED if workload.ready > 0 else Pods.STUCK
        case _:
            assert_never(state)


def _is_idle(target: Workload | Gone | Unread) -> bool:
    match target:
        case Workload():
            return target.replicas == 0
        case Gone():
            return True
        case Unread():
            return False
        case _:
            assert_never(target)


def _revision(status: Status, found: str) -> observation.Revision:
    if found == status.revision:
        return observation.Revision.SAME
    if found == status.promoted:
        return observation.Revision.PROMOTED
    return observation.Revision.NEW


def _route(subject: Subject, seen: Seen, spec: CanarySpec) -> observation.Route:
    """Of a spec that stands in for a refused one only the weights are known; a route that is gone
    cannot be made of it, and is not asked for.
    """
    status, owner, stands_in = subject.status, subject.owner, spec is not subject.spec
    if isinstance(seen.route, Gone):
        return observation.Route.AS_ASKED if stands_in else observation.Route.GONE
    if isinstance(seen.route, Unread):
        return observation.Route.UNREAD
    asked = shares(spec.service, status.weight)
    if stands_in:
        same = frozenset(shares_of(seen.route, spec) or ()) == frozenset(asked)
    else:
        same = route_matches(seen.route, virtual_service(spec, owner, asked))
    return observation.Route.AS_ASKED if same else observation.Route.OTHER


def _kept(seen: Seen, revision: str) -> bool:
    return seen.support is not None and revision in seen.support.snapshots


def _is_unrecorded(status: Status, facts: Facts) -> bool:
    known = (status.generations, status.generation)
    return known != (facts.generations, facts.generation)


def _waiting_for(owner: Owner, seen: Seen, spec: CanarySpec, phase: Phase) -> str:
    """What is missing, in Flagger's words: the primary is spoken of first."""
    analysis = spec.analysis
    primary = _missing(seen.primary, analysis.primary_ready_threshold)
    if primary:
        return f"{spec.target.primary}.{owner.namespace} not ready: {primary}"
    canary = _missing(seen.target, analysis.canary_ready_threshold)
    if canary and phase is Phase.PROGRESSING:
        return f"canary deployment {spec.target.name}.{owner.namespace} not ready: {canary}"
    return ""


def _missing(workload: Workload | Gone | Unread, threshold: int) -> str:
    match workload:
        case Gone():
            return "not found"
        case Unread():
            return workload.why
        case Workload():
            found = readiness(workload, threshold)
            return "" if found.state is ReadyState.READY else found.reason
        case _:
            assert_never(workload)
