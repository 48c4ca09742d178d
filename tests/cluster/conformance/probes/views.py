"""Objects as metadata only, as tables, and in formats that are not served."""

from tests.cluster.conformance.asking import JSON, METADATA, METADATA_LIST, TABLE, Api
from tests.cluster.conformance.kinds import config_map, secret, service, widget


def the_metadata_of_an_object(api: Api) -> None:
    api.post(api.path("configmaps"), config_map(labels={"a": "b"}), quiet=True)
    api.get(api.path("configmaps", "one"), METADATA)


def the_metadata_of_a_custom_object(api: Api) -> None:
    api.post(api.path("widgets"), widget(), quiet=True)
    api.get(api.path("widgets", "one"), METADATA)


def the_metadata_of_a_list(api: Api) -> None:
    api.post(api.path("secrets"), secret(), quiet=True)
    api.post(api.path("widgets"), widget(), quiet=True)
    api.get(api.path("secrets"), METADATA_LIST)
    api.get(api.path("widgets"), METADATA_LIST)


def the_metadata_of_what_is_written(api: Api) -> None:
    api.ask("POST", api.path("configmaps"), config_map(), accept=METADATA)
    api.ask("DELETE", api.path("configmaps", "one"), accept=METADATA)


def a_list_is_no_single_object(api: Api) -> None:
    api.get(api.path("secrets"), METADATA)


def the_first_form_that_is_served_is_taken(api: Api) -> None:
    api.post(api.path("configmaps"), config_map(), quiet=True)
    api.get(api.path("configmaps", "one"), f"{METADATA},{JSON}")
    api.get(api.path("configmaps", "one"), f"application/x-nothing,{JSON}")


def a_table_of_a_custom_kind(api: Api) -> None:
    api.post(api.path("widgets"), widget("a", since="2001-02-03T04:05:06Z"), quiet=True)
    api.post(api.path("widgets"), widget("b"), quiet=True)
    api.get(api.path("widgets"), TABLE)


def a_table_of_one_object(api: Api) -> None:
    api.post(api.path("widgets"), widget(), quiet=True)
    api.get(api.path("widgets", "one"), TABLE)


def a_table_of_builtin_kinds(api: Api) -> None:
    api.post(api.path("secrets"), secret(), quiet=True)
    api.post(api.path("services"), service(), quiet=True)
    for plural in ("secrets", "services", "deployments", "pods"):
        answer = api.get(api.path(plural), TABLE, quiet=True).body
        columns = [
            {key: column[key] for key in ("name", "type", "format", "priority")}
            for column in answer["columnDefinitions"]
        ]
        api.note(f"columns of {plural}", columns)
        api.note(f"rows of {plural}", len(answer["rows"]))


def the_rows_of_a_table(api: Api) -> None:
    api.post(api.path("secrets"), secret(), quiet=True)
    answer = api.get(api.path("secrets"), TABLE, quiet=True).body
    api.note(
        "table",
        {key: item for key, item in answer.items() if key not in ("columnDefinitions", "metadata")},
    )


def a_table_with_and_without_objects(api: Api) -> None:
    api.post(api.path("widgets"), widget(), quiet=True)
    api.get(api.path("widgets", query="includeObject=None"), TABLE)
    api.get(api.path("widgets", query="includeObject=Object"), TABLE)


def a_format_that_is_not_served(api: Api) -> None:
    api.post(api.path("configmaps"), config_map(), quiet=True)
    api.get(api.path("configmaps", "one"), "text/html")


def anything_is_json(api: Api) -> None:
    api.post(api.path("configmaps"), config_map(), quiet=True)
    api.get(api.path("configmaps", "one"), "*/*")
    api.get(api.path("configmaps", "one"), "application/*")


def yaml_is_asked_for(api: Api) -> None:
    api.post(api.path("configmaps"), config_map(), quiet=True)
    answer = api.get(api.path("configmaps", "one"), "application/yaml", quiet=True)
    api.note("type", (answer.code, answer.headers.get("Content-Type")))
