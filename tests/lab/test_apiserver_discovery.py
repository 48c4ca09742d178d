"""The embedded API server: what it says about itself."""

import http.client
from urllib.parse import urlsplit

import pytest

from infra.local.apiserver.server import Server
from tests.lab.raw_http import ask

pytestmark = pytest.mark.loopback

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def test_the_core_group_has_one_version(apiserver: Server) -> None:
    assert ask(apiserver, "GET", "/api").body["versions"] == ["v1"]


def test_a_group_names_the_version_it_prefers(apiserver: Server) -> None:
    groups = {group["name"]: group for group in ask(apiserver, "GET", "/apis").body["groups"]}

    assert groups["flagger.app"]["preferredVersion"]["version"] == "v1beta1"
    assert groups["networking.istio.io"]["preferredVersion"]["version"] == "v1"
    assert ask(apiserver, "GET", "/apis/flagger.app").body["name"] == "flagger.app"


def test_a_version_names_its_kinds_and_their_parts(apiserver: Server) -> None:
    found = ask(apiserver, "GET", "/apis/apps/v1").body

    resources = {resource["name"]: resource for resource in found["resources"]}
    assert found["groupVersion"] == "apps/v1"
    assert resources["deployments"]["shortNames"] == ["deploy"]
    assert resources["deployments/scale"]["kind"] == "Scale"
    assert "watch" in resources["deployments"]["verbs"]


@pytest.mark.parametrize(
    ("path", "group", "kind"),
    [
        pytest.param("/api", None, "Pod", id="core"),
        pytest.param("/apis", "flagger.app", "Canary", id="the others"),
    ],
)
def test_all_groups_can_be_had_at_once(
    apiserver: Server, path: str, group: str | None, kind: str
) -> None:
    found = ask(apiserver, "GET", path, accept=_AGGREGATED).body

    groups = {item["metadata"].get("name"): item for item in found["items"]}
    resources = groups[group]["versions"][0]["resources"]
    assert found["kind"] == "APIGroupDiscoveryList"
    assert kind in [resource["responseKind"]["kind"] for resource in resources]


def test_what_is_not_served_is_not_found(apiserver: Server) -> None:
    assert ask(apiserver, "GET", "/apis/no.such").code == 404
    assert ask(apiserver, "GET", "/openapi/v2").code == 404
    assert ask(apiserver, "GET", "/openapi/v3/apis/no.such/v1").code == 404


def test_the_version_is_told(apiserver: Server) -> None:
    assert ask(apiserver, "GET", "/version").body["major"] == "1"


@pytest.mark.parametrize("page", ["healthz", "readyz", "livez"])
def test_a_probe_is_answered_in_a_word(apiserver: Server, page: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(apiserver.url).netloc, timeout=5)
    connection.request("GET", f"/{page}")

    answer = connection.getresponse().read()
    connection.close()

    assert answer == b"ok"


def test_one_connection_serves_many_requests(apiserver: Server) -> None:
    connection = http.client.HTTPConnection(urlsplit(apiserver.url).netloc, timeout=5)
    codes = []
    for path in ("/version", "/api/v1/namespaces/none", "/version"):
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        codes.append(response.status)
    connection.close()

    assert codes == [200, 404, 200]


def test_the_schema_of_a_custom_kind_is_documented(apiserver: Server) -> None:
    index = ask(apiserver, "GET", "/openapi/v3").body["paths"]
    path = index["apis/flagger.app/v1beta1"]["serverRelativeURL"]

    document = ask(apiserver, "GET", path).body

    schema = document["components"]["schemas"]["flagger.app.v1beta1.Canary"]
    assert "analysis" in schema["properties"]["spec"]["properties"]
    assert schema["x-kubernetes-group-version-kind"][0]["kind"] == "Canary"
    patch = document["paths"]["/apis/flagger.app/v1beta1/namespaces/{namespace}/canaries/{name}"][
        "patch"
    ]
    names = [parameter["name"] for parameter in patch["parameters"]]
    assert names == ["dryRun", "fieldManager", "fieldValidation"]  # what kubectl looks for


@pytest.mark.parametrize("path", ["api/v1", "apis/apps/v1", "apis/autoscaling/v2"])
def test_the_schemas_of_builtin_kinds_are_documented(apiserver: Server, path: str) -> None:
    schemas = ask(apiserver, "GET", f"/openapi/v3/{path}").body["components"]["schemas"]

    assert all(schema.get("properties") or schema.get("description") for schema in schemas.values())
