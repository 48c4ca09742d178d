"""What `kubectl get` shows of the builtin kinds, as a table."""

from infra.local.apiserver.printers import (
    NONE,
    WIDE,
    Printed,
    containers,
    controller,
    count,
    event_source,
    involved,
    labels,
    made,
    node_status,
    number,
    or_none,
    path,
    pod_ready,
    pod_status,
    ready_of,
    restarts,
    service_ports,
    since,
    slice_addresses,
    slice_ports,
)

# the words of the API's own documentation, which every table has
NAME = (
    "Name must be unique within a namespace. Is required when creating resources, although some "
    "resources may allow a client to request the generation of an appropriate name automatically. "
    "Name is primarily intended for creation idempotence and configuration definition. Cannot be "
    "updated. More info: "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"
)
_AGE = path("Age", ".metadata.creationTimestamp")
_SELECTOR = made("Selector", labels("spec", "selector", "matchLabels"), priority=WIDE)
_TEMPLATE = (
    made("Containers", containers("name"), priority=WIDE),
    made("Images", containers("image"), priority=WIDE),
    _SELECTOR,
)
PRINTED: dict[str, tuple[Printed, ...]] = {
    "Pod": (
        made("Ready", pod_ready),
        made("Status", pod_status),
        made("Restarts", restarts),
        _AGE,
        made("IP", or_none("status", "podIP"), priority=WIDE),
        made("Node", or_none("spec", "nodeName"), priority=WIDE),
        made("Nominated Node", or_none("status", "nominatedNodeName"), priority=WIDE),
        made("Readiness Gates", lambda _: NONE, priority=WIDE),
    ),
    "Deployment": (
        made("Ready", ready_of),
        made("Up-to-date", number("status", "updatedReplicas")),
        made("Available", number("status", "availableReplicas")),
        _AGE,
        *_TEMPLATE,
    ),
    "ReplicaSet": (
        made("Desired", number("spec", "replicas"), "integer"),
        made("Current", number("status", "replicas"), "integer"),
        made("Ready", number("status", "readyReplicas"), "integer"),
        _AGE,
        *_TEMPLATE,
    ),
    "StatefulSet": (made("Ready", ready_of), _AGE, *_TEMPLATE[:2]),
    "Service": (
        path("Type", ".spec.type"),
        path("Cluster-IP", ".spec.clusterIP"),
        made("External-IP", lambda obj: obj["spec"].get("externalName") or NONE),
        made("Port(s)", service_ports),
        _AGE,
        made("Selector", labels("spec", "selector"), priority=WIDE),
    ),
    "EndpointSlice": (
        path("AddressType", ".addressType"),
        made("Ports", slice_ports),
        made("Endpoints", slice_addresses),
        _AGE,
    ),
    "Event": (
        made("Last Seen", since("lastTimestamp")),
        path("Type", ".type"),
        path("Reason", ".reason"),
        made("Object", involved),
        made("Source", event_source, priority=WIDE),
        path("Message", ".message"),
        made("First Seen", since("firstTimestamp"), priority=WIDE),
        path("Count", ".count", "integer", WIDE),
        path("Name", ".metadata.name", priority=WIDE),
    ),
    "ConfigMap": (made("Data", count("data")), _AGE),
    "Secret": (path("Type", ".type"), made("Data", count("data")), _AGE),
    "Namespace": (path("Status", ".status.phase"), _AGE),
    "Node": (
        made("Status", node_status),
        _AGE,
        path("Version", ".status.nodeInfo.kubeletVersion"),
    ),
    "ControllerRevision": (
        made("Controller", controller),
        path("Revision", ".revision", "integer"),
        _AGE,
    ),
    "HorizontalPodAutoscaler": (
        made("Reference", lambda obj: "{kind}/{name}".format(**obj["spec"]["scaleTargetRef"])),
        path("MinPods", ".spec.minReplicas", "integer"),
        path("MaxPods", ".spec.maxReplicas", "integer"),
        made("Replicas", number("status", "currentReplicas"), "integer"),
        _AGE,
    ),
    "CustomResourceDefinition": (path("Created At", ".metadata.creationTimestamp"),),
}
