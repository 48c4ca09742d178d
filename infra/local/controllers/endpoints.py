"""EndpointSlices: the pods behind each Service, ready or not, each with its own address.

One slice per Service. Its ports are those of the first pod, so pods behind one Service have to
mean the same number by a port's name.
"""

from collections.abc import Iterator, Sequence

from infra.local.controllers import objects
from infra.local.kube import Kube, Tree

SERVICE = "kubernetes.io/service-name"
_MANAGER = {"endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}


def sync(kube: Kube, namespace: str, _name: str = "") -> None:
    """Writes the slices of a namespace where they differ from what its pods say.

    The namespace is looked at as a whole: a pod whose labels change leaves one Service and
    enters another, and only by looking at both is that seen.
    """
    services, _ = kube.list(f"/api/v1/namespaces/{namespace}/services")
    pods, _ = kube.list(f"/api/v1/namespaces/{namespace}/pods")
    collection = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
    slices, _ = kube.list(collection, SERVICE)
    found = {one["metadata"]["name"]: one for one in slices}
    for service in services:
        # a Service without selector has slices that somebody else writes
        if service["spec"].get("selector") and not objects.is_going(service):
            wanted = endpoint_slice(service, pods)
            _write(kube, collection, found.get(wanted["metadata"]["name"]), wanted)


def endpoint_slice(service: Tree, pods: Sequence[Tree]) -> Tree:
    """The slice of a Service in a namespace with such pods."""
    metadata = service["metadata"]
    labels = service["spec"]["selector"].items()
    chosen = [pod for pod in pods if labels <= pod["metadata"].get("labels", {}).items()]
    listed = sorted((pod for pod in chosen if _has_address(pod)), key=_age)
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{metadata['name']}-{objects.hashed(metadata['uid'], 5)}",
            "namespace": metadata["namespace"],
            "labels": {**metadata.get("labels", {}), SERVICE: metadata["name"], **_MANAGER},
            "ownerReferences": [objects.owner_reference("v1", "Service", service)],
        },
        "addressType": "IPv4",
        "endpoints": [_endpoint(service, pod) for pod in listed],
        "ports": list(_ports(service, listed[0])) if listed else [],
    }


def _write(kube: Kube, collection: str, found: Tree | None, wanted: Tree) -> None:
    if found is None:
        kube.create(collection, wanted)
    elif any((found.get(part) or []) != wanted[part] for part in ("endpoints", "ports")):
        path = f"{collection}/{wanted['metadata']['name']}"
        kube.replace(path, {**wanted, "metadata": {**found["metadata"], **wanted["metadata"]}})


def _endpoint(service: Tree, pod: Tree) -> Tree:
    serving, terminating = objects.is_ready(pod), objects.is_going(pod)
    published = bool(service["spec"].get("publishNotReadyAddresses"))
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {
            "ready": published or (serving and not terminating),
            "serving": serving,
            "terminating": terminating,
        },
        "nodeName": pod["spec"]["nodeName"],
        "targetRef": {
            "kind": "Pod",
            "namespace": pod["metadata"]["namespace"],
            "name": pod["metadata"]["name"],
            "uid": pod["metadata"]["uid"],
        },
    }


def _ports(service: Tree, pod: Tree) -> Iterator[Tree]:
    """The ports by which pods answer; one whose name the pod does not know is left out."""
    for port in service["spec"].get("ports", ()):
        protocol = port.get("protocol", "TCP")
        number = _number(port.get("targetPort", port["port"]), protocol, pod)
        if number is not None:
            app = {"appProtocol": port["appProtocol"]} if port.get("appProtocol") else {}
            yield {"name": port.get("name", ""), "port": number, "protocol": protocol, **app}


def _number(target: int | str, protocol: str, pod: Tree) -> int | None:
    if isinstance(target, int):
        return target
    for container in pod["spec"]["containers"]:
        for port in container.get("ports", ()):
            if port.get("name") == target and port.get("protocol", "TCP") == protocol:
                return int(port["containerPort"])
    return None


def _has_address(pod: Tree) -> bool:
    bound = bool(pod["spec"].get("nodeName")) and bool((pod.get("status") or {}).get("podIP"))
    return bound and not objects.has_finished(pod)


def _age(pod: Tree) -> tuple[str, str]:
    return pod["metadata"]["creationTimestamp"], pod["metadata"]["name"]
