"""Status, scale, and the other parts of objects."""

from tests.cluster.conformance.asking import JSON_PATCH, Api
from tests.cluster.conformance.kinds import config_map, widget, workload


def a_status_is_not_created_with_its_object(api: Api) -> None:
    api.post(api.path("widgets"), {**widget(), "status": {"phase": "Ready"}})


def a_status_is_read_by_itself(api: Api) -> None:
    api.post(api.path("widgets"), widget())
    api.get(api.path("widgets", "one", "status"))


def a_status_is_patched_and_nothing_else_with_it(api: Api) -> None:
    api.post(api.path("widgets"), widget())
    change = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"size": 5},
        "status": {"phase": "Ready"},
    }
    api.patch(api.path("widgets", "one", "status"), change)
    api.get(api.path("widgets", "one"))


def a_status_is_replaced(api: Api) -> None:
    first = api.post(api.path("widgets"), widget()).body
    api.put(api.path("widgets", "one", "status"), {**first, "status": {"phase": "Ready"}})


def a_status_is_patched_by_operations(api: Api) -> None:
    api.post(api.path("widgets"), widget())
    change = [{"op": "add", "path": "/status", "value": {"phase": "Ready"}}]
    api.patch(api.path("widgets", "one", "status"), change, JSON_PATCH)


def a_change_of_the_object_leaves_its_status(api: Api) -> None:
    api.post(api.path("widgets"), widget())
    api.patch(api.path("widgets", "one", "status"), {"status": {"phase": "Ready"}})
    api.patch(api.path("widgets", "one"), {"spec": {"size": 2}, "status": {"phase": "Other"}})


def a_wrong_status_is_refused(api: Api) -> None:
    api.post(api.path("widgets"), widget())
    api.patch(api.path("widgets", "one", "status"), {"status": {"phase": 5}})


def a_status_is_not_deleted_or_created(api: Api) -> None:
    api.post(api.path("widgets"), widget())
    api.delete(api.path("widgets", "one", "status"))
    api.post(api.path("widgets", "one", "status"), widget())


def a_kind_without_a_status(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    api.get(api.path("configmaps", "one", "status"))


def a_part_that_does_not_exist(api: Api) -> None:
    api.post(api.path("widgets"), widget())
    api.get(api.path("widgets", "one", "shape"))


def a_status_of_what_is_not_there(api: Api) -> None:
    api.patch(api.path("widgets", "one", "status"), {"status": {"phase": "Ready"}})


def a_scale_of_a_custom_object(api: Api) -> None:
    api.post(api.path("widgets"), widget(replicas=2))
    status = {"status": {"replicas": 1, "selector": "a=b"}}
    api.patch(api.path("widgets", "one", "status"), status)
    api.get(api.path("widgets", "one", "scale"))
    api.patch(api.path("widgets", "one", "scale"), {"spec": {"replicas": 3}})
    api.get(api.path("widgets", "one"))


def a_scale_is_replaced(api: Api) -> None:
    api.post(api.path("widgets"), widget(replicas=2))
    scale = api.get(api.path("widgets", "one", "scale")).body
    api.put(api.path("widgets", "one", "scale"), {**scale, "spec": {"replicas": 4}})
    api.put(api.path("widgets", "one", "scale"), {**scale, "spec": {"replicas": 5}})


def a_scale_below_zero(api: Api) -> None:
    api.post(api.path("widgets"), widget(replicas=2))
    api.patch(api.path("widgets", "one", "scale"), {"spec": {"replicas": -1}})


def a_scale_of_an_object_without_replicas(api: Api) -> None:
    api.post(api.path("widgets"), widget())
    api.get(api.path("widgets", "one", "scale"))


def a_scale_of_a_deployment(api: Api) -> None:
    api.post(api.path("deployments"), workload(replicas=0, paused=True), quiet=True)
    scale = api.get(api.path("deployments", "web", "scale"), quiet=True).body
    api.note("scale", {"spec": scale["spec"], "status": scale["status"]})
    changed = api.patch(
        api.path("deployments", "web", "scale"), {"spec": {"replicas": 2}}, quiet=True
    )
    api.note("changed", (changed.code, changed.body["kind"], changed.body["spec"]))
    api.note("type", {key: scale[key] for key in ("apiVersion", "kind")})


def a_scale_of_a_kind_that_has_none(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    api.get(api.path("configmaps", "one", "scale"))
