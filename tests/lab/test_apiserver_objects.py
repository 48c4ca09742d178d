"""The embedded API server: what a write does to an object, through the kubernetes client."""

from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client

from infra.local.apiserver.server import Server
from tests.lab.raw_http import CANARIES, DEPLOYMENTS, MAPS, ask, canary, config_map, deployment

pytestmark = pytest.mark.loopback

_DEPLOYMENTS = ("apps", "v1", "default", "deployments")
_CANARIES = ("flagger.app", "v1beta1", "default", "canaries")


@pytest.fixture
def objects(apiserver: Server) -> Iterator[client.CustomObjectsApi]:
    configuration = client.Configuration(host=apiserver.url)
    configuration.retries = False
    with client.ApiClient(configuration) as api:
        yield client.CustomObjectsApi(api)
        api.rest_client.pool_manager.clear()


def test_a_new_object_gets_what_only_the_server_can_give(objects: client.CustomObjectsApi) -> None:
    created: Any = objects.create_namespaced_custom_object(*_DEPLOYMENTS, deployment())

    metadata = created["metadata"]
    assert len(metadata["uid"]) == 36
    assert metadata["creationTimestamp"].endswith("Z")
    assert metadata["generation"] == 1
    assert int(metadata["resourceVersion"]) > 0


def test_a_second_object_of_a_name_already_exists(objects: client.CustomObjectsApi) -> None:
    objects.create_namespaced_custom_object(*_DEPLOYMENTS, deployment())

    with pytest.raises(client.ApiException) as refused:
        objects.create_namespaced_custom_object(*_DEPLOYMENTS, deployment())

    assert refused.value.status == 409
    assert '"reason":"AlreadyExists"' in str(refused.value.body)
    assert 'deployments.apps \\"web\\" already exists' in str(refused.value.body)


def test_an_object_that_is_not_there_is_not_found(objects: client.CustomObjectsApi) -> None:
    with pytest.raises(client.ApiException) as refused:
        objects.get_namespaced_custom_object(*_DEPLOYMENTS, "web")

    assert refused.value.status == 404
    assert '"reason":"NotFound"' in str(refused.value.body)


def test_a_replace_from_a_stale_version_is_a_conflict(objects: client.CustomObjectsApi) -> None:
    first: Any = objects.create_namespaced_custom_object(*_CANARIES, canary())
    first["spec"]["suspend"] = True
    objects.replace_namespaced_custom_object(*_CANARIES, "web", first)

    with pytest.raises(client.ApiException) as refused:
        objects.replace_namespaced_custom_object(*_CANARIES, "web", first)

    assert refused.value.status == 409
    assert '"reason":"Conflict"' in str(refused.value.body)


def test_a_patch_from_a_stale_version_is_a_conflict(objects: client.CustomObjectsApi) -> None:
    first: Any = objects.create_namespaced_custom_object(*_CANARIES, canary())
    stale = {"resourceVersion": first["metadata"]["resourceVersion"]}
    objects.patch_namespaced_custom_object(*_CANARIES, "web", {"spec": {"suspend": True}})

    with pytest.raises(client.ApiException) as refused:
        objects.patch_namespaced_custom_object(
            *_CANARIES, "web", {"metadata": stale, "spec": {"suspend": False}}
        )

    assert refused.value.status == 409


def test_a_custom_object_is_not_replaced_without_a_version(apiserver: Server) -> None:
    ask(apiserver, "POST", CANARIES, canary())

    answer = ask(apiserver, "PUT", f"{CANARIES}/web", canary())

    assert answer.code == 422
    assert "metadata.resourceVersion" in answer.body["message"]


def test_another_uid_is_a_conflict(apiserver: Server) -> None:
    ask(apiserver, "POST", MAPS, config_map("one"))
    other = config_map("one")
    other["metadata"]["uid"] = "another"

    assert ask(apiserver, "PUT", f"{MAPS}/one", other).code == 409


@pytest.mark.parametrize("metadata", [{}, {"name": "two"}, {"name": "one", "namespace": "shop"}])
def test_a_replace_names_what_it_replaces(apiserver: Server, metadata: dict[str, str]) -> None:
    ask(apiserver, "POST", MAPS, config_map("one"))

    assert ask(apiserver, "PUT", f"{MAPS}/one", {"metadata": metadata}).code == 400


def test_a_write_that_changes_nothing_is_no_write(apiserver: Server) -> None:
    first = ask(apiserver, "POST", MAPS, config_map("one")).body

    again = ask(apiserver, "PUT", f"{MAPS}/one", config_map("one")).body

    assert again == first


def test_identity_survives_a_replace(apiserver: Server) -> None:
    first = ask(apiserver, "POST", MAPS, config_map("one")).body["metadata"]
    second = ask(apiserver, "PUT", f"{MAPS}/one", config_map("one", new="x")).body["metadata"]

    assert second["uid"] == first["uid"]
    assert second["creationTimestamp"] == first["creationTimestamp"]
    assert int(second["resourceVersion"]) > int(first["resourceVersion"])


