"""CustomResourceDefinitions themselves."""

from copy import deepcopy

from tests.cluster.conformance.asking import Answer, Api
from tests.cluster.conformance.kinds import Tree

_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def _definition(kind: str, **spec: object) -> Tree:
    plural = f"{kind.lower()}s"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.probe.spillway.dev"},
        "spec": {
            "group": "probe.spillway.dev",
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural},
            "versions": [version],
            **spec,
        },
    }


def _is_established(answer: Answer) -> bool:
    conditions = answer.body.get("status", {}).get("conditions") or ()
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)


def a_definition_is_filled_in_and_established(api: Api) -> None:
    body = _definition("Gadget")
    made = api.post(_PATH, body, quiet=True)
    api.note("created", (made.code, made.body["spec"]))
    path = f"{_PATH}/{body['metadata']['name']}"
    found = api.until(path, _is_established).body
    api.delete(path, quiet=True)
    api.note("stored", found["status"]["storedVersions"])


def objects_come_and_go_with_their_definition(api: Api) -> None:
    body = _definition("Gizmo")
    api.post(_PATH, body, quiet=True)
    path = f"{_PATH}/{body['metadata']['name']}"
    collection = api.path("widgets").replace("widgets", "gizmos")
    obj = {"apiVersion": "probe.spillway.dev/v1", "kind": "Gizmo", "metadata": {"name": "one"}}
    api.until(collection, lambda answer: answer.code == 200)
    api.post(collection, {**obj, "free": {"form": True}})
    api.delete(path, quiet=True)
    api.gone(path)
    api.until(collection, lambda answer: answer.code == 404)


def a_cluster_wide_kind(api: Api) -> None:
    body = _definition("Planet", scope="Cluster")
    api.post(_PATH, body, quiet=True)
    root = "/apis/probe.spillway.dev/v1/planets"
    api.until(root, lambda answer: answer.code == 200)
    obj = {"apiVersion": "probe.spillway.dev/v1", "kind": "Planet", "metadata": {"name": "one"}}
    api.post(root, obj)
    api.get(f"{root}/one")
    api.delete(f"{_PATH}/{body['metadata']['name']}", quiet=True)


def a_wrong_name(api: Api) -> None:
    body = _definition("Gadget")
    body["metadata"]["name"] = "gadgets"
    api.post(_PATH, body)


def no_version_to_store(api: Api) -> None:
    body = deepcopy(_definition("Gadget"))
    body["spec"]["versions"][0]["storage"] = False
    api.post(_PATH, body)


def what_is_missing(api: Api) -> None:
    for word in ("group", "scope", "versions"):
        body = _definition("Gadget")
        del body["spec"][word]
        api.post(_PATH, body)


def a_schema_that_is_not_structural(api: Api) -> None:
    body = _definition("Knot")  # of its own: one server takes it
    schema = {"type": "object", "properties": {"spec": {"properties": {"a": {"type": "string"}}}}}
    body["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = schema
    api.post(_PATH, body)


def no_schema(api: Api) -> None:
    body = _definition("Gadget")
    del body["spec"]["versions"][0]["schema"]
    api.post(_PATH, body)
