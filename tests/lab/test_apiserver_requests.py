"""The embedded API server: requests that it refuses."""

from typing import Any

import pytest

from infra.local.apiserver.server import Server
from tests.lab.raw_http import CANARIES, DEPLOYMENTS, MAPS, ask, config_map, deployment

pytestmark = pytest.mark.loopback


@pytest.mark.parametrize(
    ("metadata", "code", "field"),
    [
        pytest.param({}, 422, "metadata.name: Required value", id="no name"),
        pytest.param({"name": "A_b"}, 422, "metadata.name: Invalid value", id="a wrong name"),
        pytest.param(
            {"name": "a", "labels": {"b": "c d"}}, 422, "metadata.labels", id="a wrong label"
        ),
        pytest.param(
            {"name": "a", "ownerReferences": [{"kind": "X", "name": "x", "apiVersion": "v1"}]},
            422,
            "metadata.ownerReferences[0].uid",
            id="an owner without a uid",
        ),
        pytest.param({"name": "a", "namespace": "b"}, 400, "namespace", id="another namespace"),
        pytest.param({"name": "a", "resourceVersion": "1"}, 500, "resourceVersion", id="a version"),
    ],
)
def test_metadata_is_refused(
    apiserver: Server, metadata: dict[str, Any], code: int, field: str
) -> None:
    answer = ask(apiserver, "POST", MAPS, {"metadata": metadata})

    assert answer.code == code
    assert field in answer.body["message"]


def test_nothing_is_created_in_a_namespace_that_is_not_there(apiserver: Server) -> None:
    answer = ask(apiserver, "POST", "/api/v1/namespaces/shop/configmaps", config_map("one"))

    assert answer.code == 404
    assert answer.body["message"] == 'namespaces "shop" not found'


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        pytest.param("GET", "/api/v1/things", None, 404, id="a kind that is not served"),
        pytest.param("POST", f"{MAPS}/one", {}, 405, id="creating at an object's path"),
        pytest.param("POST", MAPS, b"{", 400, id="no JSON"),
        pytest.param("POST", MAPS, [], 400, id="no object"),
        pytest.param("POST", CANARIES, {"metadata": {"name": "a"}}, 400, id="without a kind"),
        pytest.param("POST", CANARIES, deployment(), 400, id="of another kind"),
        pytest.param("POST", DEPLOYMENTS, {"spec": "x"}, 400, id="with a spec that is a text"),
        pytest.param("PUT", f"{MAPS}/one", {"data": {}}, 404, id="replacing nothing"),
        pytest.param("GET", f"{MAPS}?limit=x", None, 400, id="with a limit that is no number"),
        pytest.param("GET", f"{MAPS}?continue=x", None, 400, id="with a token that is none"),
    ],
)
def test_a_request_is_refused(
    apiserver: Server, method: str, path: str, body: object, code: int
) -> None:
    answer = ask(apiserver, method, path, body)

    assert answer.code == code
    assert answer.body["kind"] == "Status"
    assert answer.body["status"] == "Failure"


def test_a_group_that_is_not_served_is_answered_in_plain_text(apiserver: Server) -> None:
    answer = ask(apiserver, "GET", "/apis/no.such/v1/things")

    assert (answer.code, answer.body) == (404, {"text": "404 page not found\n"})


def test_protobuf_is_refused_as_a_media_type(apiserver: Server) -> None:
    protobuf = "application/vnd.kubernetes.protobuf"

    assert ask(apiserver, "POST", MAPS, b"k8s", content_type=protobuf).code == 415
