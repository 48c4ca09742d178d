"""Writes that lost a race, or mean another object."""

from tests.cluster.conformance.asking import Api
from tests.cluster.conformance.kinds import config_map, widget


def a_name_is_taken(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    api.post(api.path("configmaps"), config_map())


def a_name_is_taken_in_a_custom_kind(api: Api) -> None:
    api.post(api.path("widgets"), widget())
    api.post(api.path("widgets"), widget())


def a_replace_from_a_stale_version(api: Api) -> None:
    first = api.post(api.path("configmaps"), config_map()).body
    first["data"] = {"a": "2"}
    api.put(api.path("configmaps", "one"), first)
    api.put(api.path("configmaps", "one"), first)


def a_replace_of_a_custom_object_from_a_stale_version(api: Api) -> None:
    first = api.post(api.path("widgets"), widget()).body
    first["spec"]["size"] = 2
    api.put(api.path("widgets", "one"), first)
    api.put(api.path("widgets", "one"), first)


def a_replace_of_a_custom_object_without_a_version(api: Api) -> None:
    api.post(api.path("widgets"), widget())
    api.put(api.path("widgets", "one"), widget(size=2))


def a_patch_from_a_stale_version(api: Api) -> None:
    first = api.post(api.path("configmaps"), config_map()).metadata
    api.patch(api.path("configmaps", "one"), {"data": {"a": "2"}})
    stale = {"metadata": {"resourceVersion": first["resourceVersion"]}, "data": {"a": "3"}}
    api.patch(api.path("configmaps", "one"), stale)


def a_status_from_a_stale_version(api: Api) -> None:
    first = api.post(api.path("widgets"), widget()).body
    api.patch(api.path("widgets", "one"), {"spec": {"size": 2}})
    api.put(api.path("widgets", "one", "status"), {**first, "status": {"phase": "Late"}})


def a_patch_of_another_uid(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    other = {"metadata": {"uid": "00000000-0000-0000-0000-000000000001"}}
    api.patch(api.path("configmaps", "one"), other)


def a_replace_of_another_uid(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    api.put(api.path("configmaps", "one"), config_map(uid="00000000-0000-0000-0000-000000000001"))


def a_deletion_of_another_uid(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    other = {"preconditions": {"uid": "00000000-0000-0000-0000-000000000001"}}
    api.delete(api.path("configmaps", "one"), other)


def a_deletion_of_another_version(api: Api) -> None:
    first = api.post(api.path("configmaps"), config_map()).metadata
    api.patch(api.path("configmaps", "one"), {"data": {"a": "2"}})
    stale = {"preconditions": {"resourceVersion": first["resourceVersion"]}}
    answer = api.delete(api.path("configmaps", "one"), stale, quiet=True)
    message = answer.body["message"].replace(first["resourceVersion"], "<stale>")
    api.note("what it says", (answer.code, answer.body["reason"], message.split("<stale>")[0]))


def a_deletion_that_meets_its_preconditions(api: Api) -> None:
    first = api.post(api.path("configmaps"), config_map()).metadata
    both = {"uid": first["uid"], "resourceVersion": first["resourceVersion"]}
    api.delete(api.path("configmaps", "one"), {"preconditions": both})


def a_creation_with_a_version(api: Api) -> None:
    api.post(api.path("configmaps"), config_map(resourceVersion="1"))


def a_replace_under_another_name(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    api.put(api.path("configmaps", "one"), config_map("two"))


def a_replace_without_a_name(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    api.put(api.path("configmaps", "one"), {"data": {}})


def a_patch_of_the_name(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    api.patch(api.path("configmaps", "one"), {"metadata": {"name": "two"}})


def an_object_of_another_namespace(api: Api) -> None:
    api.post(api.path("configmaps"), config_map(namespace="other"))
