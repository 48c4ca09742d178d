"""What the builtin types say about ownership: x-kubernetes-list-type and its like, by path.

A path is told by its last words; "" is an item of a list. The kinds are those that are served.
"""

from infra.local.apiserver.trees import Value

_BY_NAME = (
    *("containers", "initContainers", "ephemeralContainers", "env", "volumes"),
    *("resourceClaims", "claims", "schedulingGates", "resourceClaimStatuses", "secrets"),
)
# lists whose items are known by these of their fields
KEYED: dict[tuple[str, ...], tuple[str, ...]] = {
    **{(name,): ("name",) for name in _BY_NAME},
    ("spec", "imagePullSecrets"): ("name",),
    ("volumeMounts",): ("mountPath",),
    ("volumeDevices",): ("devicePath",),
    ("hostAliases",): ("ip",),
    ("podIPs",): ("ip",),
    ("ownerReferences",): ("uid",),
    ("conditions",): ("type",),
    ("topologySpreadConstraints",): ("topologyKey", "whenUnsatisfiable"),
    ("status", "addresses"): ("type",),
    ("spec", "ports"): ("port", "protocol"),
    ("", "ports"): ("containerPort", "protocol"),
}
SETS = {("metadata", "finalizers"), ("spec", "podCIDRs")}
# what a key is where an item leaves it out
DEFAULTS: dict[str, Value] = {"protocol": "TCP", "containerPort": 0, "port": 0}
# objects that change their owner as a whole
ATOMIC_MAPS: set[tuple[str, ...]] = {
    *((name,) for name in ("selector", "labelSelector", "nodeSelector", "podSelector")),
    *((name,) for name in ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef")),
    *((name,) for name in ("fileKeyRef", "secretRef", "nodePublishSecretRef", "dataSource")),
    *((name,) for name in ("involvedObject", "related", "roleRef")),
    ("requiredDuringSchedulingIgnoredDuringExecution",),
    *((name, "") for name in ("ownerReferences", "imagePullSecrets", "secrets")),
    ("ControllerRevision", "data"),
}
