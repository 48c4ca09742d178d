"""Lists in pages."""

from tests.cluster.conformance.asking import METADATA_LIST, Answer, Api
from tests.cluster.conformance.kinds import secret, widget


def _five(api: Api) -> None:
    for name in "abcde":
        api.post(
            api.path("secrets"),
            secret(name, **({"odd": "yes"} if name in "ace" else {})),
            quiet=True,
        )


def _next(answer: Answer) -> str:
    return f"limit=2&continue={answer.metadata['continue']}"


def a_list_is_read_page_by_page(api: Api) -> None:
    _five(api)
    first = api.get(api.path("secrets", query="limit=2"))
    second = api.get(api.path("secrets", query=_next(first)))
    api.get(api.path("secrets", query=_next(second)))


def a_page_of_selected_objects_does_not_count_the_rest(api: Api) -> None:
    _five(api)
    first = api.get(api.path("secrets", query="limit=2&labelSelector=odd"))
    api.get(api.path("secrets", query=f"{_next(first)}&labelSelector=odd"))


def a_page_that_holds_everything_has_no_next(api: Api) -> None:
    _five(api)
    api.get(api.path("secrets", query="limit=5"))
    api.get(api.path("secrets", query="limit=0"))


def a_page_of_custom_objects(api: Api) -> None:
    for name in "abc":
        api.post(api.path("widgets"), widget(name), quiet=True)
    first = api.get(api.path("widgets", query="limit=2"))
    api.get(api.path("widgets", query=_next(first)))


def a_page_of_metadata(api: Api) -> None:
    _five(api)
    first = api.get(api.path("secrets", query="limit=3"), METADATA_LIST)
    api.get(api.path("secrets", query=_next(first)), METADATA_LIST)


def a_page_shows_what_stood_there_when_the_first_was_read(api: Api) -> None:
    _five(api)
    first = api.get(api.path("secrets", query="limit=2"), quiet=True)
    api.delete(api.path("secrets", "d"), quiet=True)
    second = api.get(api.path("secrets", query=_next(first)), quiet=True)
    api.note("names", [item["metadata"]["name"] for item in second.body["items"]])


def a_token_that_nobody_gave(api: Api) -> None:
    api.get(api.path("secrets", query="limit=2&continue=nonsense"))


def a_limit_that_is_no_number(api: Api) -> None:
    api.get(api.path("secrets", query="limit=many"))
