"""Merge, JSON and strategic patches."""

from tests.cluster.conformance.asking import JSON_PATCH, MERGE, STRATEGIC, Api
from tests.cluster.conformance.kinds import Tree, config_map, container, service, widget, workload


def a_merge_adds_replaces_and_removes(api: Api) -> None:
    api.post(api.path("configmaps"), config_map(data={"a": "1", "b": "1", "c": "1"}))
    api.patch(api.path("configmaps", "one"), {"data": {"b": "2", "c": None, "d": "1"}})


def a_merge_replaces_lists(api: Api) -> None:
    api.post(api.path("widgets"), widget(tags=["a", "b"], parts=[{"name": "x"}]))
    api.patch(api.path("widgets", "one"), {"spec": {"tags": ["c"], "parts": [{"name": "y"}]}})


def a_merge_of_nothing(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    api.patch(api.path("configmaps", "one"), {})


def a_merge_of_what_is_not_there(api: Api) -> None:
    api.patch(api.path("configmaps", "one"), {"data": {}})
    api.patch(api.path("widgets", "one"), {"spec": {}})


def a_merge_that_is_no_object(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    api.patch(api.path("configmaps", "one"), [1, 2])


def a_merge_that_is_no_json(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    api.ask("PATCH", api.path("configmaps", "one"), "{", type_=MERGE)


def a_merge_cannot_change_the_identity(api: Api) -> None:
    api.post(api.path("widgets"), widget())
    change = {"metadata": {"creationTimestamp": None, "generation": 7, "selfLink": "/x"}}
    api.patch(api.path("widgets", "one"), change)


def operations_are_done_in_order(api: Api) -> None:
    api.post(api.path("configmaps"), config_map(data={"a": "1", "b": "2"}))
    change = [
        {"op": "test", "path": "/data/a", "value": "1"},
        {"op": "replace", "path": "/data/a", "value": "3"},
        {"op": "add", "path": "/data/c", "value": "4"},
        {"op": "copy", "from": "/data/c", "path": "/data/d"},
        {"op": "move", "from": "/data/b", "path": "/data/e"},
        {"op": "remove", "path": "/data/c"},
    ]
    api.patch(api.path("configmaps", "one"), change, JSON_PATCH)


def operations_on_lists(api: Api) -> None:
    api.post(api.path("widgets"), widget(set=["a", "b"]))
    change = [
        {"op": "add", "path": "/spec/set/1", "value": "c"},
        {"op": "add", "path": "/spec/set/-", "value": "d"},
        {"op": "remove", "path": "/spec/set/0"},
    ]
    api.patch(api.path("widgets", "one"), change, JSON_PATCH)


def a_test_that_fails(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    change = [
        {"op": "test", "path": "/data/a", "value": "9"},
        {"op": "replace", "path": "/data/a", "value": "2"},
    ]
    api.patch(api.path("configmaps", "one"), change, JSON_PATCH)
    api.get(api.path("configmaps", "one"))


def a_test_of_the_generation(api: Api) -> None:
    api.post(api.path("widgets"), widget())
    change = [
        {"op": "test", "path": "/metadata/generation", "value": 1},
        {"op": "replace", "path": "/spec/size", "value": 2},
    ]
    api.patch(api.path("widgets", "one"), change, JSON_PATCH)
    api.patch(api.path("widgets", "one"), change, JSON_PATCH)


def a_test_of_what_is_not_there(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    api.patch(
        api.path("configmaps", "one"), [{"op": "test", "path": "/data/z", "value": "1"}], JSON_PATCH
    )


def an_operation_on_what_is_not_there(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    for change in (
        {"op": "remove", "path": "/data/z"},
        {"op": "replace", "path": "/data/z", "value": "1"},
        {"op": "add", "path": "/nothing/z", "value": "1"},
    ):
        api.patch(api.path("configmaps", "one"), [change], JSON_PATCH)


def an_operation_that_nobody_knows(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    api.patch(api.path("configmaps", "one"), [{"op": "twist", "path": "/data"}], JSON_PATCH)


def operations_that_are_no_list(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    api.patch(api.path("configmaps", "one"), {"data": {}}, JSON_PATCH)


def operations_that_leave_no_valid_object(api: Api) -> None:
    api.post(api.path("widgets"), widget())
    api.patch(api.path("widgets", "one"), [{"op": "remove", "path": "/spec/size"}], JSON_PATCH)


def _template(api: Api, before: Tree, change: Tree) -> None:
    """Notes the pod template that a strategic patch makes of a Deployment's."""
    api.post(api.path("deployments"), before, quiet=True)
    body = {"spec": {"template": {"spec": change}}}
    changed = api.patch(api.path("deployments", "web"), body, STRATEGIC, quiet=True)
    api.note("template", changed.body["spec"]["template"]["spec"])


def a_strategic_patch_merges_containers_by_name(api: Api) -> None:
    before = workload("Deployment", container(), container("side"), replicas=0)
    change = {"containers": [{"name": "side", "image": "side:2"}, container("new")]}
    _template(api, before, change)


def a_strategic_patch_merges_what_is_in_containers(api: Api) -> None:
    app = container(
        env=[{"name": "A", "value": "1"}, {"name": "B", "value": "1"}],
        ports=[{"containerPort": 80}],
        args=["a", "b"],
    )
    change = {
        "containers": [
            {
                "name": "app",
                "env": [{"name": "B", "value": "2"}, {"name": "C", "value": "1"}],
                "ports": [{"containerPort": 81, "name": "http"}],
                "args": ["c"],
            }
        ]
    }
    _template(api, workload("Deployment", app, replicas=0), change)


def a_strategic_patch_deletes_an_item(api: Api) -> None:
    before = workload("Deployment", container(), container("side"), replicas=0)
    _template(api, before, {"containers": [{"name": "side", "$patch": "delete"}]})


def a_strategic_patch_replaces_a_list(api: Api) -> None:
    before = workload("Deployment", container(), container("side"), replicas=0)
    _template(api, before, {"containers": [container("only"), {"$patch": "replace"}]})


def a_strategic_patch_sets_the_order(api: Api) -> None:
    before = workload("Deployment", container(), container("side"), replicas=0)
    order = [{"name": "side"}, {"name": "app"}]
    _template(api, before, {"$setElementOrder/containers": order})


def a_strategic_patch_retains_named_keys(api: Api) -> None:
    api.post(api.path("deployments"), workload(replicas=0), quiet=True)
    change = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    changed = api.patch(api.path("deployments", "web"), change, STRATEGIC, quiet=True)
    api.note("strategy", changed.body["spec"]["strategy"])


def a_strategic_patch_of_a_set(api: Api) -> None:
    api.post(api.path("configmaps"), config_map(finalizers=["x.dev/a", "x.dev/b"]))
    add = {"metadata": {"finalizers": ["x.dev/c"]}}
    api.patch(api.path("configmaps", "one"), add, STRATEGIC)
    drop = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["x.dev/a", "x.dev/b", "x.dev/c"]}}
    api.patch(api.path("configmaps", "one"), drop, STRATEGIC)


def a_strategic_patch_of_ports(api: Api) -> None:
    api.post(api.path("services"), service())
    change = {"spec": {"ports": [{"port": 80, "name": "http"}, {"port": 81, "name": "more"}]}}
    api.patch(api.path("services", "web"), change, STRATEGIC)


def a_strategic_patch_of_a_custom_object(api: Api) -> None:
    api.post(api.path("widgets"), widget())
    api.patch(api.path("widgets", "one"), {"spec": {"size": 2}}, STRATEGIC)


def a_patch_of_no_known_type(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    api.patch(api.path("configmaps", "one"), {"data": {}}, "application/json")
    api.patch(api.path("configmaps", "one"), {"data": {}}, "text/plain")
