"""The rules of a kind: what is filled in, what is dropped, and what is refused."""

from collections.abc import Sequence
from dataclasses import replace

from infra.local.apiserver import builtin, builtin_types, crds, errors, metadata, services
from infra.local.apiserver.errors import Cause
from infra.local.apiserver.modes import Mode
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.trees import Tree, copied

_DEPLOYMENTS = ("apps", "deployments")
_SERVICES = ("", "services")
_KEEPS_STATUS = ("nodes",)  # a node arrives with the status that its kubelet gives it


def fill_new(resource: Resource, obj: Tree, mode: Mode) -> None:
    """Fills in a new object: only the status subresource writes a status."""
    if resource.has_status and resource.plural not in _KEEPS_STATUS:
        obj.pop("status", None)
    _fill(resource, obj, mode)


def begin(resource: Resource, obj: Tree) -> None:
    """Gives a new object what it has not from its client: a first status, an address."""
    if not resource.custom:
        builtin.begin(resource.kind, obj)


def fill_changed(resource: Resource, old: Tree, new: Tree, mode: Mode) -> None:
    """Fills in a changed object."""
    if not resource.custom:
        builtin.carry_over(resource.kind, old, new)
    _fill(resource, new, mode)
    if resource.key == _SERVICES:
        services.allot(new)


def keep_status(resource: Resource, old: Tree, new: Tree) -> None:
    """Undoes a change of the status where that has a subresource of its own."""
    if not resource.has_status:
        return
    if "status" in old:
        new["status"] = old["status"]
    else:
        new.pop("status", None)


def keep_all_but_status(resource: Resource, old: Tree, new: Tree) -> Tree:
    """What a write of the status changes. Of a Deployment that is the annotations too: so its
    controller numbers the revision, and the generation stays.
    """
    changed: Tree = {**copied(old), "status": new.get("status", {})}
    if "managedFields" in new["metadata"]:
        changed["metadata"]["managedFields"] = new["metadata"]["managedFields"]
    annotations = new["metadata"].get("annotations")
    if resource.key == _DEPLOYMENTS and annotations:
        changed["metadata"]["annotations"] = annotations
    return changed


def check(resource: Resource, new: Tree, old: Tree | None, part: str = "") -> None:
    """Raises 422 with every cause when an object breaks the rules of its kind."""
    causes: list[Cause] = metadata.check(resource, new, old)
    if resource.schema is not None:
        causes += [_seen_from(part, cause) for cause in resource.schema.check(new)]
    elif not resource.custom and not causes:
        causes += builtin.check(resource.kind, new, old)
    if causes:
        name = new["metadata"].get("name", "")
        raise errors.invalid(resource.group, resource.kind, name, causes)


def _fill(resource: Resource, obj: Tree, mode: Mode) -> None:
    if resource.key == crds.KEY:
        crds.fill(obj)
    elif resource.schema is not None:
        dropped = resource.schema.prune(obj)
        if mode.strict:
            _check_known(sorted(dropped), resource)
        elif mode.warnings is not None:
            mode.warnings.extend(f'unknown field "{path}"' for path in sorted(dropped))
        resource.schema.fill(obj)
    elif not resource.custom:
        _check_parts(resource, obj)
        if mode.strict:
            _check_known(builtin_types.unknown(resource, obj), resource)
        builtin.fill(resource.kind, obj)


def _seen_from(part: str, cause: Cause) -> Cause:
    """A cause as a write of a part tells it: its words count from there, its field does not."""
    return replace(cause, message=cause.message.replace(f" {part}.", " ", 1)) if part else cause


def _check_known(unknown: Sequence[str], resource: Resource) -> None:
    if unknown:
        told = ", ".join(f'unknown field "{path}"' for path in unknown)
        raise errors.bad_request(f"{_cannot(resource)}strict decoding error: {told}")


def _cannot(resource: Resource) -> str:
    what = f'{resource.kind} in version "{resource.version}"'
    return f"{what} cannot be handled as a {resource.kind}: "


def _check_parts(resource: Resource, obj: Tree) -> None:
    for part in ("spec", "status"):
        if not isinstance(obj.get(part) or {}, dict):
            raise errors.bad_request(f"{_cannot(resource)}{part} is no object")
