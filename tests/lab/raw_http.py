"""One plain HTTP request at a time, for what no client would send."""

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from infra.local.apiserver.server import Server

MAPS = "/api/v1/namespaces/default/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
CANARIES = "/apis/flagger.app/v1beta1/namespaces/default/canaries"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
METADATA = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    code: int
    body: dict[str, Any]


def ask(
    server: Server,
    method: str,
    path: str,
    body: object = None,
    *,
    accept: str = "application/json",
    content_type: str = "application/json",
) -> Answer:
    """Sends one request on a connection of its own."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    try:
        connection.request(method, path, data, {"Accept": accept, "Content-Type": content_type})
        response = connection.getresponse()
        data = response.read()
        if str(response.getheader("Content-Type")).startswith("application/json"):
            return Answer(response.status, json.loads(data))
        return Answer(response.status, {"text": data.decode()})
    finally:
        connection.close()


def config_map(name: str, **labels: str) -> dict[str, Any]:
    """A ConfigMap with some labels."""
    return {"metadata": {"name": name, "labels": labels}, "data": {"a": "1"}}


def deployment(name: str = "web") -> dict[str, Any]:
    """The smallest Deployment that is accepted."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "app", "image": "app:1"}]},
            },
        },
    }


def canary(name: str = "web", **spec: object) -> dict[str, Any]:
    """The smallest Canary that is accepted, with more or other fields in its spec."""
    return {
        "apiVersion": "flagger.app/v1beta1",
        "kind": "Canary",
        "metadata": {"name": name},
        "spec": {
            "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "service": {"port": 80},
            **spec,
        },
    }
