"""Discovery: which groups, versions and kinds are served, in both of the API's formats."""

from collections.abc import Iterable
from itertools import groupby

from infra.local.apiserver import errors
from infra.local.apiserver.catalogue import Catalogue
from infra.local.apiserver.messages import Reply, Request
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.trees import Tree

_VERSION = {
    "major": "1",
    "minor": "37",
    "emulationMajor": "1",
    "emulationMinor": "37",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "36",
    "gitVersion": "v1.37.0+spillway-lab",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "",
    "compiler": "",
    "platform": "python",
}
_PLAIN_TEXT = "text/plain; charset=utf-8"
_HEALTHY = Reply("ok", content_type=_PLAIN_TEXT)
NOWHERE = Reply("404 page not found\n", 404, content_type=_PLAIN_TEXT)
_PAGES = {
    "version": Reply(_VERSION),
    "healthz": _HEALTHY,
    "readyz": _HEALTHY,
    "livez": _HEALTHY,
}
_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
_CUSTOM_VERBS = [
    *("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"),
]
_PART_VERBS = ["get", "patch", "update"]
_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def answer(catalogue: Catalogue, request: Request) -> Reply:
    """What is served beside the objects themselves."""
    if len(request.path) == 1 and request.path[0] in _PAGES:
        return _PAGES[request.path[0]]
    match request.path:
        case ("api" | "apis" as root,) if _wants_aggregated(request.accept):
            core = root == "api"
            return Reply(_aggregated(catalogue, core=core), content_type=_AGGREGATED)
        case ("api",):
            return Reply({"kind": "APIVersions", "versions": ["v1"]})
        case ("apis",):
            groups = [_group(name, found) for name, found in _groups(catalogue) if name]
            return Reply({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
        case ("apis", group) if _is_served(catalogue, group):
            return Reply({"kind": "APIGroup", "apiVersion": "v1", **_one(catalogue, group)})
        case ("api", version):
            return Reply(_resources(catalogue, "", version))
        case ("apis", group, version) if catalogue.knows(group, version):
            return Reply(_resources(catalogue, group, version))
        case _:
            return NOWHERE


def _is_served(catalogue: Catalogue, group: str) -> bool:
    return any(resource.group == group for resource in catalogue.all())


def _wants_aggregated(accept: str) -> bool:
    first = accept.split(",")[0].replace(" ", "").split(";")
    return {"as=APIGroupDiscoveryList", "v=v2", "g=apidiscovery.k8s.io"} <= set(first)


def _groups(catalogue: Catalogue) -> Iterable[tuple[str, list[Resource]]]:
    ordered = sorted(catalogue.all(), key=lambda resource: resource.group)
    return [(name, list(found)) for name, found in groupby(ordered, lambda one: one.group)]


def _one(catalogue: Catalogue, group: str) -> Tree:
    found = [resource for resource in catalogue.all() if resource.group == group]
    if not found or not group:
        raise errors.no_such_path()
    return _group(group, found)


def _group(name: str, resources: list[Resource]) -> Tree:
    versions = [
        {"groupVersion": f"{name}/{version}", "version": version}
        for version in _versions(resources)
    ]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def _versions(resources: Iterable[Resource]) -> list[str]:
    """Versions, the preferred one first: stable before beta before alpha, high before low."""
    return sorted({resource.version for resource in resources}, key=_rank)


def _rank(version: str) -> tuple[int, list[int], str]:
    stage = 1 if "beta" in version else 2 if "alpha" in version else 0
    digits = "".join(letter if letter.isdigit() else " " for letter in version).split()
    return stage, [-int(number) for number in digits], version


def _resources(catalogue: Catalogue, group: str, version: str) -> Tree:
    found = [
        resource
        for resource in catalogue.all()
        if (resource.group, resource.version) == (group, version)
    ]
    if not found:
        raise errors.no_such_path()
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": found[0].api_version,
        "resources": [entry for resource in found for entry in _entries(resource)],
    }


def _entries(resource: Resource) -> list[Tree]:
    entry: Tree = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": _verbs(resource),
        **_listed(resource),
    }
    plain = {"singularName": "", "namespaced": resource.namespaced, "verbs": _PART_VERBS}
    entries = [entry]
    if resource.has_status:
        entries.append({"name": f"{resource.plural}/status", "kind": resource.kind, **plain})
    if resource.scale:
        named = {"name": f"{resource.plural}/scale", "kind": "Scale"}
        entries.append({**named, "group": "autoscaling", "version": "v1", **plain})
    return entries


def _aggregated(catalogue: Catalogue, *, core: bool) -> Tree:
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": [
            {
                "metadata": {"name": name} if name else {},
                "versions": [_aggregated_version(found, version) for version in _versions(found)],
            }
            for name, found in _groups(catalogue)
            if core == (name == "")
        ],
    }


def _aggregated_version(resources: list[Resource], version: str) -> Tree:
    return {
        "version": version,
        "freshness": "Current",
        "resources": [
            _aggregated_resource(resource) for resource in resources if resource.version == version
        ],
    }


def _aggregated_resource(resource: Resource) -> Tree:
    own = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    parts = [
        {"subresource": "status", "responseKind": own, "verbs": _PART_VERBS}
    ] * resource.has_status
    if resource.scale:
        kind = {"group": "autoscaling", "version": "v1", "kind": "Scale"}
        parts.append({"subresource": "scale", "responseKind": kind, "verbs": _PART_VERBS})
    return {
        "resource": resource.plural,
        "responseKind": own,
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": _verbs(resource),
        **_listed(resource),
        **({"subresources": parts} if parts else {}),
    }


def _verbs(resource: Resource) -> list[str]:
    """What can be done, in the order that the real server tells it in."""
    if resource.custom:
        return _CUSTOM_VERBS
    whole_at_once = resource.plural != "namespaces"
    return [verb for verb in _VERBS if whole_at_once or verb != "deletecollection"]


def _listed(resource: Resource) -> Tree:
    names = {
        "shortNames": list(resource.short_names),
        "categories": list(resource.categories),
    }
    return {key: value for key, value in names.items() if value}
