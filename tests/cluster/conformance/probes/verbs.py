"""Creating, reading, replacing and deleting."""

from tests.cluster.conformance.asking import Api
from tests.cluster.conformance.kinds import config_map, owned_by, secret, service, widget


def an_object_is_created_and_read(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    api.get(api.path("configmaps", "one"))


def a_custom_object_is_created_and_read(api: Api) -> None:
    api.post(api.path("widgets"), widget())
    api.get(api.path("widgets", "one"))


def a_builtin_object_needs_no_type(api: Api) -> None:
    api.post(api.path("configmaps"), {"metadata": {"name": "one"}})


def an_object_is_replaced(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    api.put(api.path("configmaps", "one"), config_map(data={"b": "2"}, labels={"x": "y"}))
    api.get(api.path("configmaps", "one"))


def a_replace_without_a_version_is_taken_by_builtin_kinds(api: Api) -> None:
    api.post(api.path("secrets"), secret())
    api.put(api.path("secrets", "one"), secret(new="label"))


def a_replace_that_changes_nothing_is_no_write(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    api.put(api.path("configmaps", "one"), config_map())


def an_object_is_deleted(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    api.delete(api.path("configmaps", "one"))
    api.get(api.path("configmaps", "one"))


def a_custom_object_is_deleted(api: Api) -> None:
    api.post(api.path("widgets"), widget())
    api.delete(api.path("widgets", "one"))


def a_service_is_deleted(api: Api) -> None:
    api.post(api.path("services"), service(), quiet=True)
    api.delete(api.path("services", "web"))


def a_collection_is_listed(api: Api) -> None:
    for name in ("b", "a"):
        api.post(api.path("secrets"), secret(name), quiet=True)
    api.get(api.path("secrets"))


def a_custom_collection_is_listed(api: Api) -> None:
    for name in ("b", "a"):
        api.post(api.path("widgets"), widget(name), quiet=True)
    api.get(api.path("widgets"))


def an_empty_collection_is_listed(api: Api) -> None:
    api.get(api.path("secrets"))
    api.get(api.path("widgets"))


def a_collection_is_deleted(api: Api) -> None:
    for name, tier in (("a", "x"), ("b", "x"), ("c", "y")):
        api.post(api.path("secrets"), secret(name, tier=tier), quiet=True)
    api.delete(api.path("secrets", query="labelSelector=tier%3Dx"))
    api.get(api.path("secrets"))


def a_name_is_generated(api: Api) -> None:
    body = config_map()
    body["metadata"] = {"generateName": "one-"}
    api.post(api.path("configmaps"), body)


def a_dry_run_creates_nothing(api: Api) -> None:
    api.post(api.path("configmaps", query="dryRun=All"), config_map())
    api.get(api.path("configmaps", "one"))


def a_dry_run_changes_nothing(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    api.patch(api.path("configmaps", "one", query="dryRun=All"), {"data": {"b": "2"}})
    api.put(api.path("configmaps", "one", query="dryRun=All"), config_map(data={}))
    api.get(api.path("configmaps", "one"))


def a_dry_run_deletes_nothing(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    api.delete(api.path("configmaps", "one", query="dryRun=All"))
    api.get(api.path("configmaps", "one"))


def a_dry_run_is_for_all_or_refused(api: Api) -> None:
    api.post(api.path("configmaps", query="dryRun=Some"), config_map())


def a_replace_creates_a_lease_that_is_not_there(api: Api) -> None:
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "one"}}
    api.put(api.path("leases", "one"), lease)


def a_replace_creates_some_other_kinds(api: Api) -> None:
    for plural, body in (
        ("services", service()),
        ("endpoints", {"metadata": {"name": "web"}}),
        ("roles", {"metadata": {"name": "web"}, "rules": []}),
    ):
        answer = api.put(api.path(plural, "web", query="dryRun=All"), body, quiet=True)
        api.note(plural, answer.code)


def a_replace_of_what_is_not_there_creates_nothing(api: Api) -> None:
    api.put(api.path("configmaps", "one"), config_map())
    api.put(api.path("widgets", "one"), widget())


def names_and_owners_are_kept(api: Api) -> None:
    owner = api.post(api.path("widgets"), widget()).body
    api.post(api.path("configmaps"), owned_by(owner, controller=True, blockOwnerDeletion=True))


def what_is_empty_is_left_out(api: Api) -> None:
    body = config_map(labels={}, annotations={}, finalizers=[], ownerReferences=[])
    api.post(api.path("configmaps"), body)
    api.post(api.path("widgets"), widget(metadata={"labels": {}, "annotations": None}))


def what_only_the_server_gives_is_not_taken(api: Api) -> None:
    body = config_map(
        uid="00000000-0000-0000-0000-000000000001",
        creationTimestamp="2001-01-01T00:00:00Z",
        generation=7,
        selfLink="/x",
        deletionTimestamp="2001-01-01T00:00:00Z",
    )
    made = api.post(api.path("configmaps"), body)
    api.note("its own uid", made.metadata["uid"] == body["metadata"]["uid"])
    api.note("its own moment", made.metadata["creationTimestamp"][:4] != "2001")
