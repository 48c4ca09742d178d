"""Look closer: the objects of the canaries that are due, by GET or by LIST, whichever is less."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, replace

from shared.adapters import paths
from shared.adapters.cluster import Cluster
from shared.domain.canary import CanarySpec
from shared.domain.errors import Conflict, Refused, Unavailable
from shared.domain.fields import Object, mapping, text
from shared.domain.ownership import owned_by
from shared.domain.rebase import rebased
from shared.domain.seen import Gone, Seen, Support, Unread
from shared.domain.snapshots import CANARY_LABEL, label_of, revision_in, template_of
from shared.domain.subject import Subject
from shared.domain.workload import Workload, beside, from_object
from shared.reconcile.scope import Watch

FEW = 8  # canaries in one namespace: up to here a GET for each object costs less than a LIST
_VERY_FEW = 3  # the same for what is seven calls for each canary, or four LISTs for all
_FAILURES = (Conflict, Refused, Unavailable)


@dataclass(frozen=True, slots=True)
class Case:
    """One canary in a pass: who it is, the spec it is run by, and what was seen of it."""

    subject: Subject
    spec: CanarySpec
    seen: Seen


class Shelf:
    """The objects of one kind in one namespace: listed at once, or read one by one."""

    def __init__(self, cluster: Cluster, path: str, *, whole: bool) -> None:
        """Lists now where `whole`; a list that fails makes every object of it unread."""
        self._cluster, self._path = cluster, path
        self._listed: dict[str, Object] | Unread | None = self._list() if whole else None

    def get(self, name: str) -> Object | Gone | Unread:
        """The object of that name."""
        match self._listed:
            case None:
                return self._read(name)
            case Unread():
                return self._listed
            case listed:
                return listed.get(name, Gone())

    def all(self) -> tuple[Object, ...] | Unread:
        """What was listed."""
        listed = self._listed
        return listed if isinstance(listed, Unread) else tuple((listed or {}).values())

    def _list(self) -> dict[str, Object] | Unread:
        try:
            pages = self._cluster.pages(self._path)
            return {text(item, "metadata", "name"): item for page in pages for item in page}
        except _FAILURES as error:
            return Unread(str(error))

    def _read(self, name: str) -> Object | Gone | Unread:
        try:
            return self._cluster.read(f"{self._path}/{name}") or Gone()
        except _FAILURES as error:
            return Unread(str(error))


def look_at(
    cluster: Cluster, due: Sequence[tuple[Subject, CanarySpec]], pool: Executor, watch: Watch
) -> list[Case]:
    """Target, primary and route of each, for as long as there is time to look."""
    many = _crowded([subject for subject, _ in due], FEW)
    shelves = _shelves(cluster, many, (paths.deployments, paths.virtual_services), pool)

    def seen(pair: tuple[Subject, CanarySpec]) -> Case | None:
        if watch.is_half_over():
            return None
        subject, spec = pair
        workloads, routes = (
            shelves.get((path, subject.owner.namespace))
            or Shelf(cluster, path(subject.owner.namespace), whole=False)
            for path in (paths.deployments, paths.virtual_services)
        )
        target, primary = (
            _workload(workloads.get(name)) for name in (spec.target.name, spec.target.primary)
        )
        if isinstance(target, Workload) and isinstance(primary, Workload):
            target = beside(target, primary)
        found = Seen(target, primary, route=routes.get(spec.service.name))
        with suppress(Refused):  # what is wrong with it is found again, and told, in the bracket
            subject = replace(subject, status=rebased(subject.status, spec, found))
        return Case(subject, spec, found)

    return [case for case in pool.map(seen, due) if case]


def _workload(found: Object | Gone | Unread) -> Workload | Gone | Unread:
    if isinstance(found, Gone | Unread):
        return found
    try:
        return from_object(found)
    except Refused as error:
        return Unread(str(error))


Path = Callable[[str], str]


def _crowded(subjects: Sequence[Subject], few: int) -> list[str]:
    count: dict[str, int] = defaultdict(int)
    for subject in subjects:
        count[subject.owner.namespace] += 1
    return [namespace for namespace, number in count.items() if number > few]


def _shelves(
    cluster: Cluster, namespaces: Sequence[str], kinds: Sequence[Path], pool: Executor
) -> dict[tuple[Path, str], Shelf]:
    wanted = [(path, namespace) for namespace in namespaces for path in kinds]
    made = pool.map(lambda key: Shelf(cluster, key[0](key[1]), whole=True), wanted)
    return dict(zip(wanted, made, strict=True))


_SUPPORT = (paths.services, paths.destination_rules, paths.snapshots, paths.autoscalers)


def look_further(
    cluster: Cluster, cases: Sequence[Case], pool: Executor, watch: Watch
) -> list[Case]:
    """Services, DestinationRules, snapshots and autoscalers too, for as long as there is time."""
    many = _crowded([case.subject for case in cases], _VERY_FEW)
    shelves = _shelves(cluster, many, _SUPPORT, pool)
    listed = {namespace: _all_kinds(shelves, namespace) for namespace in many}

    def further(case: Case) -> Case | None:
        if watch.is_half_over():
            return None
        namespace = case.subject.owner.namespace
        try:
            objects = listed.get(namespace) or _of_one(cluster, case)
            if isinstance(objects, Unread):
                return replace(case, seen=replace(case.seen, route=objects))
            return replace(case, seen=replace(case.seen, support=_support(objects, case)))
        except _FAILURES as error:
            return replace(case, seen=replace(case.seen, route=Unread(str(error))))

    return [case for case in pool.map(further, cases) if case]


Found = dict[Path, tuple[Object, ...]]


def _all_kinds(shelves: Mapping[tuple[Path, str], Shelf], namespace: str) -> Found | Unread:
    """Where one of these kinds cannot be listed, none of its namespace is known."""
    found: Found = {}
    for path in _SUPPORT:
        items = shelves[path, namespace].all()
        if isinstance(items, Unread):
            return items
        found[path] = items
    return found


def _of_one(cluster: Cluster, case: Case) -> Found:
    namespace, service = case.subject.owner.namespace, case.spec.service
    both = (service.canary_name, service.primary_name)
    selector = f"{CANARY_LABEL}={label_of(case.subject.owner.name)}"
    return {
        paths.services: _each(cluster, paths.services(namespace), (*both, service.name)),
        paths.destination_rules: _each(cluster, paths.destination_rules(namespace), both),
        paths.snapshots: _all(cluster, paths.snapshots(namespace), selector),
        paths.autoscalers: _all(cluster, paths.autoscalers(namespace)),
    }


def _all(cluster: Cluster, path: str, selector: str = "") -> tuple[Object, ...]:
    return tuple(item for page in cluster.pages(path, selector=selector) for item in page)


def _each(cluster: Cluster, path: str, names: Sequence[str]) -> tuple[Object, ...]:
    found = (cluster.read(f"{path}/{name}") for name in names)
    return tuple(item for item in found if item is not None)


def _support(found: Found, case: Case) -> Support:
    label = label_of(case.subject.owner.name)
    own = [
        item
        for item in found[paths.snapshots]
        if text(item, "metadata", "labels", CANARY_LABEL) == label
        and owned_by(item, case.subject.owner)
    ]
    return Support(
        services={text(item, "metadata", "name"): item for item in found[paths.services]},
        rules={text(item, "metadata", "name"): item for item in found[paths.destination_rules]},
        snapshots={revision_in(item): template_of(item) for item in own},
        scalers=dict(_scaled(item) for item in found[paths.autoscalers] if _scaled(item)[0]),
    )


def _scaled(scaler: Object) -> tuple[str, str]:
    """Which Deployment an autoscaler scales, and its own name."""
    target = mapping(scaler, "spec", "scaleTargetRef")
    deployment = text(target, "name") if text(target, "kind") == "Deployment" else ""
    return deployment, text(scaler, "metadata", "name")
