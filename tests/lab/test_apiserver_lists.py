"""The embedded API server: selecting, paging, and what a list shows of its objects."""

from urllib.parse import quote

import pytest

from infra.local.apiserver.server import Server
from tests.lab.raw_http import (
    CANARIES,
    DEPLOYMENTS,
    MAPS,
    METADATA,
    METADATA_LIST,
    TABLE,
    ask,
    canary,
    config_map,
    deployment,
)

pytestmark = pytest.mark.loopback


def _names(server: Server, path: str) -> list[str]:
    return [item["metadata"]["name"] for item in ask(server, "GET", path).body["items"]]


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        pytest.param("app=a", ["one", "two"], id="equal"),
        pytest.param("app==a", ["one", "two"], id="equal, written twice"),
        pytest.param("app!=a", ["three"], id="not equal, or not there"),
        pytest.param("tier", ["two"], id="exists"),
        pytest.param("!tier", ["one", "three"], id="does not exist"),
        pytest.param("app in (a, b)", ["one", "two"], id="in"),
        pytest.param("app notin (a)", ["three"], id="not in"),
        pytest.param("app in (a,b),tier=x", ["two"], id="several"),
        pytest.param("", ["one", "three", "two"], id="none"),
    ],
)
def test_a_label_selector(apiserver: Server, selector: str, names: list[str]) -> None:
    for one in (config_map("one", app="a"), config_map("two", app="a", tier="x")):
        ask(apiserver, "POST", MAPS, one)
    ask(apiserver, "POST", MAPS, config_map("three"))

    assert _names(apiserver, f"{MAPS}?labelSelector={quote(selector)}") == names


def test_a_field_selector(apiserver: Server) -> None:
    ask(apiserver, "POST", MAPS, config_map("one"))
    ask(apiserver, "POST", MAPS, config_map("two"))

    assert _names(apiserver, f"{MAPS}?fieldSelector=metadata.name%3Dtwo") == ["two"]
    assert _names(apiserver, f"{MAPS}?fieldSelector=metadata.name!%3Dtwo") == ["one"]


def test_a_field_that_cannot_be_selected_by_is_refused(apiserver: Server) -> None:
    answer = ask(apiserver, "GET", f"{MAPS}?fieldSelector=data.a%3D1")

    assert answer.code == 400
    assert answer.body["message"] == "field label not supported: data.a"


def test_a_list_of_a_namespace_leaves_the_others_out(apiserver: Server) -> None:
    ask(apiserver, "POST", MAPS, config_map("one"))
    ask(apiserver, "POST", MAPS.replace("default", "kube-public"), config_map("two"))

    assert _names(apiserver, MAPS) == ["one"]
    assert _names(apiserver, "/api/v1/configmaps") == ["one", "two"]


def test_pages_hold_everything_once(apiserver: Server) -> None:
    wanted = [f"map-{number}" for number in range(5)]
    for name in wanted:
        ask(apiserver, "POST", MAPS, config_map(name))

    first = ask(apiserver, "GET", f"{MAPS}?limit=2").body
    token = first["metadata"]["continue"]
    second = ask(apiserver, "GET", f"{MAPS}?limit=2&continue={token}").body
    token = second["metadata"]["continue"]
    third = ask(apiserver, "GET", f"{MAPS}?limit=2&continue={token}").body

    pages = [
        [item["metadata"]["name"] for item in page["items"]] for page in (first, second, third)
    ]
    assert pages == [wanted[:2], wanted[2:4], wanted[4:]]
    assert first["metadata"]["remainingItemCount"] == 3
    assert "continue" not in third["metadata"]


def test_a_page_is_full_whatever_a_selector_leaves_out(apiserver: Server) -> None:
    for number in range(6):
        ask(apiserver, "POST", MAPS, config_map(f"map-{number}", odd=str(number % 2)))

    page = ask(apiserver, "GET", f"{MAPS}?limit=2&labelSelector=odd%3D1").body

    assert [item["metadata"]["name"] for item in page["items"]] == ["map-1", "map-3"]
    assert "remainingItemCount" not in page["metadata"]


def test_only_the_metadata_can_be_listed(apiserver: Server) -> None:
    ask(apiserver, "POST", DEPLOYMENTS, deployment())

    found = ask(apiserver, "GET", DEPLOYMENTS, accept=METADATA_LIST).body

    assert found["kind"] == "PartialObjectMetadataList"
    assert found["items"][0]["metadata"]["generation"] == 1
    assert found["items"][0].keys() == {"apiVersion", "kind", "metadata"}


def test_only_the_metadata_can_be_read(apiserver: Server) -> None:
    ask(apiserver, "POST", DEPLOYMENTS, deployment())

    found = ask(apiserver, "GET", f"{DEPLOYMENTS}/web", accept=METADATA).body

    assert found["kind"] == "PartialObjectMetadata"
    assert found.keys() == {"apiVersion", "kind", "metadata"}


def test_items_of_builtin_lists_do_not_repeat_their_type(apiserver: Server) -> None:
    ask(apiserver, "POST", DEPLOYMENTS, deployment())
    ask(apiserver, "POST", CANARIES, canary())

    assert "kind" not in ask(apiserver, "GET", DEPLOYMENTS).body["items"][0]
    assert ask(apiserver, "GET", CANARIES).body["items"][0]["kind"] == "Canary"


def test_a_table_has_the_columns_of_the_definition(apiserver: Server) -> None:
    ask(apiserver, "POST", CANARIES, canary(suspend=True))
    status = {"status": {"phase": "Progressing", "canaryWeight": 10}}
    merge = "application/merge-patch+json"
    ask(apiserver, "PATCH", f"{CANARIES}/web/status", status, content_type=merge)

    table = ask(apiserver, "GET", CANARIES, accept=TABLE).body

    columns = [column["name"] for column in table["columnDefinitions"]]
    cells = dict(zip(columns, table["rows"][0]["cells"], strict=True))
    assert columns[:3] == ["Name", "Status", "Weight"]
    assert cells["Name"] == "web"
    assert cells["Status"] == "Progressing"
    assert cells["Weight"] == "10"
    assert cells["Suspended"] is True
    assert table["rows"][0]["object"]["metadata"]["name"] == "web"


def test_a_table_of_deployments_has_the_usual_columns(apiserver: Server) -> None:
    ask(apiserver, "POST", DEPLOYMENTS, deployment())

    table = ask(apiserver, "GET", DEPLOYMENTS, accept=TABLE).body

    columns = [column["name"] for column in table["columnDefinitions"] if not column["priority"]]
    assert columns == ["Name", "Ready", "Up-to-date", "Available", "Age"]
    assert table["rows"][0]["cells"][:4] == ["web", "0/1", 0, 0]
