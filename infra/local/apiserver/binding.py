"""The binding subresource of pods: the only way to a node, as on every server."""

from infra.local.apiserver import errors
from infra.local.apiserver.messages import Reply, Request
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.trees import Key, Tree, at
from infra.local.apiserver.verbs import Verbs

PODS = ("", "pods")


def serve(verbs: Verbs, resource: Resource, key: Key, request: Request) -> Reply:
    """Binds a pod to a node, once."""
    if request.method != "POST":
        raise errors.no_such_method()
    node = at(request.tree(), "target", "name")

    def edit(pod: Tree) -> Tree:
        if pod["metadata"].get("deletionTimestamp"):
            why = f"pod {key[1]} is being deleted, cannot be assigned to a host"
            raise errors.conflict("", "pods/binding", key[1], why)
        before = pod.setdefault("spec", {}).get("nodeName")
        if before:
            why = f'pod {key[1]} is already assigned to node "{before}"'
            raise errors.conflict("", "pods/binding", key[1], why)
        pod["spec"]["nodeName"] = node
        return pod

    verbs.change(resource, key, edit)
    return Reply({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}, 201)
