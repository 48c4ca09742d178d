"""The scale subresource: how many replicas, whatever the kind calls them."""

from infra.local.apiserver import errors, options, patch
from infra.local.apiserver.messages import Reply, Request
from infra.local.apiserver.resources import Resource, Scale
from infra.local.apiserver.trees import Key, Tree, Value, at
from infra.local.apiserver.verbs import Verbs


def serve(verbs: Verbs, resource: Resource, key: Key, request: Request) -> Reply:
    """Reads or changes the replicas of an object."""
    shape = resource.scale
    if shape is None:
        raise errors.no_such_path()
    if request.method == "GET":
        return Reply(_shown(shape, _with_replicas(resource, shape, verbs.read(resource, key))))

    def edit(obj: Tree) -> Tree:
        wanted = _wanted(resource, shape, obj, request)
        metadata = wanted.get("metadata") or {}
        for field in ("resourceVersion", "uid"):
            if metadata.get(field):
                obj["metadata"][field] = metadata[field]
        replicas = at(wanted, "spec", "replicas") or 0
        if replicas < 0:
            why = "should be a non-negative integer"
            cause = errors.invalid_value(shape.replicas, str(replicas), why)
            raise errors.invalid(resource.group, resource.kind, key[1], [cause])
        _set(obj, shape.replicas, replicas)
        return obj

    return Reply(_shown(shape, verbs.change(resource, key, edit, options.mode(request), "scale")))


def _wanted(resource: Resource, shape: Scale, obj: Tree, request: Request) -> Tree:
    match request.method:
        case "PUT":
            return request.tree()
        case "PATCH":
            return patch.apply(resource, request.content_type, _shown(shape, obj), request.body())
        case _:
            raise errors.no_such_method()


def _shown(shape: Scale, obj: Tree) -> Tree:
    metadata = obj["metadata"]
    fields = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    status: Tree = {"replicas": _at(obj, shape.status_replicas) or 0}
    selector = _selector(
        _at(obj, shape.selector) if shape.selector else at(obj, "spec", "selector")
    )
    if selector:
        status["selector"] = selector
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {field: metadata[field] for field in fields if field in metadata},
        "spec": {"replicas": replicas} if (replicas := _at(obj, shape.replicas)) else {},
        "status": status,
    }


def _with_replicas(resource: Resource, shape: Scale, obj: Tree) -> Tree:
    """An object that says how many replicas it wants; 500 where a custom one does not."""
    if resource.custom and _at(obj, shape.replicas) is None:
        why = f'the spec replicas field "{shape.replicas}" does not exist'
        details: Tree = {"causes": [{"message": why}]}
        raise errors.ApiError(500, "InternalError", f"Internal error occurred: {why}", details)
    return obj


def _selector(found: Value) -> str:
    """A selector as text; that of a workload is an object."""
    if isinstance(found, str):
        return found
    labels = at(found, "matchLabels") or {}
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def _at(obj: Tree, path: str) -> Value:
    return at(obj, *path.strip(".").split("."))


def _set(obj: Tree, path: str, value: Value) -> None:
    *way, last = path.strip(".").split(".")
    for word in way:
        obj = obj.setdefault(word, {})
    obj[last] = value
