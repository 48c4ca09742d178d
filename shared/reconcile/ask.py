"""Ask and gather: which questions the decisions need answered, their answers, and the verdicts."""

from concurrent.futures import Executor, ThreadPoolExecutor

from shared.domain.analysis import Answer, Question, Verdict, judge, questions
from shared.domain.converge import needs_support
from shared.domain.decide import decide
from shared.domain.errors import Refused
from shared.domain.machine import Act
from shared.domain.observe import Moment, observe
from shared.domain.subject import Key, Request
from shared.domain.wishes import is_unsure
from shared.reconcile.bracket import key_of
from shared.reconcile.read import Case, look_further
from shared.reconcile.scope import Scope, Watch

Asked = dict[Key, tuple[Question, ...]]

_SERVERS = 64  # threads, if need be: each canary of a pass may name a server that hangs
_JUDGING = frozenset({Act.STEP, Act.PROMOTE, Act.COUNT_FAILURE, Act.COUNT_INCONCLUSIVE})


def ask(
    scope: Scope,
    cases: list[Case],
    moment: Moment,
    requests: dict[Key, Request],
    *,
    pool: Executor,
    watch: Watch,
) -> tuple[list[Case], Asked]:
    """What has to be known before the decision: found by deciding as if every check passed.

    The cases come back with all that has to be seen of them.
    """
    asked: Asked = {}
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
        (further if wanted and case.seen.support is None else near).append(case)
    return near + look_further(scope.cluster, further, pool, watch), asked


def _questions(scope: Scope, case: Case) -> tuple[Question, ...]:
    return questions(
        case.spec.analysis.metrics,
        server=case.spec.metrics_server or scope.metrics_server,
        canary=case.subject.owner.name,
        namespace=case.subject.owner.namespace,
        target=case.spec.target.name,
        service=case.spec.service.name,
    )


def gather(scope: Scope, asked: Asked, watch: Watch) -> dict[Question, Answer]:
    """The answers, in threads of their own: one that hangs in a lookup outlasts the deadline, and
    what comes next does not wait for it.
    """
    pool = ThreadPoolExecutor(_SERVERS)
    try:
        return scope.gather(
            [question for some in asked.values() for question in some],
            deadline=max(1.0, watch.left() / 2),
            pool=pool,
        )
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def judged(
    case: Case, asked: tuple[Question, ...], answers: dict[Question, Answer]
) -> Verdict | None:
    """What the answers come to; None where nothing was asked."""
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
