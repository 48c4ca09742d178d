"""Whose an object is: Kubernetes' controller reference, and the marks that keep Flux away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.domain.fields import Json, Object, at, mapping, objects, text

HANDS_OFF = {
    "kustomize.toolkit.fluxcd.io/reconcile": "disabled",
    "helm.toolkit.fluxcd.io/driftDetection": "disabled",
}
"""Annotations by which Flux leaves an object alone that somebody else reconciles."""

_FLUX = "toolkit.fluxcd.io"
_GROUP = "flagger.app"
_KIND = "Canary"


@dataclass(frozen=True, slots=True)
class Owner:
    """The Canary that objects are made for; they go with it."""

    namespace: str
    name: str
    uid: str


def reference(owner: Owner) -> Object:
    """The controller reference in everything that is made for a Canary, of whichever version."""
    return {
        "apiVersion": f"{_GROUP}/v1beta1",
        "kind": _KIND,
        "name": owner.name,
        "uid": owner.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def owned_by(obj: Object, owner: Owner) -> bool:
    """Whether this very Canary controls an object."""
    return text(_controller(obj), "uid") == owner.uid


def controlled_by_canary(obj: Object, name: str) -> bool:
    """Whether a Canary of that name does, be it this one or one that was deleted since."""
    return _is_canary(_controller(obj), name)


def other_controller(references: Sequence[Object], name: str) -> str:
    """Who controls what has these owner references, where it is no Canary of that name."""
    found = _controlling(references)
    if not found or _is_canary(found, name):
        return ""
    return f"{text(found, 'kind')} {text(found, 'name')}"


def taken_over(seen: Object, owner: Owner) -> tuple[Json, ...]:
    """The owner references of a seen object that is to be this Canary's: other owners stay."""
    others = (item for item in _references(seen) if item.get("controller") is not True)
    return (*others, reference(owner))


def unmarked(entries: Mapping[str, str]) -> dict[str, str]:
    """Labels or annotations without those of Flux, which would take a copy for its own."""
    return {key: value for key, value in entries.items() if _FLUX not in key}


def _references(obj: Object) -> tuple[Object, ...]:
    return objects(obj, "metadata", "ownerReferences")


def _controller(obj: Object) -> Object:
    return _controlling(_references(obj))


def _controlling(references: Sequence[Object]) -> Object:
    found = (item for item in references if at(item, "controller") is True)
    return mapping(next(found, {}))


def _is_canary(found: Object, name: str) -> bool:
    kind, group = text(found, "kind"), _group(found)
    return (kind, group, text(found, "name")) == (_KIND, _GROUP, name)


def _group(found: Object) -> str:
    return text(found, "apiVersion").partition("/")[0]
