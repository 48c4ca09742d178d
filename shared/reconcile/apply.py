"""Apply: effects become writes, each on the condition that what was seen still stands."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import assert_never

from shared.adapters import paths
from shared.adapters.cluster import Cluster
from shared.domain.canary import CanarySpec
from shared.domain.effects import (
    Effect,
    KeepServices,
    KeepSnapshot,
    Prune,
    ScaleDown,
    ScaleUp,
    SetRoute,
    WritePrimary,
)
from shared.domain.errors import Conflict, Refused
from shared.domain.fields import Json, Object, text, whole
from shared.domain.ownership import Owner
from shared.domain.plan import shares
from shared.domain.primary import (
    primary_object,
    promotion_patch,
    restore_patch,
    target_behind,
    undone,
)
from shared.domain.revision import revision_of
from shared.domain.routes import (
    destination_rules,
    is_foreign,
    reweighted,
    route_change,
    stamped,
    virtual_service,
)
from shared.domain.seen import Gone, Seen, Support, Unread
from shared.domain.services import service_change, services
from shared.domain.snapshots import snapshot_name, superfluous
from shared.domain.status import Generations, Status
from shared.domain.workload import Workload
from shared.reconcile.keep import keep


@dataclass(slots=True)
class Writer:
    """Carries out the effects of one saved decision, and keeps the generations it wrote."""

    cluster: Cluster
    owner: Owner
    spec: CanarySpec
    stands_in: bool  # the spec is what the status was made for, not what is asked for now
    seen: Seen
    status: Status
    written: Generations = field(init=False)

    def __post_init__(self) -> None:
        self.written = self.status.generations

    def apply(self, effect: Effect) -> None:
        """One effect. Applied twice it is applied once, or refused as stale."""
        match effect:
            case KeepSnapshot():
                self._keep_snapshot(effect)
            case KeepServices():
                self._keep_services(routed=effect.routed)
            case WritePrimary():
                self._write_primary(effect.revision)
            case ScaleUp():
                self._scale(max(1, self._primary().replicas))
            case ScaleDown():
                self._scale(0)
            case SetRoute():
                self._set_route(effect.weight)
            case Prune():
                self._prune(effect.keep)
            case _:
                assert_never(effect)

    def _path(self, kind: Callable[[str], str], name: str) -> str:
        return f"{kind(self.owner.namespace)}/{name}"

    def _target(self) -> Workload:
        """The target; where it is gone, what its primary remembers of it."""
        if isinstance(self.seen.target, Workload):
            return self.seen.target
        if isinstance(self.seen.primary, Workload):
            return target_behind(self.seen.primary)
        if isinstance(self.seen.target, Gone) and isinstance(self.seen.primary, Gone):
            raise Refused(f"deployment {self.spec.target.name} and its primary are both gone")
        raise Conflict(f"deployment {self.spec.target.name} or its primary is unread")

    def _primary(self) -> Workload:
        if isinstance(self.seen.primary, Workload):
            return self.seen.primary
        raise Conflict(f"deployment {self.spec.target.primary} is gone or unread")

    def _keep_snapshot(self, effect: KeepSnapshot) -> None:
        target = self._target()
        template = target.template
        if effect.promoted:
            template = undone(self._primary().template, target)
            if revision_of(template) != effect.revision:
                name = self.spec.target.primary
                raise Refused(
                    f"deployment {name} is not what was promoted, and no snapshot is kept"
                )
        keep(self.cluster, self.owner, effect.revision, template, self.status.decision)

    def _keep_services(self, *, routed: bool) -> None:
        if self.stands_in:
            return  # it knows names, and no ports
        support = self.seen.support or Support()
        wanted = services(self.spec.service, self._target(), self.owner)
        for desired in wanted if routed else wanted[:2]:
            name = text(desired, "metadata", "name")
            found = support.services.get(name)
            change = service_change(found, desired, self.spec.service, self.owner)
            if change:
                self._write(paths.services, name, found, change)
        for desired in destination_rules(self.spec, self.owner) if routed else ():
            self._keep_rule(support.rules.get(text(desired, "metadata", "name")), desired)

    def _keep_rule(self, found: Object | None, desired: Object) -> None:
        if found is None or found.get("spec") != desired["spec"]:
            change = {**found, "spec": desired["spec"]} if found else desired
            self._write(paths.destination_rules, text(desired, "metadata", "name"), found, change)

    def _write(
        self, kind: Callable[[str], str], name: str, found: Object | None, change: Object
    ) -> Object:
        if found is None:
            return self.cluster.create(kind(self.owner.namespace), change)
        return self.cluster.replace(self._path(kind, name), change)

    def _template(self, revision: str) -> Object:
        """What the revision was when it was analysed; the target's only where it is the same."""
        kept = self.seen.support.snapshots.get(revision) if self.seen.support else None
        if kept is not None:
            return kept
        if isinstance(self.seen.target, Workload) and self.status.target_revision == revision:
            return self.seen.target.template
        name = snapshot_name(self.owner.name, revision)
        raise Refused(f"the snapshot {name} of {self.owner.namespace} is gone")

    def _write_primary(self, revision: str) -> None:
        target, template = self._target(), self._template(revision)
        if isinstance(self.seen.primary, Gone):
            made = primary_object(target, template, revision, self.owner, max(1, target.replicas))
            reply = self.cluster.create(paths.deployments(self.owner.namespace), made)
        else:
            primary = self._primary()
            back = self.status.promoted == revision
            patch = restore_patch if back else promotion_patch
            reply = self.cluster.patch(
                self._path(paths.deployments, primary.name),
                _operations(patch(primary, target, template, revision, self.status.decision)),
            )
        self.written = replace(self.written, primary=whole(reply, "metadata", "generation"))

    def _scale(self, replicas: int) -> None:
        if not isinstance(self.seen.target, Workload):
            raise Conflict(f"deployment {self.spec.target.name} is gone or unread")
        seen = self.seen.target.generation
        reply = self.cluster.patch(
            self._path(paths.deployments, self.spec.target.name),
            [
                {"op": "test", "path": "/metadata/generation", "value": seen},
                {"op": "add", "path": "/spec/replicas", "value": replicas},
            ],
        )
        self.written = replace(self.written, target=whole(reply, "metadata", "generation"))

    def _set_route(self, weight: int) -> None:
        if isinstance(self.seen.route, Unread):
            raise Conflict(f"virtualservice {self.spec.service.name}: {self.seen.route.why}")
        found = None if isinstance(self.seen.route, Gone) else self.seen.route
        if found and is_foreign(found, self.owner):
            raise Refused(f"virtualservice {self.spec.service.name} belongs to somebody else")
        asked = shares(self.spec.service, weight)
        if not self.stands_in:
            change = route_change(found, virtual_service(self.spec, self.owner, asked), self.owner)
        elif found:
            change = reweighted(found, asked)
        else:
            return  # a spec that is refused says nothing about a route that is gone
        change = stamped(change, self.status.decision)
        reply = self._write(paths.virtual_services, self.spec.service.name, found, change)
        self.written = replace(self.written, route=whole(reply, "metadata", "generation"))

    def _prune(self, keep: tuple[str, ...]) -> None:
        kept = self.seen.support.snapshots if self.seen.support else {}
        names = [snapshot_name(self.owner.name, revision) for revision in kept]
        for name in superfluous(names, keep):
            self.cluster.delete(self._path(paths.snapshots, name))


def _operations(patch: list[Json]) -> list[Object]:
    return [operation for operation in patch if isinstance(operation, dict)]
