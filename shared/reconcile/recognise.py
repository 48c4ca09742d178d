"""Recognise: a target that looks new may be a known one, with what the control plane adds to it."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace

from shared.adapters import paths
from shared.adapters.cluster import Cluster
from shared.domain.errors import Conflict, Refused, Unavailable
from shared.domain.fields import Object
from shared.domain.recognition import behind, looks_new
from shared.domain.revision import revision_of
from shared.domain.seen import Unread
from shared.domain.workload import Workload, from_object
from shared.reconcile.read import Case, look_further
from shared.reconcile.scope import Watch


def recognised(cluster: Cluster, cases: Sequence[Case], pool: Executor, watch: Watch) -> list[Case]:
    """The cases; a target that is recognised has the template that was kept of it."""
    new = [case for case in cases if looks_new(case.subject.status, case.seen.target)]
    others = [case for case in cases if case not in new]
    looked = look_further(cluster, new, pool, watch)
    return others + list(pool.map(lambda case: _recognised(cluster, case), looked))


def _recognised(cluster: Cluster, case: Case) -> Case:
    """What cannot be told is no new version yet: the next look tells."""
    target, route, support = case.seen.target, case.seen.route, case.seen.support
    if not isinstance(target, Workload):
        return case
    if support is None:
        return _held(case, route.why if isinstance(route, Unread) else "its snapshots are unread")
    try:
        for kept in behind(case.subject.status, target, support.snapshots):
            path = f"{paths.deployments(target.namespace)}/{target.name}"
            said: list[Object] = [{"op": "replace", "path": "/spec/template", "value": kept}]
            made = from_object(cluster.rehearse(path, said)).template
            if revision_of(made) == revision_of(target.template):
                return replace(case, seen=replace(case.seen, target=replace(target, template=kept)))
    except Refused:
        return case  # where nothing can be rehearsed, whatever is not the same is new
    except (Conflict, Unavailable) as error:
        return _held(case, str(error))
    return case


def _held(case: Case, why: str) -> Case:
    return replace(case, seen=replace(case.seen, target=Unread(why)))
