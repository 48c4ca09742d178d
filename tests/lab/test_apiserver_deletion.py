"""The embedded API server: how objects end, and what goes with them."""

from typing import Any

import pytest

from infra.local.apiserver.server import Server
from tests.lab.raw_http import CRDS, DEPLOYMENTS, MAPS, MERGE, ask, config_map, deployment

pytestmark = pytest.mark.loopback

_PODS = "/api/v1/namespaces/default/pods"
_NAMESPACES = "/api/v1/namespaces"


def _owned(name: str, *owners: dict[str, Any]) -> dict[str, Any]:
    references = [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": one["name"], "uid": one["uid"]}
        for one in owners
    ]
    return {"metadata": {"name": name, "ownerReferences": references}}


def _created(server: Server, body: dict[str, Any], path: str = MAPS) -> dict[str, Any]:
    metadata: dict[str, Any] = ask(server, "POST", path, body).body["metadata"]
    return metadata


def _code(server: Server, path: str) -> int:
    return ask(server, "GET", path).code


def test_a_deletion_is_told_as_a_success(apiserver: Server) -> None:
    uid = _created(apiserver, config_map("one"))["uid"]

    answer = ask(apiserver, "DELETE", f"{MAPS}/one")

    assert answer.code == 200
    assert answer.body["status"] == "Success"
    assert answer.body["details"] == {"name": "one", "kind": "configmaps", "uid": uid}
    assert _code(apiserver, f"{MAPS}/one") == 404


def test_a_finalizer_holds_an_object_back_until_it_is_taken_away(apiserver: Server) -> None:
    _created(apiserver, {"metadata": {"name": "one", "finalizers": ["lab/hold"]}})

    deleted = ask(apiserver, "DELETE", f"{MAPS}/one").body
    held = ask(apiserver, "GET", f"{MAPS}/one")
    free = {"metadata": {"finalizers": None}}
    ask(apiserver, "PATCH", f"{MAPS}/one", free, content_type=MERGE)

    assert "deletionTimestamp" in deleted["metadata"]
    assert held.code == 200
    assert _code(apiserver, f"{MAPS}/one") == 404


def test_what_is_dying_gets_no_new_finalizers(apiserver: Server) -> None:
    _created(apiserver, {"metadata": {"name": "one", "finalizers": ["lab/hold"]}})
    ask(apiserver, "DELETE", f"{MAPS}/one")

    more = {"metadata": {"finalizers": ["lab/hold", "lab/more"]}}
    answer = ask(apiserver, "PATCH", f"{MAPS}/one", more, content_type=MERGE)

    assert answer.code == 422
    assert "metadata.finalizers: Forbidden" in answer.body["message"]


def test_dependents_go_with_their_owner(apiserver: Server) -> None:
    owner = _created(apiserver, config_map("owner"))
    child = _created(apiserver, _owned("child", owner))
    _created(apiserver, _owned("grandchild", child))

    ask(apiserver, "DELETE", f"{MAPS}/owner")

    assert ask(apiserver, "GET", MAPS).body["items"] == []


def test_a_dependent_stays_while_another_owner_does(apiserver: Server) -> None:
    owners = [_created(apiserver, config_map(name)) for name in ("one", "two")]
    _created(apiserver, _owned("child", *owners))

    ask(apiserver, "DELETE", f"{MAPS}/one")
    after_one = _code(apiserver, f"{MAPS}/child")
    ask(apiserver, "DELETE", f"{MAPS}/two")

    assert after_one == 200
    assert _code(apiserver, f"{MAPS}/child") == 404


def test_orphans_stay_without_an_owner(apiserver: Server) -> None:
    owner = _created(apiserver, config_map("owner"))
    _created(apiserver, _owned("child", owner))

    ask(apiserver, "DELETE", f"{MAPS}/owner", {"propagationPolicy": "Orphan"})

    child = ask(apiserver, "GET", f"{MAPS}/child")
    assert child.code == 200
    assert "ownerReferences" not in child.body["metadata"]


def test_who_is_created_without_a_living_owner_is_collected(apiserver: Server) -> None:
    owner = _created(apiserver, config_map("owner"))
    ask(apiserver, "DELETE", f"{MAPS}/owner")

    late = ask(apiserver, "POST", MAPS, _owned("child", owner))

    assert late.code == 201
    assert _code(apiserver, f"{MAPS}/child") == 404


