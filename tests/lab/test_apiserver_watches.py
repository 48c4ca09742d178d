"""The embedded API server: what a watch tells, and when it ends."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from kubernetes import client, watch

from infra.local.apiserver import server
from infra.local.apiserver.server import Server
from tests.lab.raw_http import (
    DEPLOYMENTS,
    MAPS,
    MERGE,
    METADATA,
    TABLE,
    ask,
    config_map,
    deployment,
)

pytestmark = pytest.mark.loopback


@contextmanager
def _watching(
    server: Server, query: str, path: str = MAPS, accept: str = "application/json"
) -> Iterator[Iterator[dict[str, Any]]]:
    """The events of a watch, as they come."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)
    connection.request("GET", f"{path}?watch=1&{query}", headers={"Accept": accept})
    response = connection.getresponse()
    try:
        yield (json.loads(line) for line in response)
    finally:
        response.close()
        connection.close()


def _told(events: Iterator[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(event["type"], event["object"]["metadata"].get("name", "")) for event in events]


def _seen(server: Server, query: str, path: str = MAPS) -> list[tuple[str, str]]:
    with _watching(server, f"timeoutSeconds=1&{query}", path) as events:
        return _told(events)


def test_a_watch_replays_what_happened_since_a_version(apiserver: Server) -> None:
    first = ask(apiserver, "POST", MAPS, config_map("one")).body["metadata"]
    ask(apiserver, "PATCH", f"{MAPS}/one", {"data": {"a": "2"}}, content_type=MERGE)
    ask(apiserver, "POST", MAPS, config_map("two"))
    ask(apiserver, "DELETE", f"{MAPS}/one")

    seen = _seen(apiserver, f"resourceVersion={first['resourceVersion']}")

    assert seen == [("MODIFIED", "one"), ("ADDED", "two"), ("DELETED", "one")]


def test_a_watch_without_a_version_begins_with_what_is_there(apiserver: Server) -> None:
    ask(apiserver, "POST", MAPS, config_map("one"))

    assert _seen(apiserver, "") == [("ADDED", "one")]
    assert _seen(apiserver, "resourceVersion=0") == [("ADDED", "one")]


def test_a_watch_tells_a_change_at_once(apiserver: Server) -> None:
    version = ask(apiserver, "GET", MAPS).body["metadata"]["resourceVersion"]

    with _watching(apiserver, f"resourceVersion={version}") as events:
        began = time.perf_counter()
        ask(apiserver, "POST", MAPS, config_map("one"))
        event = next(events)

    assert event["object"]["kind"] == "ConfigMap"
    assert time.perf_counter() - began < 0.5


def test_a_watch_of_a_namespace_leaves_the_others_out(apiserver: Server) -> None:
    ask(apiserver, "POST", MAPS.replace("default", "kube-public"), config_map("other"))
    ask(apiserver, "POST", MAPS, config_map("one"))

    assert _seen(apiserver, "resourceVersion=1") == [("ADDED", "one")]


def test_what_leaves_a_selection_is_deleted_for_its_watchers(apiserver: Server) -> None:
    version = ask(apiserver, "GET", MAPS).body["metadata"]["resourceVersion"]
    ask(apiserver, "POST", MAPS, config_map("one", app="b"))
    for app in ("a", "a", "b"):
        change = {"metadata": {"labels": {"app": app}}, "data": {"at": str(time.perf_counter())}}
        ask(apiserver, "PATCH", f"{MAPS}/one", change, content_type=MERGE)

    seen = _seen(apiserver, f"resourceVersion={version}&labelSelector=app%3Da")

    assert seen == [("ADDED", "one"), ("MODIFIED", "one"), ("DELETED", "one")]


def test_one_object_can_be_watched_by_its_name(apiserver: Server) -> None:
    ask(apiserver, "POST", MAPS, config_map("one"))
    ask(apiserver, "POST", MAPS, config_map("two"))

    assert _seen(apiserver, "fieldSelector=metadata.name%3Dtwo") == [("ADDED", "two")]


def test_a_watch_ends_with_a_bookmark_when_asked(apiserver: Server) -> None:
    version = ask(apiserver, "POST", MAPS, config_map("one")).body["metadata"]["resourceVersion"]
    query = f"timeoutSeconds=1&allowWatchBookmarks=true&resourceVersion={version}"

    with _watching(apiserver, query) as events:
        (last,) = events

    assert last["type"] == "BOOKMARK"
    assert last["object"]["metadata"]["resourceVersion"] == version


def test_the_end_of_what_was_there_is_marked_when_asked(apiserver: Server) -> None:
    ask(apiserver, "POST", MAPS, config_map("one"))
    query = (
        "sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
        "&allowWatchBookmarks=true&timeoutSeconds=1"
    )

    with _watching(apiserver, query) as events:
        added, marked, *_ = events

    assert added["type"] == "ADDED"
    assert marked["type"] == "BOOKMARK"
    assert marked["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_a_version_that_is_forgotten_is_gone() -> None:
    short = server.start(history=2)
    try:
        for name in ("one", "two", "three", "four"):
            ask(short, "POST", MAPS, config_map(name))
        with _watching(short, "resourceVersion=1") as events:
            (only,) = events
    finally:
        short.stop()

    assert only["type"] == "ERROR"
    assert only["object"]["code"] == 410
    assert only["object"]["reason"] == "Expired"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        pytest.param(METADATA, "PartialObjectMetadata", id="metadata only"),
        pytest.param(TABLE, "Table", id="a table"),
    ],
)
def test_a_watch_shows_objects_as_asked(apiserver: Server, accept: str, kind: str) -> None:
    ask(apiserver, "POST", DEPLOYMENTS, deployment())

    with _watching(apiserver, "timeoutSeconds=1", DEPLOYMENTS, accept) as events:
        (event,) = events

    assert event["object"]["kind"] == kind


def test_a_stop_ends_every_watch() -> None:
    running = server.start()
    with _watching(running, "") as events:
        stopper = threading.Timer(0.1, running.stop)
        stopper.start()
        seen = list(events)
        stopper.join()

    assert seen == []


def test_a_client_that_goes_is_let_go(apiserver: Server) -> None:
    with _watching(apiserver, "timeoutSeconds=30"):
        arrived = _comes_to_have(apiserver, 1)
    left = _comes_to_have(apiserver, 0)

    assert arrived
    assert left


def test_the_client_of_kubernetes_can_watch(apiserver: Server) -> None:
    configuration = client.Configuration(host=apiserver.url)
    ask(apiserver, "POST", DEPLOYMENTS, deployment())

    with client.ApiClient(configuration) as api:
        stream = watch.Watch().stream(
            client.CustomObjectsApi(api).list_namespaced_custom_object,
            *("apps", "v1", "default", "deployments"),
            timeout_seconds=1,
        )
        seen = [event["type"] for event in stream]
        api.rest_client.pool_manager.clear()

    assert seen == ["ADDED"]


def _comes_to_have(server: Server, watchers: int) -> bool:
    """Whether the server has so many watchers before long."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if server.verbs.store.watchers(("", "configmaps")) == watchers:
            return True
        time.sleep(0.02)
    return False
