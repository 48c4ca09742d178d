"""Look: which canaries there are, and which of them are due."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import lru_cache

import orjson

from shared.adapters import paths
from shared.domain.canary import CanarySpec, Refusal
from shared.domain.errors import Refused
from shared.domain.events import Changed, Kind
from shared.domain.fields import Object, at, text, whole
from shared.domain.manifest import parse
from shared.domain.observe import Moment
from shared.domain.ownership import Owner
from shared.domain.schedule import (
    asleep_until,
    has_moved,
    is_due,
    is_in_hand,
    is_pending,
    is_touched,
)
from shared.domain.status import Generations, Status, read_status
from shared.domain.subject import Key, Subject, left_behind
from shared.reconcile.read import FEW
from shared.reconcile.scope import Scope

Path = Callable[[str], str]  # of a kind, by namespace

_SPECS = 1024  # kept in memory: some 6 kB each


def subject_of(canary: Object) -> Subject | None:
    """A Canary as listed; None where it is going, for then nothing is touched any more."""
    if text(canary, "metadata", "deletionTimestamp"):
        return None
    owner = Owner(
        text(canary, "metadata", "namespace"),
        text(canary, "metadata", "name"),
        text(canary, "metadata", "uid"),
    )
    spec, target = _spec(canary), _name(canary, "spec", "targetRef", "name")
    service = _name(canary, "spec", "service", "name")
    return Subject(
        owner,
        generation=whole(canary, "metadata", "generation"),
        version=text(canary, "metadata", "resourceVersion"),
        target=target,
        spec=spec,
        status=left_behind(spec, _status(canary), target=target, service=service),
    )


def _spec(canary: Object) -> CanarySpec | Refusal:
    """What it asks for. While it waits it is looked at with every beat, and asks for the same."""
    return _parsed(orjson.dumps(canary.get("spec")))


@lru_cache(_SPECS)
def _parsed(spec: bytes) -> CanarySpec | Refusal:
    """By what it says, and by no generation: a default of the CRD changes one without the other."""
    return parse({"spec": orjson.loads(spec)})


def _name(canary: Object, *path: str) -> str:
    """A name in a spec that may be refused: whatever is none is left out."""
    found = at(canary, *path)
    return found if isinstance(found, str) else ""


def _status(canary: Object) -> Status:
    """A status that cannot be read is one that was lost."""
    status = canary.get("status")
    try:
        return read_status(status if isinstance(status, dict) else {})
    except Refused:
        return Status()


def all_subjects(scope: Scope) -> list[Subject]:
    """Every Canary in scope. Of each page only the values are kept."""
    return _subjects(_all_pages(scope))


def awake_subjects(scope: Scope, moment: Moment) -> tuple[list[Subject], datetime | None]:
    """Those that a beat may have something to do with, and when the first of the others is due."""
    awake: list[Subject] = []
    ticks: list[datetime] = []
    for page in _all_pages(scope):
        told = [(canary, asleep_until(canary, moment)) for canary in page]
        ticks += [tick for _, tick in told if tick]
        awake += _subjects([tuple(canary for canary, tick in told if not tick)])
    return awake, min(ticks, default=None)


def _all_pages(scope: Scope) -> Iterator[tuple[Object, ...]]:
    for namespace in scope.namespaces or ("",):
        yield from _pages_of(scope, namespace)


def all_of(scope: Scope, namespace: str) -> list[Subject]:
    """The Canaries of one namespace."""
    return _subjects(_pages_of(scope, namespace))


def _pages_of(scope: Scope, namespace: str) -> Iterator[tuple[Object, ...]]:
    return scope.cluster.pages(paths.canaries(namespace), selector=scope.selector)


def named_subjects(scope: Scope, names: Iterable[Key]) -> list[Subject]:
    """These Canaries, so far as they exist and are in scope."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for namespace, name in names:
        if not scope.namespaces or namespace in scope.namespaces:
            wanted[namespace].add(name)
    found: list[Subject] = []
    for namespace, some in wanted.items():
        if len(some) <= FEW and not scope.selector:
            found += _each(scope, namespace, some)
        else:
            pages = _pages_of(scope, namespace)
            found += _subjects(tuple(one for one in page if _called(one) in some) for page in pages)
    return found


