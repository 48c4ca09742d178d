"""What is served, as clients discover it."""

from tests.cluster.conformance.asking import Answer, Api

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
# the kinds that both serve; a real server has many more
_COMMON = {
    "v1": ("configmaps", "secrets", "services", "pods", "namespaces", "events", "nodes"),
    "apps/v1": ("deployments", "replicasets", "controllerrevisions", "statefulsets", "daemonsets"),
    "discovery.k8s.io/v1": ("endpointslices",),
    "coordination.k8s.io/v1": ("leases",),
    "policy/v1": ("poddisruptionbudgets",),
    "autoscaling/v2": ("horizontalpodautoscalers",),
    "rbac.authorization.k8s.io/v1": ("roles", "rolebindings", "clusterroles"),
    "apiextensions.k8s.io/v1": ("customresourcedefinitions",),
}


def _root(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def _entries(answer: Answer, plurals: tuple[str, ...]) -> list[object]:
    return [
        {key: item for key, item in entry.items() if key != "storageVersionHash"}
        for entry in answer.body["resources"]
        if entry["name"] in plurals
    ]


def the_versions_of_the_core(api: Api) -> None:
    answer = api.get("/api", quiet=True).body
    api.note("versions", {key: answer[key] for key in ("kind", "versions")})


def the_groups(api: Api) -> None:
    answer = api.get("/apis", quiet=True).body
    wanted = {version.partition("/")[0] for version in _COMMON if "/" in version}
    groups = [group for group in answer["groups"] if group["name"] in wanted - {"autoscaling"}]
    api.note("groups", sorted(groups, key=lambda group: str(group["name"])))
    api.note("type", {key: item for key, item in answer.items() if key != "groups"})


def a_group(api: Api) -> None:
    api.get("/apis/probe.spillway.dev")
    api.get("/apis/apps")


def the_kinds_of_a_custom_group(api: Api) -> None:
    answer = api.get("/apis/probe.spillway.dev/v1", quiet=True)
    names = ("widgets", "widgets/status", "widgets/scale")
    api.note("entries", _entries(answer, names))
    api.note("type", {key: answer.body[key] for key in ("kind", "apiVersion", "groupVersion")})


def the_kinds_of_builtin_groups(api: Api) -> None:
    for version, plurals in _COMMON.items():
        answer = api.get(_root(version), quiet=True)
        found = sorted(_entries(answer, plurals), key=lambda entry: str(entry))
        api.note(version, found)


def the_parts_of_builtin_kinds(api: Api) -> None:
    names = ("deployments/status", "deployments/scale", "replicasets/scale")
    answer = api.get("/apis/apps/v1", quiet=True)
    api.note("parts", sorted(_entries(answer, names), key=lambda entry: str(entry)))


def a_custom_group_at_once(api: Api) -> None:
    answer = api.get("/apis", _AGGREGATED, quiet=True)
    api.note("type", answer.headers)
    (group,) = (
        item for item in answer.body["items"] if item["metadata"]["name"] == "probe.spillway.dev"
    )
    versions = [
        {
            **version,
            "resources": [
                resource for resource in version["resources"] if resource["resource"] == "widgets"
            ],
        }
        for version in group["versions"]
    ]
    api.note("versions", versions)


def what_is_not_served(api: Api) -> None:
    api.get("/apis/nothing.spillway.dev")
    api.get("/apis/nothing.spillway.dev/v1")
    api.get("/apis/apps/v7")
    api.get("/nothing")


def the_version(api: Api) -> None:
    answer = api.get("/version", quiet=True).body
    api.note("number", (answer["major"], answer["minor"]))
    api.note("fields", sorted(answer))


def the_health(api: Api) -> None:
    for path in ("/healthz", "/livez", "/readyz"):
        api.get(path)


def the_openapi_of_a_custom_kind(api: Api) -> None:
    place, answer = _openapi_of_widgets(api)
    while answer.code == 301:  # another probe has defined a kind since: there is a newer document
        place, answer = _openapi_of_widgets(api)
    api.note("place", place)
    document = answer.body
    (schema,) = (
        schema
        for schema in document["components"]["schemas"].values()
        if any(one["kind"] == "Widget" for one in schema.get("x-kubernetes-group-version-kind", ()))
    )
    api.note("spec", schema["properties"]["spec"])
    api.note("status", schema["properties"]["status"])
    api.note("fields", sorted(schema["properties"]))
    api.note("type", schema["x-kubernetes-group-version-kind"])
    api.note("version", document["openapi"])


def _openapi_of_widgets(api: Api) -> tuple[str, Answer]:
    """Where the index of this moment says that the document is, and what is there."""
    index = api.get("/openapi/v3", quiet=True).body["paths"]
    place: str = index["apis/probe.spillway.dev/v1"]["serverRelativeURL"]
    return place.partition("?")[0], api.get(place, quiet=True)


def the_openapi_says_what_can_be_asked_of_a_patch(api: Api) -> None:
    document = api.get("/openapi/v3/apis/probe.spillway.dev/v1", quiet=True).body
    path = "/apis/probe.spillway.dev/v1/namespaces/{namespace}/widgets/{name}"
    parameters = document["paths"][path]["patch"]["parameters"]
    names = {parameter.get("name") for parameter in parameters}
    api.note("parameters", sorted(names & {"dryRun", "fieldManager", "fieldValidation"}))
    api.note("kind", document["paths"][path]["patch"]["x-kubernetes-group-version-kind"])


def the_openapi_of_what_is_not_served(api: Api) -> None:
    api.get("/openapi/v3/apis/nothing.spillway.dev/v1")
