"""The objects that a real Flagger made on a real API server, without what the server filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from shared.domain import manifest_service, workload
from shared.domain.canary import AnalysisSpec, CanarySpec, Target
from shared.domain.fields import Json, Object, mapping, pairs, text
from shared.domain.ownership import Owner
from shared.domain.workload import Workload

_FOLDER = Path(__file__).parents[1] / "data" / "flagger" / "objects"
NAMES = tuple(str(path.relative_to(_FOLDER)) for path in sorted(_FOLDER.glob("*/*.yaml")))

_SERVERS_METADATA = frozenset({"uid", "resourceVersion", "creationTimestamp", "generation"})
_SERVERS_SPEC = frozenset(
    {
        "clusterIP",
        "clusterIPs",
        "internalTrafficPolicy",
        "ipFamilies",
        "ipFamilyPolicy",
        "sessionAffinity",
    }
)
_CONTROLLERS = frozenset({"deployment.kubernetes.io/revision"})


@dataclass(frozen=True, slots=True)
class Recording:
    """What one recording holds, by kind and name, and what our side knows of it."""

    objects: Mapping[tuple[str, str], Object]

    @property
    def canary(self) -> Object:
        return self.objects["Canary", "app"]

    @property
    def owner(self) -> Owner:
        metadata = mapping(self.canary, "metadata")
        return Owner(text(metadata, "namespace"), text(metadata, "name"), text(metadata, "uid"))

    @property
    def spec(self) -> CanarySpec:
        """Only what the objects are made from: not all of them are specs that Spillway runs."""
        service = manifest_service.read_service(self.canary, "app")
        return CanarySpec(Target("Deployment", "app"), service, AnalysisSpec())

    @property
    def target(self) -> Workload:
        return workload.from_object(self.objects["Deployment", "app"])

    @property
    def primary(self) -> Workload:
        return workload.from_object(self.objects["Deployment", "app-primary"])

    def counterpart(self, made: Object) -> Object:
        """The recorded object of the kind and name of one of ours."""
        return self.objects[text(made, "kind"), text(made, "metadata", "name")]


def read(name: str) -> Recording:
    found: list[Object] = list(yaml.safe_load_all((_FOLDER / name).read_text()))
    return Recording({(text(obj, "kind"), text(obj, "metadata", "name")): obj for obj in found})


def as_made(obj: Object) -> Object:
    """An object without what the server fills in, in the version that the server stores."""
    metadata = _without(mapping(obj, "metadata"), _SERVERS_METADATA)
    annotations = _without(pairs(metadata, "annotations"), _CONTROLLERS)
    noted = {"annotations": annotations} if annotations else {}
    version = text(obj, "apiVersion").replace(
        "networking.istio.io/v1beta1", "networking.istio.io/v1"
    )
    return {
        "apiVersion": version,
        "kind": text(obj, "kind"),
        "metadata": {**_without(metadata, frozenset({"annotations"})), **noted},
        "spec": _without(mapping(obj, "spec"), _SERVERS_SPEC),
    }


def _without(found: Mapping[str, Json], keys: frozenset[str]) -> dict[str, Json]:
    return {key: value for key, value in found.items() if key not in keys}
