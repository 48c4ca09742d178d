"""The builtin kinds that are served, as a table."""

from infra.local.apiserver.resources import Counts, Resource, Scale

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
    made_by_put: bool = False,
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
        made_by_put=made_by_put,
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
    _builtin("v1", "Endpoints", "endpoints", "ep", made_by_put=True),
    _builtin(
        "v1",
        "Event",
        "events",
        "ev",
        selectable=(*_INVOLVED, "reason", "type", "source"),
        made_by_put=True,
    ),
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
    _builtin("v1", "Service", "services", "svc", status=True, categories=_ALL, made_by_put=True),
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
    _builtin("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", counts=Counts.LABELS_TOO),
    _builtin(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        "hpa",
        status=True,
        counts=Counts.SPEC,
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
    _builtin(_RBAC, "Role", "roles", made_by_put=True),
    _builtin(_RBAC, "RoleBinding", "rolebindings", made_by_put=True),
    _builtin(_RBAC, "ClusterRole", "clusterroles", namespaced=False, made_by_put=True),
    _builtin(_RBAC, "ClusterRoleBinding", "clusterrolebindings", namespaced=False),
    _builtin("coordination.k8s.io/v1", "Lease", "leases", made_by_put=True),
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
