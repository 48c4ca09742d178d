"""The kinds that are served: the builtin ones as a table, and those that CRDs add."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from infra.local.apiserver import errors
from infra.local.apiserver.schema import Schema

Kind = tuple[str, str]  # group and plural: what the versions of one kind share


class Counts(StrEnum):
    """What moves the generation of a kind."""

    NOTHING = "nothing"
    SPEC = "spec"
    SPEC_AND_ANNOTATIONS = "spec and annotations"
    ALL_BUT_METADATA = "all but metadata"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a printed table."""

    name: str
    path: str
    type: str = "string"
    priority: int = 0
    description: str = ""


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a custom kind keeps what its scale subresource shows."""

    replicas: str
    status_replicas: str
    selector: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One kind in one version."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    has_status: bool = False
    scale: Scale | None = None
    counts: Counts = Counts.NOTHING
    custom: bool = False
    storage_version: str = ""
    schema: Schema | None = None
    columns: tuple[Column, ...] = ()
    selectable: tuple[str, ...] = ()

    @property
    def key(self) -> Kind:
        """What its objects are stored under."""
        return self.group, self.plural

    @property
    def api_version(self) -> str:
        """Group and version, as objects name them."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def stored_api_version(self) -> str:
        """The apiVersion under which its objects are kept."""
        version = self.storage_version or self.version
        return f"{self.group}/{version}" if self.group else version


class Catalogue:
    """All kinds served at present, by group, version and plural."""

    def __init__(self) -> None:
        self._resources = {
            (resource.group, resource.version, resource.plural): resource for resource in BUILTIN
        }

    def find(self, group: str, version: str, plural: str) -> Resource:
        """The resource of a path; 404 when nothing is served there."""
        found = self._resources.get((group, version, plural))
        if found is None:
            raise errors.no_such_path()
        return found

    def all(self) -> Iterator[Resource]:
        """Every kind in every served version."""
        return iter(self._resources.values())

    def replace(self, group: str, plural: str, versions: Sequence[Resource]) -> None:
        """Serves a kind in these versions from now on, and in no others."""
        others = {
            key: resource
            for key, resource in self._resources.items()
            if resource.key != (group, plural)
        }
        # one assignment, for readers hold no lock
        self._resources = others | {(group, one.version, plural): one for one in versions}


_REPLICAS = Scale(".spec.replicas", ".status.replicas", "")


def _builtin(
    api_version: str,
    kind: str,
    plural: str,
    short_names: str = "",
    *,
    namespaced: bool = True,
    status: bool = False,
    scale: Scale | None = None,
    counts: Counts = Counts.NOTHING,
    categories: tuple[str, ...] = (),
    selectable: tuple[str, ...] = (),
) -> Resource:
    group, _, version = api_version.rpartition("/")
    return Resource(
        group=group,
        version=version,
        kind=kind,
        plural=plural,
        singular=kind.lower(),
        namespaced=namespaced,
        short_names=tuple(short_names.split()),
        categories=categories,
        has_status=status,
        scale=scale,
        counts=counts,
        selectable=selectable,
    )


_ALL = ("all",)
_RBAC = "rbac.authorization.k8s.io/v1"
_INVOLVED = tuple(
    f"involvedObject.{field}"
    for field in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
)
_POD_FIELDS = ("spec.nodeName", "spec.restartPolicy", "status.phase", "status.podIP")

BUILTIN = (
    _builtin("v1", "Namespace", "namespaces", "ns", namespaced=False, status=True),
    _builtin("v1", "Node", "nodes", "no", namespaced=False, status=True),
    _builtin("v1", "ServiceAccount", "serviceaccounts", "sa"),
    _builtin("v1", "ConfigMap", "configmaps", "cm"),
    _builtin("v1", "Secret", "secrets", selectable=("type",)),
    _builtin("v1", "Endpoints", "endpoints", "ep"),
    _builtin("v1", "Event", "events", "ev", selectable=(*_INVOLVED, "reason", "type", "source")),
    _builtin(
        "v1",
        "Pod",
        "pods",
        "po",
        status=True,
        counts=Counts.SPEC,
        categories=_ALL,
        selectable=_POD_FIELDS,
    ),
    _builtin("v1", "Service", "services", "svc", status=True, categories=_ALL),
    _builtin(
        "apps/v1",
        "Deployment",
        "deployments",
        "deploy",
        status=True,
        scale=_REPLICAS,
        counts=Counts.SPEC_AND_ANNOTATIONS,
        categories=_ALL,
    ),
    _builtin(
        "apps/v1",
        "ReplicaSet",
        "replicasets",
        "rs",
        status=True,
        scale=_REPLICAS,
        counts=Counts.SPEC,
        categories=_ALL,
        selectable=("status.replicas",),
    ),
    _builtin(
        "apps/v1",
        "StatefulSet",
        "statefulsets",
        "sts",
        status=True,
        scale=_REPLICAS,
        counts=Counts.SPEC,
        categories=_ALL,
    ),
    _builtin(
        "apps/v1",
        "DaemonSet",
        "daemonsets",
        "ds",
        status=True,
        counts=Counts.SPEC,
        categories=_ALL,
    ),
    _builtin("apps/v1", "ControllerRevision", "controllerrevisions"),
    _builtin(
        "discovery.k8s.io/v1", "EndpointSlice", "endpointslices", counts=Counts.ALL_BUT_METADATA
    ),
    _builtin(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        "hpa",
        status=True,
        categories=_ALL,
    ),
    _builtin(
        "policy/v1",
        "PodDisruptionBudget",
        "poddisruptionbudgets",
        "pdb",
        status=True,
        counts=Counts.SPEC,
    ),
    _builtin(_RBAC, "Role", "roles"),
    _builtin(_RBAC, "RoleBinding", "rolebindings"),
    _builtin(_RBAC, "ClusterRole", "clusterroles", namespaced=False),
    _builtin(_RBAC, "ClusterRoleBinding", "clusterrolebindings", namespaced=False),
    _builtin("coordination.k8s.io/v1", "Lease", "leases"),
    _builtin(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        "crd crds",
        namespaced=False,
        status=True,
        counts=Counts.SPEC,
        categories=("api-extensions",),
    ),
)
