"""Where the API server keeps what Spillway reads and writes."""

from urllib.parse import quote


def canaries(namespace: str = "") -> str:
    """The Canaries of a namespace, or of all."""
    return _of("/apis/flagger.app/v1beta1", namespace, "canaries")


def deployments(namespace: str = "") -> str:
    """Targets and primaries."""
    return _of("/apis/apps/v1", namespace, "deployments")


def virtual_services(namespace: str = "") -> str:
    """The routes on Istio."""
    return _of("/apis/networking.istio.io/v1beta1", namespace, "virtualservices")


def destination_rules(namespace: str) -> str:
    """What Istio knows of a destination."""
    return _of("/apis/networking.istio.io/v1beta1", namespace, "destinationrules")


def services(namespace: str) -> str:
    """The apex, the primary's and the canary's."""
    return _of("/api/v1", namespace, "services")


def snapshots(namespace: str) -> str:
    """Pod templates, kept."""
    return _of("/apis/apps/v1", namespace, "controllerrevisions")


def autoscalers(namespace: str) -> str:
    """HorizontalPodAutoscalers."""
    return _of("/apis/autoscaling/v2", namespace, "horizontalpodautoscalers")


def events(namespace: str) -> str:
    """Kubernetes Events."""
    return _of("/api/v1", namespace, "events")


def ping_sources(namespace: str) -> str:
    """Knative's clocks."""
    return _of("/apis/sources.knative.dev/v1", namespace, "pingsources")


def _of(group: str, namespace: str, kind: str) -> str:
    """A namespace never reaches out of its own segment, whoever wrote it."""
    if not namespace:
        return f"{group}/{kind}"
    return f"{group}/namespaces/{quote(namespace, safe='')}/{kind}"
