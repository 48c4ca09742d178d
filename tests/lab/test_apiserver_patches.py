"""The embedded API server: the three kinds of patches."""

from typing import Any

import pytest

from infra.local.apiserver import patch, strategic
from infra.local.apiserver.server import Server
from tests.lab.raw_http import (
    CANARIES,
    DEPLOYMENTS,
    JSON_PATCH,
    MERGE,
    STRATEGIC,
    ask,
    canary,
    deployment,
)


@pytest.mark.parametrize(
    ("value", "change", "result"),
    [
        pytest.param({"a": 1}, {"b": 2}, {"a": 1, "b": 2}, id="adds"),
        pytest.param({"a": 1}, {"a": 2}, {"a": 2}, id="replaces"),
        pytest.param({"a": 1, "b": 2}, {"a": None}, {"b": 2}, id="removes"),
        pytest.param({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}, id="goes deep"),
        pytest.param({"a": [1, 2]}, {"a": [3]}, {"a": [3]}, id="replaces lists"),
        pytest.param({"a": 1}, {"a": {"b": None}}, {"a": {}}, id="turns a value into an object"),
    ],
)
def test_a_merge_patch(value: Any, change: Any, result: Any) -> None:
    assert patch.merged(value, change) == result


def _pod(*containers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"spec": {"containers": list(containers), **fields}}


@pytest.mark.parametrize(
    ("value", "change", "result"),
    [
        pytest.param(
            _pod({"name": "a", "image": "1"}, {"name": "b", "image": "1"}),
            _pod({"name": "b", "image": "2"}),
            _pod({"name": "a", "image": "1"}, {"name": "b", "image": "2"}),
            id="merges containers by name",
        ),
        pytest.param(
            _pod({"name": "a"}),
            _pod({"name": "b"}),
            _pod({"name": "b"}, {"name": "a"}),
            id="puts what is new before the rest",
        ),
        pytest.param(
            _pod({"name": "a", "env": [{"name": "X", "value": "1"}]}),
            _pod({"name": "a", "env": [{"name": "Y", "value": "2"}]}),
            _pod({"name": "a", "env": [{"name": "Y", "value": "2"}, {"name": "X", "value": "1"}]}),
            id="merges env by name",
        ),
        pytest.param(
            _pod({"name": "a", "ports": [{"containerPort": 80}]}),
            _pod({"name": "a", "ports": [{"containerPort": 80, "name": "http"}]}),
            _pod({"name": "a", "ports": [{"containerPort": 80, "name": "http"}]}),
            id="merges ports by number",
        ),
        pytest.param(
            _pod({"name": "a", "command": ["x"]}),
            _pod({"name": "a", "command": None}),
            _pod({"name": "a"}),
            id="removes by null",
        ),
        pytest.param(
            _pod({"name": "a"}, {"name": "b"}),
            _pod({"name": "a", "$patch": "delete"}),
            _pod({"name": "b"}),
            id="deletes by directive",
        ),
        pytest.param(
            _pod({"name": "a"}, {"name": "b"}),
            _pod({"$patch": "replace"}, {"name": "c"}),
            _pod({"name": "c"}),
            id="replaces a list by directive",
        ),
        pytest.param(
            _pod({"name": "a"}, {"name": "b"}),
            {"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}},
            _pod({"name": "b"}, {"name": "a"}),
            id="sets the order",
        ),
        pytest.param(
            {"metadata": {"finalizers": ["a", "b"]}},
            {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}},
            {"metadata": {"finalizers": ["b"]}},
            id="takes values out of a set",
        ),
        pytest.param(
            {"metadata": {"finalizers": ["a"]}},
            {"metadata": {"finalizers": ["a", "b"]}},
            {"metadata": {"finalizers": ["a", "b"]}},
            id="adds values to a set",
        ),
        pytest.param(
            _pod({"name": "a", "args": ["x"]}),
            _pod({"name": "a", "args": ["y"]}),
            _pod({"name": "a", "args": ["y"]}),
            id="replaces plain lists",
        ),
        pytest.param(
            {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}},
            {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}},
            {"spec": {"strategy": {"type": "Recreate"}}},
            id="retains named keys only",
        ),
        pytest.param(
            {"status": {"conditions": [{"type": "A", "status": "False"}]}},
            {"status": {"conditions": [{"type": "A", "status": "True"}]}},
            {"status": {"conditions": [{"type": "A", "status": "True"}]}},
            id="merges conditions by type",
        ),
    ],
)
def test_a_strategic_patch(value: Any, change: Any, result: Any) -> None:
    assert strategic.merged(value, change) == result