@pytest.mark.parametrize("field", ["uid", "resourceVersion"])
def test_a_deletion_can_be_bound_to_one_object(apiserver: Server, field: str) -> None:
    found = _created(apiserver, config_map("one"))

    wrong = ask(apiserver, "DELETE", f"{MAPS}/one", {"preconditions": {field: "0"}})
    right = ask(apiserver, "DELETE", f"{MAPS}/one", {"preconditions": {field: found[field]}})

    assert wrong.code == 409
    assert wrong.body["reason"] == "Conflict"
    assert right.code == 200


def test_a_dry_deletion_deletes_nothing(apiserver: Server) -> None:
    _created(apiserver, config_map("one"))

    ask(apiserver, "DELETE", f"{MAPS}/one?dryRun=All")

    assert _code(apiserver, f"{MAPS}/one") == 200


def test_a_collection_is_deleted_by_selector(apiserver: Server) -> None:
    for name, app in (("one", "a"), ("two", "a"), ("three", "b")):
        _created(apiserver, config_map(name, app=app))

    ask(apiserver, "DELETE", f"{MAPS}?labelSelector=app%3Da")

    left = ask(apiserver, "GET", MAPS).body["items"]
    assert [item["metadata"]["name"] for item in left] == ["three"]


def _pod() -> dict[str, Any]:
    return {
        "metadata": {"name": "one"},
        "spec": {"containers": [{"name": "app", "image": "app:1"}]},
    }


def _bind(server: Server) -> int:
    target = {"target": {"kind": "Node", "name": "lab"}}
    return ask(server, "POST", f"{_PODS}/one/binding", target).code


def test_a_pod_is_bound_to_a_node_once(apiserver: Server) -> None:
    _created(apiserver, _pod(), _PODS)

    assert _bind(apiserver) == 201
    assert _bind(apiserver) == 409
    assert ask(apiserver, "GET", f"{_PODS}/one").body["spec"]["nodeName"] == "lab"


def test_a_pod_without_a_node_goes_at_once(apiserver: Server) -> None:
    _created(apiserver, _pod(), _PODS)

    ask(apiserver, "DELETE", f"{_PODS}/one")

    assert _code(apiserver, f"{_PODS}/one") == 404


def test_a_pod_on_a_node_is_only_marked_until_its_kubelet_is_done(apiserver: Server) -> None:
    _created(apiserver, _pod(), _PODS)
    _bind(apiserver)

    marked = ask(apiserver, "DELETE", f"{_PODS}/one").body["metadata"]
    held = _code(apiserver, f"{_PODS}/one")
    ask(apiserver, "DELETE", f"{_PODS}/one", {"gracePeriodSeconds": 0})

    assert marked["deletionGracePeriodSeconds"] == 30
    assert held == 200
    assert _code(apiserver, f"{_PODS}/one") == 404


def test_a_namespace_takes_its_contents_along(apiserver: Server) -> None:
    _created(apiserver, {"metadata": {"name": "shop"}}, _NAMESPACES)
    shop = DEPLOYMENTS.replace("default", "shop")
    _created(apiserver, deployment(), shop)

    ask(apiserver, "DELETE", f"{_NAMESPACES}/shop")

    assert _code(apiserver, f"{_NAMESPACES}/shop") == 404
    assert ask(apiserver, "GET", shop).body["items"] == []


def test_a_namespace_waits_for_what_is_held_back_in_it(apiserver: Server) -> None:
    _created(apiserver, {"metadata": {"name": "shop"}}, _NAMESPACES)
    shop = MAPS.replace("default", "shop")
    _created(apiserver, {"metadata": {"name": "one", "finalizers": ["lab/hold"]}}, shop)

    ask(apiserver, "DELETE", f"{_NAMESPACES}/shop")
    waiting = ask(apiserver, "GET", f"{_NAMESPACES}/shop").body
    refused = ask(apiserver, "POST", shop, config_map("two"))
    free: dict[str, Any] = {"metadata": {"finalizers": []}}
    ask(apiserver, "PATCH", f"{shop}/one", free, content_type=MERGE)

    assert waiting["status"]["phase"] == "Terminating"
    assert refused.code == 403
    assert _code(apiserver, f"{_NAMESPACES}/shop") == 404


def test_a_definition_takes_its_objects_along(apiserver: Server) -> None:
    things = "/apis/networking.istio.io/v1/namespaces/default/gateways"
    gateway = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "public"},
    }
    _created(apiserver, gateway, things)

    ask(apiserver, "DELETE", f"{CRDS}/gateways.networking.istio.io")

    assert _code(apiserver, f"{CRDS}/gateways.networking.istio.io") == 404
    assert _code(apiserver, things) == 404
