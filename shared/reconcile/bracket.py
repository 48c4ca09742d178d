"""One canary, on its own: decide, save, apply, tell, settle."""

from dataclasses import dataclass, replace

from shared.adapters import log
from shared.domain.analysis import Verdict, VerdictKind
from shared.domain.decide import Decision, decide, saved, settled, unsettled
from shared.domain.errors import Conflict, Refused, Unavailable
from shared.domain.machine import Signal
from shared.domain.observe import Moment, observe
from shared.domain.schedule import is_pending
from shared.domain.seen import Seen, Unread
from shared.domain.status import Generations, Status
from shared.domain.subject import Key, Request, Subject
from shared.domain.tell import Teller
from shared.domain.wishes import is_unsure
from shared.reconcile import beat
from shared.reconcile.apply import Writer
from shared.reconcile.read import Case
from shared.reconcile.save import save
from shared.reconcile.scope import Scope, Watch
from shared.reconcile.tell import tell, warn_of_all

Failure = Conflict | Refused | Unavailable


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one canary: its status as it now stands, and what ended its pass early."""

    key: Key
    status: Status
    failure: Failure | None = None


def key_of(subject: Subject) -> Key:
    """Namespace and name."""
    return (subject.owner.namespace, subject.owner.name)


def out_of_time(subject: Subject) -> Outcome:
    """Left to the next tick; an event that is about this canary is delivered again."""
    why = Unavailable("the time of the pass was over before its turn came")
    return Outcome(key_of(subject), subject.status, why)


def run(
    scope: Scope,
    case: Case,
    moment: Moment,
    *,
    request: Request,
    verdict: Verdict | None,
    watch: Watch,
) -> Outcome:
    """The bracket. What goes wrong in it is this canary's alone."""
    key, status = key_of(case.subject), case.subject.status
    if not watch.left():
        return out_of_time(case.subject)
    try:
        situation = observe(
            case.subject,
            case.seen,
            spec=case.spec,
            moment=moment,
            request=request,
            verdict=verdict or _unasked(case),
        )
        if is_unsure(request.wish, case.subject, case.seen, situation.facts.target_revision):
            why = "which run the wish means cannot be told: its snapshot is unread"
            return Outcome(key, status, Unavailable(why))
        decision = decide(situation)
        _log(case, decision)
        if not decision.is_saved:
            told = _tell_again(scope, case, watch)
            return Outcome(key, told, _unread(case.seen, decision))
        decision = saved(decision, scope.now())
        version = save(scope, case.subject, case.subject.version, decision.status)
        status = decision.status
        return _carry_out(scope, case, decision, version=version, watch=watch)
    except (Conflict, Refused, Unavailable) as error:
        return Outcome(key, status, error)


def _tell_again(scope: Scope, case: Case, watch: Watch) -> Status:
    """What an earlier pass could not tell; a pass that decides something tells it anyway."""
    subject, status = case.subject, case.subject.status
    if not status.outbox:
        return status
    told = tell(scope, Teller(subject.owner, case.spec.target.name, status), watch)
    if told:
        rest = tuple(note for note in status.outbox if note not in told)
        status = replace(status, outbox=rest)
        save(scope, subject, subject.version, status)
    return status


def _unasked(case: Case) -> Verdict:
    """No question, no evidence: only a spec without metrics passes without."""
    if case.spec.analysis.metrics and not case.spec.skip_analysis:
        return Verdict(VerdictKind.INCONCLUSIVE)
    return Verdict(VerdictKind.PASSED)


def _unread(seen: Seen, decision: Decision) -> Unavailable | None:
    """For the event that is about this one canary: deliver it again."""
    if decision.signal is not Signal.UNREAD:
        return None
    found = (seen.target, seen.primary, seen.route)
    return Unavailable("; ".join(item.why for item in found if isinstance(item, Unread)))


def _log(case: Case, decision: Decision) -> None:
    if decision.is_saved:
        log.info(
            f"{decision.signal}: {decision.act}",
            namespace=case.subject.owner.namespace,
            canary=case.subject.owner.name,
            phase=case.subject.status.phase,
            next=decision.status.phase,
            decision=decision.status.decision,
            weight=decision.status.weight,
            effects=[type(effect).__name__ for effect in decision.effects],
        )


def _carry_out(
    scope: Scope, case: Case, decision: Decision, *, version: str, watch: Watch
) -> Outcome:
    subject = case.subject
    before = subject.status
    first = not is_pending(before) or not before.settled
    _keep_the_beat(scope, decision.status, first=first, watch=watch)
    writer = Writer(
        scope.cluster,
        subject.owner,
        case.spec,
        stands_in=case.spec is not subject.spec,
        seen=case.seen,
        status=decision.status,
    )
    teller = Teller(subject.owner, case.spec.target.name, decision.status)
    try:
        for effect in decision.effects:
            writer.apply(effect)
    except (Refused, Unavailable) as error:
        warn_of_all(scope, teller)
        status = unsettled(decision, str(error), written=writer.written)
        save(scope, subject, version, status)
        return Outcome(key_of(subject), status, error)
    return _settle(
        scope, case, decision, teller, written=writer.written, version=version, watch=watch
    )


def _settle(
    scope: Scope,
    case: Case,
    decision: Decision,
    teller: Teller,
    *,
    written: Generations,
    version: str,
    watch: Watch,
) -> Outcome:
    """A decision is in force once it is applied, whoever is still to be told of it."""
    now, interval = scope.now(), case.spec.analysis.interval
    told = tell(scope, teller, watch)
    status = settled(decision, interval, written=written, told=told, now=now)
    save(scope, case.subject, version, status)
    _keep_the_beat(scope, status, first=not is_pending(decision.status), watch=watch)
    return Outcome(key_of(case.subject), status)


def _keep_the_beat(scope: Scope, status: Status, *, first: bool, watch: Watch) -> None:
    """The save that first sets a next tick is followed by the beat; so is one that takes over from
    a pass that may not have come that far. Until it is in force, it is due.
    """
    if is_pending(status) and first and not watch.wanted:
        watch.wanted = True
        watch.unbeaten = not beat.want(scope, scope.now())
