"""The schemas of builtin kinds, as the models of the kubernetes client know them."""

import importlib
from collections.abc import Iterator
from functools import cache

from infra.local.apiserver.resources import Resource
from infra.local.apiserver.trees import Tree, Value

_MODELS = "kubernetes.client.models"
_REFERENCE = "#/components/schemas/"
_OTHER_NAMES = {"Event": "CoreV1Event"}  # the client has two events


def schema(resource: Resource) -> tuple[Tree, Tree]:
    """The schema of a kind, and those of the types that it is made of."""
    model = _OTHER_NAMES.get(resource.kind, f"{resource.version.upper()}{resource.kind}")
    return _schema(model)


def unknown(resource: Resource, obj: Tree) -> list[str]:
    """The paths of the fields of an object that its type does not have."""
    tree, types = schema(resource)
    return list(_unknown(tree, types, obj, ""))


def _unknown(tree: Tree, types: Tree, value: Value, path: str) -> Iterator[str]:
    tree = types.get(str(tree.get("$ref", "")).removeprefix(_REFERENCE), tree)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown(tree.get("items") or {}, types, item, f"{path}[{index}]")
    if not isinstance(value, dict) or "properties" not in tree:
        return
    for name, item in value.items():
        place = f"{path}.{name}" if path else name
        if name in tree["properties"]:
            yield from _unknown(tree["properties"][name], types, item, place)
        else:
            yield place


@cache
def _schema(model: str) -> tuple[Tree, Tree]:
    # Imported here: it takes half a second and 50 MB, which only kubectl's users need to spend.
    found = importlib.import_module(_MODELS)
    tree = getattr(found, model).model_json_schema(
        by_alias=True, ref_template=f"{_REFERENCE}{{model}}"
    )
    types = tree.pop("$defs", {})
    return _plain(tree), {name: _plain(below) for name, below in types.items()}


def _plain(value: Value) -> Value:
    """A schema without what describes the models rather than the API."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    choices = value.get("anyOf")
    if choices and {"type": "null"} in choices and len(choices) == 2:
        told = {key: value[key] for key in ("description",) if key in value}
        only = next(choice for choice in choices if choice != {"type": "null"})
        return {**told, **_plain(only)}
    result: Tree = {}
    for key, item in value.items():
        if key == "properties":
            result[key] = {name: _plain(below) for name, below in item.items()}
        elif key == "description":
            result[key] = item.partition("\n\nAttributes:")[0]
        elif key not in ("title", "default", "additionalProperties") or isinstance(item, dict):
            result[key] = _plain(item)
    return result
