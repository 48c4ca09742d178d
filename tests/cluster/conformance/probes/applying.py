"""Server-side apply: owners, conflicts, force, and what goes when it is no longer applied."""

from tests.cluster.conformance.asking import APPLY, STRATEGIC, Api
from tests.cluster.conformance.kinds import Tree, config_map, container, widget, workload

_FORCED = "fieldManager=other&force=true"


def _map(**data: str) -> Tree:
    return config_map(data=dict(data))


def it_creates(api: Api) -> None:
    api.apply(api.path("configmaps", "one"), _map(a="1"))
    api.apply(api.path("widgets", "one"), widget(set=["a"], parts=[{"name": "x"}], tags=["t"]))


def it_drops_what_is_no_longer_applied(api: Api) -> None:
    api.apply(api.path("configmaps", "one"), _map(a="1", b="1"))
    api.apply(api.path("configmaps", "one"), _map(a="1"))
    api.apply(api.path("configmaps", "one"), _map())


def it_keeps_what_somebody_else_applies_too(api: Api) -> None:
    api.apply(api.path("configmaps", "one"), _map(a="1", b="1"))
    api.apply(api.path("configmaps", "one"), _map(b="1"), "fieldManager=other")
    api.apply(api.path("configmaps", "one"), _map(a="1"))


def one_field_in_conflict(api: Api) -> None:
    api.apply(api.path("configmaps", "one"), _map(a="1", b="1"))
    api.apply(api.path("configmaps", "one"), _map(a="2"), "fieldManager=other")
    api.get(api.path("configmaps", "one"))


def several_fields_in_conflict_with_several_owners(api: Api) -> None:
    api.apply(api.path("configmaps", "one"), _map(a="1", b="1"))
    api.apply(api.path("configmaps", "one"), _map(c="1"), "fieldManager=third")
    api.apply(api.path("configmaps", "one"), _map(a="2", b="2", c="2"), "fieldManager=other")


def force_takes_fields(api: Api) -> None:
    api.apply(api.path("configmaps", "one"), _map(a="1", b="1"))
    api.apply(api.path("configmaps", "one"), _map(a="2"), _FORCED)
    api.apply(api.path("configmaps", "one"), _map(b="1"))


def a_conflict_with_a_plain_write(api: Api) -> None:
    api.apply(api.path("configmaps", "one"), _map(a="1"))
    api.patch(api.path("configmaps", "one"), {"data": {"a": "2"}})
    api.apply(api.path("configmaps", "one"), _map(a="3"))


def a_conflict_in_a_list_of_named_things(api: Api) -> None:
    api.apply(api.path("widgets", "one"), widget(parts=[{"name": "x", "weight": 2}]))
    api.apply(
        api.path("widgets", "one"),
        widget(parts=[{"name": "x", "weight": 3}]),
        "fieldManager=other",
    )


def a_conflict_with_a_scaling(api: Api) -> None:
    api.apply(api.path("widgets", "one"), widget(replicas=1))
    api.patch(api.path("widgets", "one", "scale"), {"spec": {"replicas": 4}})
    api.get(api.path("widgets", "one"))
    api.apply(api.path("widgets", "one"), widget(replicas=2))


def the_same_again_is_no_write(api: Api) -> None:
    api.apply(api.path("configmaps", "one"), _map(a="1"))
    api.apply(api.path("configmaps", "one"), _map(a="1"))


def the_same_by_another_one_is_shared(api: Api) -> None:
    api.apply(api.path("configmaps", "one"), _map(a="1"))
    api.apply(api.path("configmaps", "one"), _map(a="1"), "fieldManager=other")


def a_plain_write_of_the_same_value_owns_nothing(api: Api) -> None:
    api.apply(api.path("configmaps", "one"), _map(a="1"))
    api.patch(api.path("configmaps", "one"), {"data": {"a": "1"}})


def a_removal_is_nobodys(api: Api) -> None:
    api.apply(api.path("configmaps", "one"), _map(a="1", b="1"))
    api.patch(api.path("configmaps", "one"), {"data": {"a": None}})


def items_of_a_set_are_owned_one_by_one(api: Api) -> None:
    api.apply(api.path("widgets", "one"), widget(set=["a", "b"]))
    api.apply(api.path("widgets", "one"), widget(set=["b", "c"]), "fieldManager=other")
    api.apply(api.path("widgets", "one"), widget(set=["a"]))


def named_items_are_owned_one_by_one(api: Api) -> None:
    api.apply(api.path("widgets", "one"), widget(parts=[{"name": "x"}, {"name": "y"}]))
    api.apply(
        api.path("widgets", "one"),
        widget(parts=[{"name": "z"}, {"name": "y"}]),
        "fieldManager=other",
    )
    api.apply(api.path("widgets", "one"), widget(parts=[{"name": "y"}]))


def plain_lists_and_whole_objects_have_one_owner(api: Api) -> None:
    api.apply(api.path("widgets", "one"), widget(tags=["a"], whole={"a": "1"}))
    api.apply(
        api.path("widgets", "one"),
        widget(tags=["b"], whole={"b": "1"}),
        "fieldManager=other",
    )
    api.apply(api.path("widgets", "one"), widget(tags=["b"], whole={"b": "1"}), _FORCED)


def entries_of_maps_are_owned_one_by_one(api: Api) -> None:
    api.apply(api.path("widgets", "one"), widget(limits={"a": 1, "b": 1}, free={"x": {"y": 1}}))
    api.apply(api.path("widgets", "one"), widget(limits={"c": 1}, free={"x": {"z": 1}}), _FORCED)
    api.apply(api.path("widgets", "one"), widget(limits={"a": 1}))
    api.apply(api.path("widgets", "one"), widget())


