"""What the API server holds for the mesh, as the values that it is routed by."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from infra.local.kube import Key, Tree, key_of
from infra.local.mesh.backends import Seen, backends
from infra.local.mesh.istio import destination_rule, virtual_service
from infra.local.mesh.translate import Documents, translate
from shared.domain.errors import Refused

_VIRTUAL_SERVICES = "/apis/networking.istio.io/v1beta1/virtualservices"
_DESTINATION_RULES = "/apis/networking.istio.io/v1beta1/destinationrules"
_SERVICES = "/api/v1/services"
_SLICES = "/apis/discovery.k8s.io/v1/endpointslices"
_PODS = "/api/v1/pods"
_DEPLOYMENTS = "/apis/apps/v1/deployments"
PATHS = (_VIRTUAL_SERVICES, _DESTINATION_RULES, _SERVICES, _SLICES, _PODS, _DEPLOYMENTS)

_Value = TypeVar("_Value")


class View:
    """The objects as the mesh reads them, and the last good version of each."""

    def __init__(self) -> None:
        self._services = _Admission(virtual_service)
        self._rules = _Admission(destination_rule)

    def documents(self, found: Mapping[str, Sequence[Tree]]) -> Documents:
        """What Envoy is to do now."""
        seen = Seen(found[_SERVICES], found[_SLICES], found[_PODS], found[_DEPLOYMENTS])
        rules = self._rules.admit(found[_DESTINATION_RULES])
        return translate(self._services.admit(found[_VIRTUAL_SERVICES]), backends(seen, rules))


class _Admission(Generic[_Value]):
    """Keeps the last good version of an object that turns wrong, as Istio's webhook would."""

    def __init__(self, read: Callable[[Tree], _Value]) -> None:
        self._read = read
        self._good: dict[Key, _Value] = {}
        self._refused: dict[Key, str] = {}

    def admit(self, objects: Sequence[Tree]) -> tuple[_Value, ...]:
        """The objects as values, the oldest first; what is refused is told once."""
        good: dict[Key, _Value] = {}
        refused: dict[Key, str] = {}
        for obj in sorted(objects, key=_age):
            key = key_of(obj)
            try:
                good[key] = self._read(obj)
            except Refused as error:
                refused[key] = str(error)
                if key in self._good:
                    good[key] = self._good[key]
        for key in refused:
            if refused[key] != self._refused.get(key):
                print(f"{'/'.join(key)}: {refused[key]}", file=sys.stderr, flush=True)
        self._good, self._refused = good, refused
        return tuple(good.values())


def _age(obj: Tree) -> tuple[str, Key]:
    return obj["metadata"].get("creationTimestamp", ""), key_of(obj)
