"""The embedded API server: server-side apply, and who owns which field."""

from typing import Any

import pytest

from infra.local.apiserver.server import Server
from tests.lab.raw_http import (
    CANARIES,
    DEPLOYMENTS,
    MAPS,
    MERGE,
    Answer,
    ask,
    canary,
    config_map,
    deployment,
)

pytestmark = pytest.mark.loopback

_APPLY = "application/apply-patch+yaml"


def _apply(
    server: Server, path: str, body: object, manager: str = "ci", *, force: bool = False
) -> Answer:
    query = f"?fieldManager={manager}&force={str(force).lower()}"
    return ask(server, "PATCH", path + query, body, content_type=_APPLY)


def _map(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": data}


def _owned(answer: Answer) -> dict[str, Any]:
    """What each manager owns."""
    entries = answer.body["metadata"].get("managedFields", [])
    return {f"{entry['manager']} {entry['operation']}": entry["fieldsV1"] for entry in entries}


def test_an_object_is_made_of_what_is_applied(apiserver: Server) -> None:
    answer = _apply(apiserver, f"{MAPS}/one", _map(a="1"))

    assert answer.code == 201
    assert answer.body["data"] == {"a": "1"}
    assert _owned(answer) == {"ci Apply": {"f:data": {"f:a": {}}}}


def test_yaml_is_read(apiserver: Server) -> None:
    body = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\ndata:\n  day: 2026-11-25\n"

    answer = ask(apiserver, "PATCH", f"{MAPS}/one?fieldManager=ci", body, content_type=_APPLY)

    assert answer.body["data"] == {"day": "2026-11-25"}


def test_what_is_no_longer_applied_goes(apiserver: Server) -> None:
    _apply(apiserver, f"{MAPS}/one", _map(a="1", b="1"))

    answer = _apply(apiserver, f"{MAPS}/one", _map(a="1"))

    assert answer.code == 200
    assert answer.body["data"] == {"a": "1"}


def test_what_somebody_else_owns_too_stays(apiserver: Server) -> None:
    _apply(apiserver, f"{MAPS}/one", _map(a="1", b="1"))
    _apply(apiserver, f"{MAPS}/one", _map(b="1"), "shop")

    answer = _apply(apiserver, f"{MAPS}/one", _map(a="1"))

    assert answer.body["data"] == {"a": "1", "b": "1"}
    assert _owned(answer) == {
        "ci Apply": {"f:data": {"f:a": {}}},
        "shop Apply": {"f:data": {"f:b": {}}},
    }


def test_a_value_that_another_one_wants_otherwise_is_a_conflict(apiserver: Server) -> None:
    _apply(apiserver, f"{MAPS}/one", _map(a="1", b="1"))

    answer = _apply(apiserver, f"{MAPS}/one", _map(a="2", b="2"), "shop")

    assert answer.code == 409
    # as a kube-apiserver 1.37.2 says it
    assert answer.body["message"] == (
        'Apply failed with 2 conflicts: conflicts with "ci":\n- .data.a\n- .data.b'
    )
    assert answer.body["details"]["causes"][0] == {
        "reason": "FieldManagerConflict",
        "message": 'conflict with "ci"',
        "field": ".data.a",
    }
    assert ask(apiserver, "GET", f"{MAPS}/one").body["data"] == {"a": "1", "b": "1"}


def test_force_takes_the_field(apiserver: Server) -> None:
    _apply(apiserver, f"{MAPS}/one", _map(a="1", b="1"))

    answer = _apply(apiserver, f"{MAPS}/one", _map(a="2"), "shop", force=True)

    assert answer.body["data"] == {"a": "2", "b": "1"}
    assert _owned(answer) == {
        "ci Apply": {"f:data": {"f:b": {}}},
        "shop Apply": {"f:data": {"f:a": {}}},
    }


def test_who_writes_a_field_owns_it(apiserver: Server) -> None:
    _apply(apiserver, f"{MAPS}/one", _map(a="1"))
    change, path = {"data": {"a": "2"}}, f"{MAPS}/one?fieldManager=hand"
    written = ask(apiserver, "PATCH", path, change, content_type=MERGE)

    answer = _apply(apiserver, f"{MAPS}/one", _map(a="3"))

    assert _owned(written) == {"hand Update": {"f:data": {"f:a": {}}}}
    assert answer.code == 409
    assert answer.body["message"] == (
        'Apply failed with 1 conflict: conflict with "hand" using v1: .data.a'
    )


def test_a_field_that_is_not_applied_is_left_to_others(apiserver: Server) -> None:
    _apply(apiserver, f"{DEPLOYMENTS}/web", deployment())
    ask(apiserver, "PATCH", f"{DEPLOYMENTS}/web", {"spec": {"replicas": 4}}, content_type=MERGE)

    answer = _apply(apiserver, f"{DEPLOYMENTS}/web", deployment())

    assert answer.body["spec"]["replicas"] == 4


def test_the_items_of_a_list_have_their_own_owners(apiserver: Server) -> None:
    _apply(apiserver, f"{DEPLOYMENTS}/web", deployment())
    mesh = deployment()
    mesh["spec"]["template"]["spec"]["containers"] = [{"name": "proxy", "image": "envoy:1"}]

    both = _apply(apiserver, f"{DEPLOYMENTS}/web", mesh, "mesh")
    mesh["spec"]["template"]["spec"]["containers"] = []
    one = _apply(apiserver, f"{DEPLOYMENTS}/web", mesh, "mesh")

    def names(answer: Answer) -> list[str]:
        containers = answer.body["spec"]["template"]["spec"]["containers"]
        return [container["name"] for container in containers]

    assert names(both) == ["app", "proxy"]
    assert names(one) == ["app"]


def test_the_schema_of_a_custom_kind_says_how_lists_are_owned(apiserver: Server) -> None:
    hosts = {"port": 80, "hosts": ["one"]}
    _apply(apiserver, f"{CANARIES}/web", canary(service=hosts))

    answer = _apply(apiserver, f"{CANARIES}/web", canary(service=hosts | {"hosts": ["two"]}), "x")

    assert answer.code == 409
    assert answer.body["message"].endswith('conflict with "ci": .spec.service.hosts')


def test_the_first_apply_meets_what_was_there_before(apiserver: Server) -> None:
    ask(apiserver, "POST", f"{MAPS}?fieldManager=hand", config_map("one"))

    answer = _apply(apiserver, f"{MAPS}/one", _map(b="1"))

    assert answer.body["data"] == {"a": "1", "b": "1"}
    assert set(_owned(answer)) == {"ci Apply", "hand Update"}


def test_the_same_apply_again_is_no_write(apiserver: Server) -> None:
    first = _apply(apiserver, f"{DEPLOYMENTS}/web", deployment())

    again = _apply(apiserver, f"{DEPLOYMENTS}/web", deployment())

    assert again.body == first.body


def test_an_applied_status_stands_beside_an_applied_spec(apiserver: Server) -> None:
    _apply(apiserver, f"{CANARIES}/web", canary())
    status = {key: canary()[key] for key in ("apiVersion", "kind", "metadata")}
    status["status"] = {"phase": "Failed"}

    answer = _apply(apiserver, f"{CANARIES}/web/status", status, "robot")

    assert answer.body["status"] == {"phase": "Failed"}
    assert _owned(answer)["robot Apply"] == {"f:status": {"f:phase": {}}}
    assert "targetRef" in answer.body["spec"]


def test_a_dry_run_says_what_would_come_of_it(apiserver: Server) -> None:
    path = f"{MAPS}/one?fieldManager=ci&dryRun=All"

    answer = ask(apiserver, "PATCH", path, _map(a="1"), content_type=_APPLY)

    assert answer.code == 201
    assert answer.body["data"] == {"a": "1"}
    assert ask(apiserver, "GET", f"{MAPS}/one").code == 404


@pytest.mark.parametrize(
    ("change", "query", "code", "told"),
    [
        pytest.param({}, "", 422, "is required for apply patch", id="no manager"),
        pytest.param({"kind": "Secret"}, "x", 400, "invalid object type", id="another kind"),
        pytest.param({"metadata": {}}, "x", 400, "name must be provided", id="no name"),
        pytest.param({"metadata": {"name": "x"}}, "x", 400, "does not match", id="another name"),
        pytest.param({"daata": {}}, "x", 500, ".daata: field not declared", id="unknown field"),
        pytest.param(
            {"metadata": {"name": "one", "managedFields": []}},
            "x",
            400,
            "metadata.managedFields must be nil",
            id="managed fields",
        ),
    ],
)
def test_an_apply_is_refused(
    apiserver: Server, change: dict[str, Any], query: str, code: int, told: str
) -> None:
    path = f"{MAPS}/one?fieldManager={query}"

    answer = ask(apiserver, "PATCH", path, _map() | change, content_type=_APPLY)

    assert answer.code == code
    assert told in answer.body["message"]


def test_only_an_apply_can_be_forced(apiserver: Server) -> None:
    ask(apiserver, "POST", MAPS, config_map("one"))

    answer = ask(apiserver, "PATCH", f"{MAPS}/one?force=true", {}, content_type=MERGE)

    assert answer.code == 422
    assert "may not be specified for non-apply patch" in answer.body["message"]
