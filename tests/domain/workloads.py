"""Deployments for the tests: one that is asked for two pods and has them."""

from shared.domain import workload
from shared.domain.fields import Json, Object
from shared.domain.workload import Workload


def deployment(
    *, spec: Object | None = None, status: Object | None = None, **metadata: Json
) -> Object:
    """A Deployment as the API server has it, with these fields on top."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "cart", "namespace": "shop", "generation": 3, **metadata},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "cart"}},
            "template": template(),
            **(spec or {}),
        },
        "status": {
            "observedGeneration": 3,
            "replicas": 2,
            "updatedReplicas": 2,
            "readyReplicas": 2,
            "availableReplicas": 2,
            **(status or {}),
        },
    }


def target(
    *, spec: Object | None = None, status: Object | None = None, **metadata: Json
) -> Workload:
    """The same as a workload."""
    return workload.from_object(deployment(spec=spec, status=status, **metadata))


def template(**spec: Json) -> Object:
    """A pod template with these fields on top of its spec."""
    return {
        "metadata": {"labels": {"app": "cart", "team": "x"}},
        "spec": {"containers": [{"name": "cart", "image": "cart:1"}], **spec},
    }