@pytest.mark.parametrize(
    ("change", "generation"),
    [
        pytest.param({"spec": {"replicas": 3}}, 2, id="spec"),
        pytest.param({"metadata": {"annotations": {"a": "b"}}}, 2, id="annotations"),
        pytest.param({"metadata": {"labels": {"a": "b"}}}, 1, id="labels"),
        pytest.param({"status": {"replicas": 3}}, 1, id="status"),
    ],
)
def test_the_generation_of_a_deployment_moves_with(
    objects: client.CustomObjectsApi, change: dict[str, Any], generation: int
) -> None:
    objects.create_namespaced_custom_object(*_DEPLOYMENTS, deployment())

    changed: Any = objects.patch_namespaced_custom_object(*_DEPLOYMENTS, "web", change)

    assert changed["metadata"]["generation"] == generation


@pytest.mark.parametrize(
    ("change", "generation"),
    [
        pytest.param({"spec": {"suspend": True}}, 2, id="spec"),
        pytest.param({"metadata": {"annotations": {"a": "b"}}}, 1, id="annotations"),
        pytest.param({"metadata": {"labels": {"a": "b"}}}, 1, id="labels"),
    ],
)
def test_the_generation_of_a_custom_object_moves_with(
    objects: client.CustomObjectsApi, change: dict[str, Any], generation: int
) -> None:
    objects.create_namespaced_custom_object(*_CANARIES, canary())

    changed: Any = objects.patch_namespaced_custom_object(*_CANARIES, "web", change)

    assert changed["metadata"]["generation"] == generation


def test_the_status_is_written_apart_from_the_rest(objects: client.CustomObjectsApi) -> None:
    objects.create_namespaced_custom_object(
        *_CANARIES, canary() | {"status": {"phase": "Succeeded"}}
    )
    both = {"spec": {"suspend": True}, "status": {"phase": "Progressing"}}

    whole: Any = objects.patch_namespaced_custom_object(*_CANARIES, "web", both)
    status: Any = objects.patch_namespaced_custom_object_status(
        *_CANARIES, "web", {"spec": {"suspend": False}, "status": {"phase": "Failed"}}
    )

    assert "status" not in whole
    assert status["status"] == {"phase": "Failed"}
    assert status["spec"]["suspend"] is True
    assert status["metadata"]["generation"] == 2


def test_a_write_of_the_rest_keeps_the_status(objects: client.CustomObjectsApi) -> None:
    objects.create_namespaced_custom_object(*_CANARIES, canary())
    failed = {"status": {"phase": "Failed"}}
    objects.patch_namespaced_custom_object_status(*_CANARIES, "web", failed)

    both = {"spec": {"suspend": True}, "status": {"phase": "Succeeded"}}
    changed: Any = objects.patch_namespaced_custom_object(*_CANARIES, "web", both)

    assert changed["status"] == {"phase": "Failed"}


def test_the_controller_numbers_a_deployment_without_moving_it(
    objects: client.CustomObjectsApi,
) -> None:
    objects.create_namespaced_custom_object(*_DEPLOYMENTS, deployment())
    numbered = {"metadata": {"annotations": {"deployment.kubernetes.io/revision": "1"}}}

    changed: Any = objects.patch_namespaced_custom_object_status(*_DEPLOYMENTS, "web", numbered)

    assert changed["metadata"]["annotations"] == numbered["metadata"]["annotations"]
    assert changed["metadata"]["generation"] == 1


def test_the_scale_changes_the_replicas(objects: client.CustomObjectsApi) -> None:
    objects.create_namespaced_custom_object(*_DEPLOYMENTS, deployment())

    scaled: Any = objects.patch_namespaced_custom_object_scale(
        *_DEPLOYMENTS, "web", {"spec": {"replicas": 5}}
    )
    found: Any = objects.get_namespaced_custom_object(*_DEPLOYMENTS, "web")

    assert scaled["kind"] == "Scale"
    assert scaled["status"]["selector"] == "app=web"
    assert found["spec"]["replicas"] == 5


def test_a_stale_scale_is_a_conflict(apiserver: Server) -> None:
    ask(apiserver, "POST", DEPLOYMENTS, deployment())
    first = ask(apiserver, "GET", f"{DEPLOYMENTS}/web/scale").body
    ask(apiserver, "PUT", f"{DEPLOYMENTS}/web/scale", first | {"spec": {"replicas": 2}})

    stale = ask(apiserver, "PUT", f"{DEPLOYMENTS}/web/scale", first | {"spec": {"replicas": 3}})

    assert stale.code == 409


def test_names_are_generated(apiserver: Server) -> None:
    body = {"metadata": {"generateName": "one-"}}

    names = {ask(apiserver, "POST", MAPS, body).body["metadata"]["name"] for _ in range(3)}

    assert len(names) == 3
    assert all(name.startswith("one-") and len(name) == 9 for name in names)


def test_a_dry_run_stores_nothing(apiserver: Server) -> None:
    answer = ask(apiserver, "POST", f"{MAPS}?dryRun=All", config_map("one"))

    assert answer.code == 201
    assert ask(apiserver, "GET", f"{MAPS}/one").code == 404