def labels_and_finalizers_are_owned_one_by_one(api: Api) -> None:
    first = config_map(labels={"a": "1", "b": "1"}, finalizers=["x.dev/a"])
    api.apply(api.path("configmaps", "one"), first)
    api.apply(
        api.path("configmaps", "one"),
        config_map(labels={"c": "1"}, finalizers=["x.dev/b"]),
        "fieldManager=other",
    )
    api.apply(api.path("configmaps", "one"), config_map())
    api.apply(api.path("configmaps", "one"), config_map(), "fieldManager=other")


def containers_and_what_is_in_them(api: Api) -> None:
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]
    app = container(ports=[{"containerPort": 80}], env=env)
    first = workload("StatefulSet", app, serviceName="web", replicas=0)
    api.ask(
        "PATCH",
        api.path("statefulsets", "web", query="fieldManager=ci&dryRun=All"),
        first,
        type_=APPLY,
    )
    path = api.path("statefulsets", "web", query="fieldManager=ci")
    api.ask("PATCH", path, first, type_=APPLY, quiet=True)
    app["env"] = env[1:]
    answer = api.ask("PATCH", path, first, type_=APPLY, quiet=True)
    side = workload("StatefulSet", container("side"), serviceName="web", replicas=0)
    side["spec"]["template"]["spec"]["containers"] += [{"name": "app", "image": "app:2"}]
    refused = api.ask("PATCH", path.replace("=ci", "=mesh"), side, type_=APPLY, quiet=True)
    api.note("containers", answer.body["spec"]["template"]["spec"]["containers"])
    api.note("refused", refused.body)


def a_status_by_itself(api: Api) -> None:
    api.apply(api.path("widgets", "one"), widget())
    status = {**widget(), "status": {"phase": "Ready"}}
    api.apply(api.path("widgets", "one", "status"), status, "fieldManager=robot")
    api.apply(api.path("widgets", "one"), {**widget(size=2), "status": {"phase": "Other"}})


def a_status_of_what_is_not_there(api: Api) -> None:
    status = {**widget(), "status": {"phase": "Ready"}}
    api.apply(api.path("widgets", "one", "status"), status, "fieldManager=robot")


def what_was_there_before_anybody_applied(api: Api) -> None:
    api.post(api.path("configmaps"), config_map(labels={"x": "y"}))
    forgotten: Tree = {"metadata": {"managedFields": [{}]}}
    api.patch(api.path("configmaps", "one"), forgotten)
    api.patch(api.path("configmaps", "one"), {"data": {"b": "1"}})
    api.apply(api.path("configmaps", "one"), _map(a="2"))


def an_update_by_a_named_manager(api: Api) -> None:
    api.post(api.path("configmaps", query="fieldManager=first"), config_map())
    api.patch(
        api.path("configmaps", "one", query="fieldManager=second"), {"data": {"b": "1"}}, STRATEGIC
    )
    api.patch(api.path("configmaps", "one", query="fieldManager=second"), {"data": {"a": "2"}})


def a_status_written_by_hand_has_its_own_owner(api: Api) -> None:
    api.post(api.path("widgets"), widget())
    api.patch(api.path("widgets", "one", "status"), {"status": {"phase": "Ready"}})
    api.patch(api.path("widgets", "one", "status"), {"status": {"phase": None}})


def a_dry_run(api: Api) -> None:
    api.apply(api.path("configmaps", "one"), _map(a="1"), "fieldManager=ci&dryRun=All")
    api.get(api.path("configmaps", "one"))


def a_version_that_is_stale(api: Api) -> None:
    first = api.apply(api.path("configmaps", "one"), _map(a="1")).metadata["resourceVersion"]
    api.apply(api.path("configmaps", "one"), _map(a="2"))
    api.apply(api.path("configmaps", "one"), config_map(resourceVersion=first))


def no_manager(api: Api) -> None:
    api.apply(api.path("configmaps", "one"), _map(), "")


def a_manager_that_is_too_long(api: Api) -> None:
    api.apply(api.path("configmaps", "one"), _map(), f"fieldManager={'x' * 129}")


def force_of_another_patch(api: Api) -> None:
    api.post(api.path("configmaps"), config_map())
    api.patch(api.path("configmaps", "one", query="force=true"), {})


def a_wrong_body(api: Api) -> None:
    one = api.path("configmaps", "one")
    api.apply(one, config_map("two"))
    api.apply(one, {"apiVersion": "v1", "kind": "ConfigMap"})
    api.apply(one, {"metadata": {"name": "one"}})
    api.apply(one, {**_map(), "kind": "Secret"})
    api.apply(one, {**_map(), "apiVersion": "v2"})
    api.apply(one, config_map(managedFields=[]))
    api.apply(one, config_map(namespace="other"))
    api.apply(one, [])


def a_field_that_the_type_does_not_have(api: Api) -> None:
    api.apply(api.path("configmaps", "one"), {**_map(), "daata": {}})
    api.apply(api.path("widgets", "one"), widget(unknown=1))


def a_body_in_yaml(api: Api) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\ndata:\n  day: '2026-11-25'\n"
    path = api.path("configmaps", "one", query="fieldManager=ci")
    api.ask("PATCH", path, text, type_=APPLY)


def the_same_item_twice(api: Api) -> None:
    api.apply(api.path("widgets", "one"), widget(parts=[{"name": "x"}, {"name": "x"}]))
    api.apply(api.path("widgets", "one"), widget(set=["a", "a"]))
