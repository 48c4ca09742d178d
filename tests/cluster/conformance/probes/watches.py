"""Watches: what was, what comes, what leaves a selection, bookmarks, and what is too old."""

from urllib.parse import urlencode

from tests.cluster.conformance.asking import METADATA, TABLE, Api
from tests.cluster.conformance.kinds import secret, widget


def _watch(api: Api, plural: str, **query: str) -> str:
    return api.path(plural, query=urlencode({"watch": "1", "timeoutSeconds": "10", **query}))


def _version(api: Api, plural: str) -> str:
    found: str = api.get(api.path(plural), quiet=True).metadata["resourceVersion"]
    return found


def changes_come_as_they_are_made(api: Api) -> None:
    since = _version(api, "widgets")
    path = _watch(api, "widgets", resourceVersion=since)
    with api.watching(path) as watch:
        api.post(api.path("widgets"), widget(), quiet=True)
        api.patch(api.path("widgets", "one"), {"spec": {"size": 2}}, quiet=True)
        api.patch(api.path("widgets", "one", "status"), {"status": {"phase": "Up"}}, quiet=True)
        api.delete(api.path("widgets", "one"), quiet=True)
        watch.request = "WATCH widgets"
        watch.see(4)


def changes_of_builtin_objects(api: Api) -> None:
    since = _version(api, "secrets")
    with api.watching(_watch(api, "secrets", resourceVersion=since)) as watch:
        api.post(api.path("secrets"), secret(), quiet=True)
        api.delete(api.path("secrets", "one"), quiet=True)
        watch.request = "WATCH secrets"
        watch.see(2)


def what_was_missed_is_told(api: Api) -> None:
    since = _version(api, "secrets")
    api.post(api.path("secrets"), secret("a"), quiet=True)
    api.post(api.path("secrets"), secret("b"), quiet=True)
    with api.watching(_watch(api, "secrets", resourceVersion=since)) as watch:
        watch.request = "WATCH secrets"
        watch.see(2)


def what_is_there_comes_first(api: Api) -> None:
    api.post(api.path("secrets"), secret("a"), quiet=True)
    with api.watching(_watch(api, "secrets")) as watch:
        watch.see(1)
        api.post(api.path("secrets"), secret("b"), quiet=True)
        watch.see(1)
    with api.watching(_watch(api, "secrets", resourceVersion="0")) as watch:
        watch.see(2)


def what_is_there_ends_with_a_bookmark(api: Api) -> None:
    api.post(api.path("widgets"), widget(), quiet=True)
    query = {
        "sendInitialEvents": "true",
        "allowWatchBookmarks": "true",
        "resourceVersionMatch": "NotOlderThan",
    }
    with api.watching(_watch(api, "widgets", **query)) as watch:
        watch.see(2)


def initial_events_need_a_match(api: Api) -> None:
    api.get(_watch(api, "widgets", sendInitialEvents="true", allowWatchBookmarks="true"))


def what_leaves_a_selection_is_deleted(api: Api) -> None:
    since = _version(api, "secrets")
    path = _watch(api, "secrets", resourceVersion=since, labelSelector="tier=x")
    with api.watching(path) as watch:
        watch.request = "WATCH secrets of a tier"
        api.post(api.path("secrets"), secret("one", tier="x"), quiet=True)
        api.post(api.path("secrets"), secret("two", tier="y"), quiet=True)
        for tier in ("y", "x"):
            change = {"metadata": {"labels": {"tier": tier}}}
            api.patch(api.path("secrets", "one"), change, quiet=True)
        watch.see(3)


def one_object_is_watched_by_its_name(api: Api) -> None:
    since = _version(api, "secrets")
    query = {"resourceVersion": since, "fieldSelector": "metadata.name=b"}
    with api.watching(_watch(api, "secrets", **query)) as watch:
        watch.request = "WATCH one secret"
        api.post(api.path("secrets"), secret("a"), quiet=True)
        api.post(api.path("secrets"), secret("b"), quiet=True)
        watch.see(1)


def metadata_is_watched(api: Api) -> None:
    with api.watching(_watch(api, "widgets"), METADATA) as watch:
        api.post(api.path("widgets"), widget(), quiet=True)
        watch.see(1)


def a_table_is_watched(api: Api) -> None:
    with api.watching(_watch(api, "widgets"), TABLE) as watch:
        api.post(api.path("widgets"), widget("a"), quiet=True)
        api.post(api.path("widgets"), widget("b"), quiet=True)
        watch.see(2)


def a_watch_ends_at_its_time(api: Api) -> None:
    with api.watching(_watch(api, "widgets", timeoutSeconds="1")) as watch:
        watch.end()


def a_version_that_is_no_number(api: Api) -> None:
    api.get(_watch(api, "secrets", resourceVersion="new"))


def a_version_of_the_future(api: Api) -> None:
    answer = api.get(api.path("secrets", query="resourceVersion=999999999"), quiet=True)
    api.note("code and reason", (answer.code, answer.body.get("reason")))


def a_list_at_a_version(api: Api) -> None:
    api.post(api.path("secrets"), secret(), quiet=True)
    for query in ("resourceVersion=0", "resourceVersion=0&resourceVersionMatch=NotOlderThan"):
        # such a list may be older than the write
        api.until(api.path("secrets", query=query), lambda answer: len(answer.body["items"]) == 1)
    api.get(api.path("secrets", query="resourceVersionMatch=Exact"))
