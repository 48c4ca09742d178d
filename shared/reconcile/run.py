"""The pass: look, ask, gather, then each canary on its own; see `bracket` for that."""

from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime

from shared.adapters import log
from shared.domain.analysis import Answer, Question, Verdict, judge, questions
from shared.domain.canary import AnalysisSpec, CanarySpec, ServiceSpec, Target
from shared.domain.converge import needs_support
from shared.domain.decide import decide
from shared.domain.errors import Conflict, Refused, Unavailable
from shared.domain.machine import Act
from shared.domain.observe import Moment, observe
from shared.domain.schedule import is_pending
from shared.domain.seen import Gone, Seen
from shared.domain.subject import Request, Subject, effective_spec
from shared.domain.wishes import is_unsure
from shared.reconcile import beat, bracket, look
from shared.reconcile.bracket import Key, Outcome, key_of
from shared.reconcile.read import Case, look_at, look_further
from shared.reconcile.scope import Scope, Watch

# A Canary that is refused before anything was made for it: there is nothing to look at.
_NOTHING = CanarySpec(Target("Deployment", ""), ServiceSpec("", port=0), AnalysisSpec())
_NOWHERE = Seen(Gone(), Gone(), Gone())

_JUDGING = frozenset({Act.STEP, Act.PROMOTE, Act.COUNT_FAILURE, Act.COUNT_INCONCLUSIVE})


def pass_over_all(scope: Scope, now: datetime, *, sweep: bool) -> list[Outcome]:
    """One pass over everything that is due; the beat goes on for as long as somebody waits."""
    watch = Watch(scope.budget)
    stands = beat.version(scope)
    subjects = look.all_subjects(scope)
    moment = Moment(now, scope.beat)
    due = look.due_subjects(scope, subjects, moment, sweep=sweep)
    outcomes = _pass(scope, due, moment, {}, watch)
    now_stands = {outcome.key: outcome.status for outcome in outcomes}
    waiting = any(is_pending(now_stands.get(key_of(s), s.status)) for s in subjects)
    waiting |= any(isinstance(outcome.failure, Unavailable) for outcome in outcomes)  # it may be
    if waiting and (watch.unbeaten or stands == ""):
        beat.want(scope)
    if stands and not waiting:
        beat.stop(scope, stands)
    return outcomes


def pass_over_some(
    scope: Scope, names: Sequence[Key], now: datetime, requests: dict[Key, Request] | None = None
) -> list[Outcome]:
    """One pass over these canaries, whether they are due or not."""
    watch = Watch(scope.budget)
    subjects = look.named_subjects(scope, names)
    outcomes = _pass(scope, subjects, Moment(now, scope.beat), requests or {}, watch)
    if watch.unbeaten:
        beat.want(scope)
    return outcomes


def _pass(
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
        cases = look_at(scope.cluster, runnable, pool)
        cases, asked = _ask(scope, cases, moment, requests, pool)
        answers = scope.gather(
            [question for some in asked.values() for question in some],
            deadline=max(1.0, watch.left() / 2),
            pool=pool,
        )
        work = [
            pool.submit(
                bracket.run,
                scope,
                case,
                moment,
                request=requests.get(key_of(case.subject), Request()),
                verdict=_judged(case, asked.get(key_of(case.subject), ()), answers),
                watch=watch,
            )
            for case in (*cases, *unmade)
        ]
        return [future.result() for future in work]


def _ask(
    scope: Scope,
    cases: list[Case],
    moment: Moment,
    requests: dict[Key, Request],
    pool: Executor,
) -> tuple[list[Case], dict[Key, tuple[Question, ...]]]:
    """What has to be known before the decision: found by deciding as if every check passed."""
    asked: dict[Key, tuple[Question, ...]] = {}
    further: list[Case] = []
    near: list[Case] = []
    for case in cases:
        request = requests.get(key_of(case.subject), Request())
        try:
            situation = observe(
                case.subject, case.seen, spec=case.spec, moment=moment, request=request
            )
        except Refused:
            near.append(case)  # the bracket finds the same: it ends this canary's pass alone
            continue
        likely = decide(situation)
        if likely.act in _JUDGING and not case.spec.skip_analysis:
            asked[key_of(case.subject)] = _questions(scope, case)
        found = situation.facts.target_revision
        unsure = is_unsure(request.wish, case.subject, case.seen, found)
        wanted = unsure or needs_support(likely.act, likely.difference)
        (further if wanted else near).append(case)
    return near + look_further(scope.cluster, further, pool), asked


def _questions(scope: Scope, case: Case) -> tuple[Question, ...]:
    return questions(
        case.spec.analysis.metrics,
        server=case.spec.metrics_server or scope.metrics_server,
        canary=case.subject.owner.name,
        namespace=case.subject.owner.namespace,
        target=case.spec.target.name,
        service=case.spec.service.name,
    )


def _judged(
    case: Case, asked: tuple[Question, ...], answers: dict[Question, Answer]
) -> Verdict | None:
    if not asked:
        return None
    return judge(
        case.spec.analysis.metrics,
        asked,
        answers,
        canary=case.subject.owner.name,
        namespace=case.subject.owner.namespace,
        target=case.spec.target.name,
        provider=case.spec.provider,
    )


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
