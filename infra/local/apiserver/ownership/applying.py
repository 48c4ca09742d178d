"""Server-side apply: an object as a manager wants it, laid over the object that is there."""

import json

from infra.local.apiserver import builtin_types
from infra.local.apiserver.errors import ApiError, Cause
from infra.local.apiserver.ownership import managers, recording, refusals, shapes
from infra.local.apiserver.ownership.comparing import compared
from infra.local.apiserver.ownership.fields import NO_FIELDS, Fields, told
from infra.local.apiserver.ownership.managers import Holding, How, Owner
from infra.local.apiserver.ownership.merging import merged
from infra.local.apiserver.ownership.recording import Writer
from infra.local.apiserver.ownership.shapes import Shape
from infra.local.apiserver.ownership.walking import AmbiguousError, fields_of, with_parents, without
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.trees import Tree, copied, timestamp

_BEFORE = "before-first-apply"  # owns what was there before anybody's ownership was recorded
_KUBECTL = "kubectl"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def applied(resource: Resource, old: Tree | None, config: Tree, by: Writer, *, force: bool) -> Tree:
    """The object that comes of it, with its managedFields.

    Fields of the configuration have its value, those that the manager applied last time and left
    out now are gone unless others own them. Raises 409 for values that others own and want
    otherwise, unless forced, which takes the fields from them.
    """
    shape, live = shapes.of(resource), old or {"metadata": {}}
    holdings = _holdings(resource, old, by)
    me = managers.owner(by.manager, How.APPLY, resource.api_version, by.part)
    last = holdings[me].fields if me in holdings else NO_FIELDS
    wanted = _wanted(shape, resource, config)
    everybody = wanted.union(*(one.fields for who, one in holdings.items() if who != me))
    new: Tree = _pruned(shape, merged(shape, live, config), last, everybody)
    found = recording.differences(resource, old or recording.base(resource), new, by.part)
    lost = {who: one.fields & found.written for who, one in holdings.items() if who != me}
    if not force:
        allowed = _kubectls_own(shape, live) if by.manager == _KUBECTL else NO_FIELDS
        _check(lost, allowed)
    since = timestamp() if new != live else holdings[me].time if me in holdings else ""
    mine = Holding(recording.ownable(resource, wanted, by.part), resource.api_version, since)
    left = managers.less({**holdings, me: mine}, found.written | found.removed, kept=me)
    if by.manager == _KUBECTL:
        _remember(new, config)
    new["metadata"].pop("managedFields", None)
    recording.put(new, left)
    return new


def _holdings(resource: Resource, old: Tree | None, by: Writer) -> dict[Owner, Holding]:
    if old is None:
        return {}
    known = managers.decoded(old["metadata"].get("managedFields"))
    if known:
        return known
    found = recording.differences(resource, recording.base(resource), old, by.part)
    who = managers.owner(_BEFORE, How.UPDATE, resource.api_version, "")
    return {who: Holding(found.added, resource.api_version, timestamp())}


def _wanted(shape: Shape, resource: Resource, config: Tree) -> Fields:
    if unknown := _unknown(resource, config):
        why = f".{unknown[0]}: field not declared in schema"
        raise refusals.untyped(resource.api_version, resource.kind, config, why)
    try:
        return fields_of(shape, config)
    except AmbiguousError as error:
        raise refusals.untyped(resource.api_version, resource.kind, config, str(error)) from error


def _unknown(resource: Resource, config: Tree) -> list[str]:
    """The paths of fields that the kind does not have."""
    if not resource.custom:
        return builtin_types.unknown(resource, config)
    return resource.schema.prune(copied(config)) if resource.schema else []


def _pruned(shape: Shape, whole: Tree, last: Fields, everybody: Fields) -> Tree:
    """An object without what its applier no longer asks for and nobody else owns."""
    if not last:
        return whole
    dropped = with_parents(last)
    all_fields = with_parents(fields_of(shape, whole))
    left = with_parents(fields_of(shape, without(shape, whole, dropped)))
    owned = without(shape, whole, all_fields - left - with_parents(everybody))
    gone = all_fields - with_parents(fields_of(shape, owned))
    pruned: Tree = without(shape, whole, gone & dropped)
    return pruned


def _check(lost: dict[Owner, Fields], allowed: Fields) -> None:
    causes = [
        Cause(told(path), "FieldManagerConflict", f"conflict with {who}")
        for who, fields in sorted(lost.items(), key=lambda one: str(one[0]))
        for path in sorted(fields - allowed)
    ]
    if causes:
        raise _conflict(causes)


def _conflict(causes: list[Cause]) -> ApiError:
    if len(causes) == 1:
        message = f"Apply failed with 1 conflict: {causes[0].message}: {causes[0].field}"
        return refusals.apply_conflict(message, causes)
    paths: dict[str, list[str]] = {}
    for cause in causes:
        paths.setdefault(cause.message.replace("conflict", "conflicts", 1), []).append(cause.field)
    lines = (line for who in paths for line in (f"{who}:", *(f"- {path}" for path in paths[who])))
    message = f"Apply failed with {len(causes)} conflicts: " + "\n".join(lines)
    return refusals.apply_conflict(message, causes)


def _kubectls_own(shape: Shape, live: Tree) -> Fields:
    """What kubectl itself applied before, on the client's side, and nobody has changed since."""
    note = (live["metadata"].get("annotations") or {}).get(_LAST_APPLIED)
    try:
        last = json.loads(note or "")
    except ValueError:
        return NO_FIELDS
    return fields_of(shape, last) - compared(shape, live, merged(shape, live, last)).written


def _remember(obj: Tree, config: Tree) -> None:
    """Keeps kubectl's note up to date where there is one: `kubectl apply` compares with it."""
    notes = obj["metadata"].get("annotations") or {}
    if _LAST_APPLIED in notes:
        plain = copied(config)
        (plain["metadata"].get("annotations") or {}).pop(_LAST_APPLIED, None)
        notes[_LAST_APPLIED] = json.dumps(plain, separators=(",", ":")) + "\n"