@pytest.mark.loopback
def test_a_strategic_patch_sets_one_image(apiserver: Server) -> None:
    ask(apiserver, "POST", DEPLOYMENTS, deployment())
    change = {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "app:2"}]}}}}

    changed = ask(apiserver, "PATCH", f"{DEPLOYMENTS}/web", change, content_type=STRATEGIC).body[
        "spec"
    ]["template"]["spec"]["containers"]

    assert [container["image"] for container in changed] == ["app:2"]
    assert changed[0]["imagePullPolicy"] == "IfNotPresent"


@pytest.mark.loopback
def test_a_json_patch_whose_test_holds_is_applied(apiserver: Server) -> None:
    ask(apiserver, "POST", DEPLOYMENTS, deployment())
    change = [
        {"op": "test", "path": "/metadata/generation", "value": 1},
        {"op": "replace", "path": "/spec/replicas", "value": 4},
    ]

    answer = ask(apiserver, "PATCH", f"{DEPLOYMENTS}/web", change, content_type=JSON_PATCH)

    assert answer.code == 200
    assert answer.body["spec"]["replicas"] == 4


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param(
            [{"op": "test", "path": "/metadata/generation", "value": 9}], 422, id="a failed test"
        ),
        pytest.param([{"op": "remove", "path": "/spec/nothing"}], 422, id="a path not there"),
        pytest.param([{"op": "twist", "path": "/spec"}], 422, id="an unknown operation"),
        pytest.param([{"op": "add", "path": "/spec/replicas"}], 422, id="an add without a value"),
        pytest.param({"spec": {}}, 400, id="no list"),
    ],
)
def test_a_json_patch_is_refused(apiserver: Server, change: Any, code: int) -> None:
    before = ask(apiserver, "POST", DEPLOYMENTS, deployment()).body

    answer = ask(apiserver, "PATCH", f"{DEPLOYMENTS}/web", change, content_type=JSON_PATCH)

    assert answer.code == code
    assert ask(apiserver, "GET", f"{DEPLOYMENTS}/web").body == before


@pytest.mark.loopback
def test_a_merge_patch_keeps_the_identity(apiserver: Server) -> None:
    first = ask(apiserver, "POST", CANARIES, canary()).body
    change = {"metadata": {"creationTimestamp": None, "generation": 7}, "spec": {"suspend": True}}

    changed = ask(apiserver, "PATCH", f"{CANARIES}/web", change, content_type=MERGE).body

    assert changed["metadata"]["creationTimestamp"] == first["metadata"]["creationTimestamp"]
    assert changed["metadata"]["generation"] == 2


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        pytest.param(f"{CANARIES}/web", STRATEGIC, id="strategic, on a custom kind"),
        pytest.param(f"{CANARIES}/web", "application/apply-patch+cbor", id="a binary apply"),
    ],
)
def test_a_patch_is_of_no_served_media_type(
    apiserver: Server, path: str, content_type: str
) -> None:
    ask(apiserver, "POST", CANARIES, canary())

    answer = ask(apiserver, "PATCH", path, {}, content_type=content_type)

    assert answer.code == 415
    assert answer.body["reason"] == "UnsupportedMediaType"
