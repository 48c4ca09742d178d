"""By which key the items of builtin lists merge: the `patchMergeKey` of the Kubernetes types."""

# The last word of the path, or the last two where one is not enough. An empty key: values
# merge as a set. Whatever is not here is replaced as a whole.
_BY_LAST: dict[str, str] = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "imagePullSecrets": "name",
    "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey",
    "resourceClaims": "name",
    "ownerReferences": "uid",
    "finalizers": "",
    "conditions": "type",
    "podIPs": "ip",
    "hostIPs": "ip",
    "secrets": "name",
}
_BY_TWO: dict[tuple[str, ...], str] = {
    ("containers", "ports"): "containerPort",
    ("initContainers", "ports"): "containerPort",
    ("spec", "ports"): "port",
    ("status", "addresses"): "type",
}


def merge_key(path: tuple[str, ...]) -> str | None:
    """The merge key of the list at a path; None where lists are replaced."""
    return _BY_TWO.get(path[-2:], _BY_LAST.get(path[-1])) if path else None
