"""OpenAPI v3: enough for `kubectl apply` to let the server validate, and for `kubectl explain`."""

from infra.local.apiserver import builtin_types, errors
from infra.local.apiserver.catalogue import Catalogue
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.trees import Tree, Value

_GVK = "x-kubernetes-group-version-kind"
_PARAMETERS = [
    {"name": name, "in": "query", "schema": {"type": "string"}}
    for name in ("dryRun", "fieldManager", "fieldValidation")
]
_OBJECT_FIELDS: dict[str, Tree] = {
    "apiVersion": {"type": "string", "description": "Group and version of this object's kind."},
    "kind": {"type": "string", "description": "What this object is."},
    "metadata": {"type": "object", "description": "Name, namespace, labels, annotations, owners."},
}


def index(catalogue: Catalogue) -> Tree:
    """Where the documents of the groups are."""
    paths = sorted({_root(resource) for resource in catalogue.all()})
    return {"paths": {path: {"serverRelativeURL": f"/openapi/v3/{path}"} for path in paths}}


def is_documented(catalogue: Catalogue, path: str) -> bool:
    """Whether there is a document at a path."""
    return any(_root(resource) == path for resource in catalogue.all())


def document(catalogue: Catalogue, path: str) -> Tree:
    """The document of one group and version; 404 when nothing is served there."""
    found = [resource for resource in catalogue.all() if _root(resource) == path]
    if not found:
        raise errors.no_such_path()
    schemas: Tree = {}
    for resource in found:
        schemas.update(_schemas(resource))
    paths: Tree = {}
    for resource in found:
        paths.update(_paths(resource))
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.37.0"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _schemas(resource: Resource) -> Tree:
    """The schema of a kind, with those of the types that it is made of."""
    if not resource.custom:
        schema, others = builtin_types.schema(resource)
        return {**others, _name(resource): {**schema, _GVK: [_kind(resource)]}}
    tree: Tree = _published(resource.schema.tree) if resource.schema else {"type": "object"}
    own: Tree = tree.get("properties") or {}
    properties = {**own, **_OBJECT_FIELDS}
    return {_name(resource): {**tree, "properties": properties, _GVK: [_kind(resource)]}}


def _published(schema: Value) -> Value:
    """A schema as clients read it: a number or a text is said in their words, too."""
    if isinstance(schema, list):
        return [_published(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    told = {key: _published(item) for key, item in schema.items()}
    if schema.get("x-kubernetes-int-or-string") is True:
        told.setdefault("anyOf", [{"type": "integer"}, {"type": "string"}])
    return told


def _paths(resource: Resource) -> Tree:
    place = "/namespaces/{namespace}" if resource.namespaced else ""
    collection = f"/{_root(resource)}{place}/{resource.plural}"
    kind = _kind(resource)
    answer = {"schema": {"$ref": f"#/components/schemas/{_name(resource)}"}}
    found = {"200": {"description": "OK", "content": {"application/json": answer}}}
    return {
        collection: {"get": {_GVK: kind, "responses": found}},
        f"{collection}/{{name}}": {
            "get": {_GVK: kind, "responses": found},
            "patch": {_GVK: kind, "parameters": _PARAMETERS, "responses": found},
        },
    }


def _root(resource: Resource) -> str:
    if not resource.group:
        return f"api/{resource.version}"
    return f"apis/{resource.group}/{resource.version}"


def _name(resource: Resource) -> str:
    return f"{resource.group or 'core'}.{resource.version}.{resource.kind}"


def _kind(resource: Resource) -> Tree:
    return {"group": resource.group, "version": resource.version, "kind": resource.kind}
