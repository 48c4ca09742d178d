"""Kubernetes objects as the mesh reads them, no longer than it needs."""

from infra.local.kube import Tree


def virtual_service(*routes: Tree, hosts: tuple[str, ...] = ("web",), **metadata: str) -> Tree:
    return {
        "apiVersion": "networking.istio.io/v1beta1",
        "kind": "VirtualService",
        "metadata": {"namespace": "shop", "name": "web", **metadata},
        "spec": {"hosts": list(hosts), "http": list(routes)},
    }


def split(primary: int, canary: int, **more: object) -> Tree:
    """A route as Flagger writes it."""
    shares = {"web-primary": primary, "web-canary": canary}
    route = [{"destination": {"host": h}, "weight": weight} for h, weight in shares.items()]
    return {"route": route, **more}


def to(host: str, **more: object) -> Tree:
    """A route with one destination."""
    return {"route": [{"destination": {"host": host}}], **more}


def service(name: str, *ports: int, app: str = "") -> Tree:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"namespace": "shop", "name": name},
        "spec": {
            "selector": {"app": app or name},
            "ports": [{"name": f"http-{port}", "port": port} for port in ports or (80,)],
        },
    }


def deployment(name: str, app: str = "") -> Tree:
    labels = {"app": app or name}
    containers = [{"name": "app", "image": "croc-hunter:1"}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": "shop", "name": name},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
    }


def pod(name: str, ip: str, address: str) -> Tree:
    """A pod whose process listens at the address."""
    annotations = {"lab.spillway.dev/address": address}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"namespace": "shop", "name": name, "annotations": annotations},
        "spec": {"nodeName": "lab", "containers": [{"name": "app", "image": "croc-hunter:1"}]},
        "status": {"phase": "Running", "podIP": ip},
    }


def slice_of(name: str, *ips: str, ports: tuple[int, ...] = (80,), **conditions: bool) -> Tree:
    """The slice of a Service, all of whose endpoints are in one condition."""
    state = {"ready": True, "serving": True, "terminating": False, **conditions}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "namespace": "shop",
            "name": f"{name}-1",
            "labels": {"kubernetes.io/service-name": name},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": [ip], "conditions": state} for ip in ips],
        "ports": [{"name": f"http-{port}", "port": 8080, "protocol": "TCP"} for port in ports],
    }