def _called(canary: Object) -> str:
    return text(canary, "metadata", "name")


def _each(scope: Scope, namespace: str, names: Iterable[str]) -> list[Subject]:
    """One by one. Only the API server knows what a label selector selects: then it is a list."""
    path = paths.canaries(namespace)
    found = (scope.cluster.read(f"{path}/{name}") for name in sorted(names))
    return _subjects([tuple(canary for canary in found if canary)])


def is_worth_a_look(subject: Subject, moment: Moment) -> bool:
    """Whether one that a tick names is looked at. Who named it may have found its objects moved;
    with a next tick of its own it is looked at when that has come.
    """
    if is_in_hand(subject.status, moment):
        return False
    return subject.status.next_tick is None or is_due(subject, moment, sweep=True)


def _subjects(pages: Iterable[tuple[Object, ...]]) -> list[Subject]:
    found = (subject_of(canary) for page in pages for canary in page)
    return [subject for subject in found if subject]


def touched_subjects(scope: Scope, changed: Changed, moment: Moment) -> list[Subject]:
    """The Canaries that an object which changed is of, so far as that is news to them."""
    if changed.kind is Kind.CANARY:
        found = named_subjects(scope, [(changed.namespace, changed.name)])
        return [s for s in found if not is_pending(s.status) and is_due(s, moment, sweep=False)]
    if scope.namespaces and changed.namespace not in scope.namespaces:
        return []
    subjects = all_of(scope, changed.namespace)
    found = [s for s in subjects if changed.name in s.workloads and not is_pending(s.status)]
    generation = _generation(scope, changed) if found else 0
    return [s for s in found if is_touched(s, moment, changed.name, generation)]


def _generation(scope: Scope, changed: Changed) -> int:
    """Of a Deployment as it is now; 0 where it is gone."""
    found = scope.cluster.read(f"{paths.deployments(changed.namespace)}/{changed.name}")
    return whole(found, "metadata", "generation") if found else 0


def due_subjects(
    scope: Scope, subjects: list[Subject], moment: Moment, *, sweep: bool
) -> list[Subject]:
    """Those whose time has come, and those at rest whose objects are not as they were left; none
    that another pass is likely to be at.
    """
    due: list[Subject] = []
    others: list[Subject] = []
    for subject in subjects:
        if is_in_hand(subject.status, moment):
            continue
        (due if is_due(subject, moment, sweep=sweep) else others).append(subject)
    return due + _moved(scope, others)


def _moved(scope: Scope, subjects: list[Subject]) -> list[Subject]:
    watched = [s for s in subjects if s.status.made and s.status.next_tick is None]
    if not watched:
        return []
    workloads = _generations(scope, paths.deployments, _workload_names(watched))
    routes = _generations(scope, paths.virtual_services, _route_names(watched))
    return [s for s in watched if has_moved(s, _seen_generations(s, workloads, routes))]


def _workload_names(subjects: list[Subject]) -> set[Key]:
    return {
        (subject.owner.namespace, name)
        for subject in subjects
        if subject.status.made
        for name in (subject.status.made.target.name, subject.status.made.target.primary)
    }


def _route_names(subjects: list[Subject]) -> set[Key]:
    return {(s.owner.namespace, s.status.made.service) for s in subjects if s.status.made}


def _generations(scope: Scope, path: Path, names: set[Key]) -> dict[Key, int]:
    """The generations of these objects, out of metadata-only lists of everything in scope."""
    found: dict[Key, int] = {}
    for namespace in scope.namespaces or ("",):
        for page in scope.cluster.metadata_pages(path(namespace)):
            for item in page:
                key = (text(item, "metadata", "namespace"), text(item, "metadata", "name"))
                if key in names:
                    found[key] = whole(item, "metadata", "generation")
    return found


def _seen_generations(
    subject: Subject, workloads: dict[Key, int], routes: dict[Key, int]
) -> Generations:
    namespace, made = subject.owner.namespace, subject.status.made
    assert made is not None  # only what was made is watched
    return Generations(
        target=workloads.get((namespace, made.target.name), 0),
        primary=workloads.get((namespace, made.target.primary), 0),
        route=routes.get((namespace, made.service), 0),
    )
