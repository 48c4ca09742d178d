"""The bodies of refusals."""

from tests.cluster.conformance.asking import Api
from tests.cluster.conformance.kinds import config_map, widget


def nothing_of_that_name(api: Api) -> None:
    for plural in ("configmaps", "widgets", "deployments"):
        api.get(api.path(plural, "nothing"))
        api.delete(api.path(plural, "nothing"))


def no_such_kind(api: Api) -> None:
    api.get(f"/api/v1/namespaces/{api.namespace}/things")
    api.get(f"/apis/apps/v1/namespaces/{api.namespace}/things/one")


def no_such_namespace(api: Api) -> None:
    body = config_map()
    api.post("/api/v1/namespaces/nowhere/configmaps", body)
    api.get("/api/v1/namespaces/nowhere/configmaps")
    api.get("/api/v1/namespaces/nowhere")


def a_body_that_is_no_json(api: Api) -> None:
    api.ask("POST", api.path("configmaps"), "{")
    api.ask("POST", api.path("widgets"), "{")


def no_body(api: Api) -> None:
    api.ask("POST", api.path("configmaps"))
    api.ask("POST", api.path("widgets"))


def a_body_that_is_no_object(api: Api) -> None:
    api.post(api.path("configmaps"), [])
    api.post(api.path("widgets"), "text")


def a_body_of_another_kind(api: Api) -> None:
    api.post(api.path("configmaps"), {**config_map(), "kind": "Secret"})
    api.post(api.path("configmaps"), {**config_map(), "apiVersion": "v2"})


def a_body_in_another_format(api: Api) -> None:
    api.ask("POST", api.path("configmaps"), "text", type_="text/plain")


def no_name(api: Api) -> None:
    api.post(api.path("configmaps"), {"metadata": {}})
    api.post(api.path("widgets"), {**widget(), "metadata": {}})


def a_name_that_cannot_be(api: Api) -> None:
    for name in ("Upper", "a_b", "-a", "a" * 254, "a..b", "ö"):
        api.post(api.path("configmaps"), config_map(name))


def a_service_has_a_shorter_name(api: Api) -> None:
    body = {"metadata": {"name": "1web"}, "spec": {"ports": [{"port": 80}]}}
    api.post(api.path("services"), body)
    api.post(api.path("services"), {**body, "metadata": {"name": "a.b"}})


def labels_that_cannot_be(api: Api) -> None:
    for labels in ({"a": "b c"}, {"a": "x" * 64}, {"-a": "b"}, {"a/b/c": "d"}, {"a": 1}):
        api.post(api.path("configmaps"), config_map(labels=labels))


def annotations_that_cannot_be(api: Api) -> None:
    api.post(api.path("configmaps"), config_map(annotations={"-a": "anything goes here"}))


def a_verb_that_a_path_does_not_have(api: Api) -> None:
    api.ask("PUT", api.path("configmaps"), config_map())
    api.ask("PATCH", api.path("configmaps"), {}, type_="application/merge-patch+json")
    api.ask("POST", api.path("configmaps", "one"), config_map())


def a_namespaced_object_without_a_namespace(api: Api) -> None:
    api.post("/api/v1/configmaps", config_map())
    api.get("/api/v1/configmaps/one")


def a_parameter_that_is_no_number(api: Api) -> None:
    api.get(api.path("configmaps", query="timeoutSeconds=long"))


def data_that_cannot_be(api: Api) -> None:
    api.post(api.path("configmaps"), config_map(data={"a b": "1"}))
    api.post(api.path("configmaps"), config_map(data={"a": 1}))
    secret = {"metadata": {"name": "one"}, "data": {"a": "no base64!"}}
    api.post(api.path("secrets"), secret)


def what_is_immutable(api: Api) -> None:
    api.post(api.path("configmaps"), {**config_map(), "immutable": True})
    api.patch(api.path("configmaps", "one"), {"data": {"a": "2"}})
