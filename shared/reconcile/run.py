"""The pass: look, ask, gather, then each canary on its own; see `bracket` for that."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from shared.adapters import log
from shared.domain.canary import AnalysisSpec, CanarySpec, ServiceSpec, Target
from shared.domain.errors import Conflict, Unavailable
from shared.domain.events import Changed
from shared.domain.machine import UNDER_WAY
from shared.domain.observe import Moment
from shared.domain.schedule import drain_end, is_in_hand, next_due
from shared.domain.seen import Gone, Seen
from shared.domain.subject import Key, Request, Subject, effective_spec
from shared.reconcile import beat, bracket, look
from shared.reconcile.ask import ask, gather, judged
from shared.reconcile.bracket import Outcome, key_of
from shared.reconcile.fan import fan_out
from shared.reconcile.read import Case, look_at
from shared.reconcile.recognise import recognised
from shared.reconcile.scope import Scope, Watch

# A Canary that is refused before anything was made for it: there is nothing to look at.
_NOTHING = CanarySpec(Target("Deployment", ""), ServiceSpec("", port=0), AnalysisSpec())
_NOWHERE = Seen(Gone(), Gone(), Gone())


def pass_over_all(scope: Scope, now: datetime, *, sweep: bool) -> list[Outcome]:
    """One pass over everything that is due, or the ticks that share it out; the beat goes on for as
    long as somebody waits.
    """
    watch = Watch(scope.budget)
    stands = beat.version(scope)
    moment = Moment(now, scope.beat)
    if sweep:
        subjects, asleep = look.all_subjects(scope), None
    else:
        subjects, asleep = look.awake_subjects(scope, moment)
    due = _free(scope, look.due_subjects(scope, subjects, moment, sweep=sweep))
    due.sort(key=_next_tick)
    outcomes = _pass(scope, fan_out(scope, due, now), moment, {}, watch)
    due_next = _due_next(subjects, outcomes, asleep, now)
    if due_next and (watch.unbeaten or stands == "") and not beat.want(scope, due_next):
        _come_again(scope, outcomes)
    if stands and not due_next:
        beat.stop(scope, stands)
    return outcomes


def _due_next(
    subjects: Sequence[Subject],
    outcomes: Sequence[Outcome],
    asleep: datetime | None,
    now: datetime,
) -> datetime | None:
    """When the first of all is due that waits for something; None where nobody does."""
    if any(isinstance(outcome.failure, Unavailable) for outcome in outcomes):
        return now  # it may be
    now_stands = {outcome.key: outcome.status for outcome in outcomes}
    awake = next_due((now_stands.get(key_of(s), s.status) for s in subjects), now)
    return min((time for time in (awake, asleep) if time), default=None)


def _come_again(scope: Scope, outcomes: Sequence[Outcome]) -> None:
    """Where each tick asks for the next, one that could not is delivered until it can."""
    if not scope.clock.goes_on:
        report(outcomes)
        raise Unavailable("the next tick could not be asked for")


def pass_over_some(
    scope: Scope, names: Sequence[Key], now: datetime, requests: dict[Key, Request] | None = None
) -> list[Outcome]:
    """One pass over these canaries: those with a request at once, the others where they are due."""
    watch, moment, asked = Watch(scope.budget), Moment(now, scope.beat), requests or {}
    found = look.named_subjects(scope, names)
    subjects = [s for s in found if _is_news(s, asked.get(key_of(s)), moment)]
    outcomes = _pass(scope, subjects, moment, asked, watch)
    _keep_beating(scope, outcomes, now, watch)
    return outcomes


def _is_news(subject: Subject, request: Request | None, moment: Moment) -> bool:
    """A wish to go back ends what is under way. The pass that rolls back by itself sends one too,
    and is mostly at it still when that comes: then it is left to that pass.
    """
    if request is None:
        return look.is_worth_a_look(subject, moment)
    has_ended = subject.status.phase not in UNDER_WAY
    return not (request.wish and has_ended and is_in_hand(subject.status, moment))


def pass_over_touched(scope: Scope, changed: Changed, now: datetime) -> list[Outcome]:
    """One pass over the canaries that an object which changed is of, if they have not done it."""
    watch, moment = Watch(scope.budget), Moment(now, scope.beat)
    outcomes = _pass(scope, look.touched_subjects(scope, changed, moment), moment, {}, watch)
    _keep_beating(scope, outcomes, now, watch)
    return outcomes


def _keep_beating(scope: Scope, outcomes: Sequence[Outcome], now: datetime, watch: Watch) -> None:
    """After a pass over some: the next tick is asked for, where no beat comes by itself."""
    due_next = next_due((outcome.status for outcome in outcomes), now)
    if watch.unbeaten or (due_next and not scope.clock.goes_on):
        beat.want(scope, due_next or now)


def _pass(
    scope: Scope,
    due: Sequence[Subject],
    moment: Moment,
    requests: dict[Key, Request],
    watch: Watch,
) -> list[Outcome]:
    """Those whose drain is nearly over come last, and are looked at when it is: once for them all.
    An event about one of them is not kept waiting.
    """
    with scope.hands.holding([key_of(subject) for subject in due]) as held:
        ours = [subject for subject in due if key_of(subject) in (held | requests.keys())]
        ours.sort(key=_next_tick)
        ends = _drain_ends(scope, [s for s in ours if key_of(s) not in requests], moment)
        rest = [subject for subject in ours if key_of(subject) not in ends]
        outcomes = _decide_each(scope, rest, moment, requests, watch)
        if not ends:
            return outcomes
        scope.sleep(max(0.0, (max(ends.values()) - scope.now()).total_seconds()))
        soon = [subject for subject in ours if key_of(subject) in ends]
        later = Moment(scope.now(), scope.beat)
        return outcomes + _decide_each(scope, soon, later, requests, watch)


def _drain_ends(scope: Scope, due: Sequence[Subject], moment: Moment) -> dict[Key, datetime]:
    """Whose drain is waited for, and when it ends."""
    ends = ((key_of(one), drain_end(one.status, moment, scope.patience)) for one in due)
    return {key: end for key, end in ends if end}


def _free(scope: Scope, due: Sequence[Subject]) -> list[Subject]:
    free = scope.hands.free([key_of(subject) for subject in due])
    return [subject for subject in due if key_of(subject) in free]


def _decide_each(
    scope: Scope,
    due: Sequence[Subject],
    moment: Moment,
    requests: dict[Key, Request],
    watch: Watch,
) -> list[Outcome]:
    if not due:
        return []
    runnable = [(subject, spec) for subject in due if (spec := effective_spec(subject))]
    unmade = [Case(subject, _NOTHING, _NOWHERE) for subject in due if not effective_spec(subject)]
    with ThreadPoolExecutor(scope.pool) as pool:
        cases = look_at(scope.cluster, runnable, pool, watch)
        cases = recognised(scope.cluster, cases, pool, watch)
        cases, asked = ask(scope, cases, moment, requests, pool=pool, watch=watch)
        answers = gather(scope, asked, watch)
        work = [
            pool.submit(
                bracket.run,
                scope,
                case,
                moment,
                request=requests.get(key_of(case.subject), Request()),
                verdict=judged(case, asked.get(key_of(case.subject), ()), answers),
                watch=watch,
            )
            for case in sorted((*cases, *unmade), key=lambda case: _next_tick(case.subject))
        ]
        outcomes = [future.result() for future in work]
    reached = {outcome.key for outcome in outcomes}
    return outcomes + [bracket.out_of_time(s) for s in due if key_of(s) not in reached]


def _next_tick(subject: Subject) -> datetime:
    """By which the most overdue come first, and before them those without a time of their own."""
    return subject.status.next_tick or datetime.min.replace(tzinfo=UTC)


def report(outcomes: Sequence[Outcome]) -> None:
    """A tick answers 204: what did not work is logged, and left to the canary's next tick."""
    for outcome in outcomes:
        if outcome.failure:
            log.warning(str(outcome.failure), namespace=outcome.key[0], canary=outcome.key[1])


def settle_with(outcomes: Sequence[Outcome]) -> None:
    """An event about one canary is answered by what became of that: deliver again, or done."""
    report(outcomes)
    for outcome in outcomes:
        if isinstance(outcome.failure, Conflict | Unavailable):
            raise outcome.failure
