"""CustomResourceDefinitions: the kinds that they add to what is served."""

from infra.local.apiserver import errors
from infra.local.apiserver.catalogue import Catalogue
from infra.local.apiserver.errors import Cause
from infra.local.apiserver.resources import Column, Counts, Resource, Scale
from infra.local.apiserver.schema import Schema
from infra.local.apiserver.trees import Tree, Value, at, objects_at, shown, timestamp

_NAMES = (("spec", "names", "kind"), ("spec", "names", "plural"))
_DESCRIBED = "Custom resource definition column (in JSONPath format): "
KEY = ("apiextensions.k8s.io", "customresourcedefinitions")


def fill(crd: Tree) -> None:
    """Sets what the server sets on a definition: names that follow from its kind, its status."""
    causes = _causes(crd)
    if causes:
        name = crd["metadata"].get("name", "")
        raise errors.invalid(KEY[0], "CustomResourceDefinition", name, causes)
    names = crd["spec"]["names"]
    names.setdefault("singular", names["kind"].lower())
    names.setdefault("listKind", f"{names['kind']}List")
    crd["spec"].setdefault("conversion", {"strategy": "None"})
    since = at(crd, "metadata", "creationTimestamp") or timestamp()
    crd["status"] = {
        "conditions": [
            _condition("NamesAccepted", "NoConflicts", "no conflicts found", since),
            _condition(
                "Established", "InitialNamesAccepted", "the initial names have been accepted", since
            ),
        ],
        "acceptedNames": names,
        "storedVersions": [_storage_version(crd)],
    }


def stored(catalogue: Catalogue, resource: Resource, obj: Tree) -> None:
    """Serves what a stored definition defines."""
    if resource.key == KEY:
        serve(catalogue, obj)


def serve(catalogue: Catalogue, crd: Tree) -> None:
    """Serves what a definition defines."""
    spec, storage = crd["spec"], _storage_version(crd)
    served = [version for version in spec["versions"] if version["served"]]
    versions = [_resource(spec, version, storage) for version in served]
    catalogue.replace(spec["group"], spec["names"]["plural"], versions)


def removed(catalogue: Catalogue, resource: Resource, obj: Tree) -> None:
    """Serves no longer what a definition defined."""
    if resource.key == KEY:
        catalogue.replace(obj["spec"]["group"], obj["spec"]["names"]["plural"], ())


def _causes(crd: Tree) -> list[Cause]:
    """What is missing in a definition, or contradicts itself."""
    spec = crd.get("spec")
    causes = [
        errors.required(".".join(path))
        for path in (("spec", "group"), ("spec", "scope"), *_NAMES, ("spec", "versions"))
        if not at(crd, *path)
    ]
    versions = list(objects_at(spec, "versions"))
    for index, version in enumerate(versions):
        causes += [
            errors.required(f"spec.versions[{index}].{field}")
            for field in ("name", "served", "storage")
            if field not in version
        ]
        if not at(version, "schema", "openAPIV3Schema"):
            causes.append(errors.required(f"spec.versions[{index}].schema.openAPIV3Schema"))
    if not causes and sum(bool(version["storage"]) for version in versions) != 1:
        why = "must have exactly one version marked as storage version"
        causes.append(errors.invalid_value("spec.versions", shown(versions), why))
    if (
        not causes
        and crd["metadata"]["name"] != f"{crd['spec']['names']['plural']}.{crd['spec']['group']}"
    ):
        why = 'must be spec.names.plural+"."+spec.group'
        causes.append(errors.invalid_value("metadata.name", shown(crd["metadata"]["name"]), why))
    return causes


def _resource(spec: Tree, version: Tree, storage_version: str) -> Resource:
    names = spec["names"]
    subresources = version.get("subresources") or {}
    return Resource(
        group=spec["group"],
        version=version["name"],
        kind=names["kind"],
        plural=names["plural"],
        singular=names["singular"],
        namespaced=spec["scope"] == "Namespaced",
        short_names=tuple(names.get("shortNames", ())),
        categories=tuple(names.get("categories", ())),
        has_status="status" in subresources,
        scale=_scale(subresources.get("scale")),
        counts=Counts.ALL_BUT_METADATA,
        custom=True,
        storage_version=storage_version,
        schema=_schema(at(version, "schema", "openAPIV3Schema")),
        columns=tuple(_column(column) for column in version.get("additionalPrinterColumns", ())),
        selectable=tuple(
            field["jsonPath"].lstrip(".") for field in version.get("selectableFields", ())
        ),
    )


def _scale(found: Value) -> Scale | None:
    if found is None:
        return None
    return Scale(
        replicas=found["specReplicasPath"],
        status_replicas=found["statusReplicasPath"],
        selector=found.get("labelSelectorPath", ""),
    )


def _schema(found: Value) -> Schema | None:
    return None if found is None else Schema(found)


def _column(column: Tree) -> Column:
    return Column(
        name=column["name"],
        path=column["jsonPath"],
        type=column["type"],
        priority=column.get("priority", 0),
        description=column.get("description") or f"{_DESCRIBED}{column['jsonPath']}",
    )


def _storage_version(crd: Tree) -> str:
    return next(str(version["name"]) for version in crd["spec"]["versions"] if version["storage"])


def _condition(type_: str, reason: str, message: str, since: str) -> Tree:
    return {
        "type": type_,
        "status": "True",
        "reason": reason,
        "message": message,
        "lastTransitionTime": since,
    }
