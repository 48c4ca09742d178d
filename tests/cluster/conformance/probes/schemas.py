"""What a schema does to custom objects: validation, defaults, pruning."""

from tests.cluster.conformance.asking import Api
from tests.cluster.conformance.kinds import Tree, widget


def _refused(api: Api, *specs: Tree) -> None:
    for spec in specs:
        api.post(api.path("widgets"), {**widget(), "spec": {"size": 1, **spec}})


def a_required_field_is_missing(api: Api) -> None:
    api.post(api.path("widgets"), {**widget(), "spec": {}})
    _refused(api, {"parts": [{}]})


def a_value_is_of_another_type(api: Api) -> None:
    _refused(
        api,
        *({"size": "1"}, {"tags": "a"}, {"colour": 1}, {"limits": {"a": "b"}}, {"parts": [1]}),
        *({"size": 1.5}, {"size": None}, {"port": True}),
    )


def a_value_is_out_of_range(api: Api) -> None:
    _refused(api, {"size": 0}, {"size": 10}, {"ratio": 0.7}, {"replicas": 3_000_000_000})


def a_text_breaks_a_rule(api: Api) -> None:
    _refused(
        api, {"colour": "blue"}, {"name": "A1"}, {"name": "a"}, {"name": "abcdef"}, {"since": "now"}
    )


def a_list_breaks_a_rule(api: Api) -> None:
    _refused(
        api,
        *({"tags": ["a", "b", "c"]}, {"set": ["a", "a"]}),
        {"parts": [{"name": "x"}, {"name": "x"}]},
    )


def everything_that_is_wrong_is_told_at_once(api: Api) -> None:
    _refused(api, {"size": 0, "colour": "blue", "name": "A1"})


def defaults_are_filled_in(api: Api) -> None:
    api.post(api.path("widgets"), widget(parts=[{"name": "x"}, {"name": "y", "weight": 5}]))
    api.patch(api.path("widgets", "one"), {"spec": {"colour": None}})


def a_null_is_kept_only_where_it_may_be(api: Api) -> None:
    api.post(api.path("widgets"), widget(note=None, colour=None))
    _refused(api, {"name": None})


def unknown_fields_are_pruned(api: Api) -> None:
    body = widget(unknown=1, parts=[{"name": "x", "unknown": 1}], free={"any": {"thing": 1}})
    api.post(api.path("widgets"), {**body, "unknown": 1})


def unknown_fields_are_refused_if_asked_for(api: Api) -> None:
    body = {**widget(unknown=1, parts=[{"name": "x", "other": 1}])}
    api.post(api.path("widgets", query="fieldValidation=Strict"), body)


def unknown_fields_are_ignored_if_asked_for(api: Api) -> None:
    api.post(api.path("widgets", query="fieldValidation=Ignore"), widget(unknown=1))


def a_field_validation_that_nobody_knows(api: Api) -> None:
    api.post(api.path("widgets", query="fieldValidation=Maybe"), widget())


def numbers_and_texts_are_both_ports(api: Api) -> None:
    api.post(api.path("widgets"), widget("a", port=80))
    api.post(api.path("widgets"), widget("b", port="http"))


def numbers_keep_their_form(api: Api) -> None:
    api.post(api.path("widgets"), widget(ratio=1.5, free={"a": 1.0, "b": 2, "c": 1e3}))


def another_version_of_the_kind_shows_the_same_object(api: Api) -> None:
    api.post(api.path("widgets"), widget())
    beta = api.path("widgets", "one").replace("/v1/", "/v1beta1/")
    api.get(beta)
    api.patch(beta, {"spec": {"size": 2}})
    api.get(api.path("widgets", "one"))


def a_version_that_is_not_served(api: Api) -> None:
    api.get(api.path("widgets").replace("/v1/", "/v2/"))


def the_type_must_be_that_of_the_path(api: Api) -> None:
    api.post(api.path("widgets"), {**widget(), "kind": "Gadget"})
    api.post(api.path("widgets"), {**widget(), "apiVersion": "probe.spillway.dev/v1beta1"})
    api.post(api.path("widgets"), {"metadata": {"name": "one"}, "spec": {"size": 1}})
