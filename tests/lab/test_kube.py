"""The lab's tiny client, against the server it is for."""

import json
import threading
from collections.abc import Callable, Iterator

import pytest

from infra.local.apiserver.server import Server
from infra.local.kube import Informed, Kube, KubeError, informer
from tests.served import Reply, Request, served

pytestmark = pytest.mark.loopback

_MAPS = "/api/v1/namespaces/default/configmaps"
_BUSY = Reply(429, b'{"message": "storage is (re)initializing"}', (("Retry-After", "1"),))


@pytest.fixture
def kube(apiserver: Server) -> Iterator[Kube]:
    client = Kube(apiserver.url)
    yield client
    client.close()


def _map(name: str, **labels: str) -> dict[str, object]:
    return {"metadata": {"name": name, "labels": labels}, "data": {"a": "1"}}


def test_what_is_created_can_be_read(kube: Kube) -> None:
    kube.create(_MAPS, _map("one"))

    found = kube.get(f"{_MAPS}/one")

    assert found is not None
    assert found["data"] == {"a": "1"}


def test_what_is_not_there_is_none(kube: Kube) -> None:
    assert kube.get(f"{_MAPS}/one") is None


def test_a_list_is_selected_by_labels(kube: Kube) -> None:
    kube.create(_MAPS, _map("one", app="a"))
    kube.create(_MAPS, _map("two", app="b"))

    items, version = kube.list(_MAPS, "app=b")

    assert [item["metadata"]["name"] for item in items] == ["two"]
    assert int(version) > 0


def test_a_listed_object_says_what_it_is(kube: Kube) -> None:
    kube.create(_MAPS, _map("one"))

    (item,), _ = kube.list(_MAPS)

    assert (item["apiVersion"], item["kind"]) == ("v1", "ConfigMap")


def test_a_stale_replace_is_a_conflict(kube: Kube) -> None:
    first = kube.create(_MAPS, _map("one"))
    kube.patch(f"{_MAPS}/one", {"data": {"a": "2"}})

    with pytest.raises(KubeError, match="has been modified") as refused:
        kube.replace(f"{_MAPS}/one", first)

    assert refused.value.status == 409


def test_deleting_twice_is_fine(kube: Kube) -> None:
    kube.create(_MAPS, _map("one"))

    kube.delete(f"{_MAPS}/one")
    kube.delete(f"{_MAPS}/one")

    assert kube.get(f"{_MAPS}/one") is None


def test_a_watch_tells_what_happened_since_a_version(kube: Kube) -> None:
    first = kube.create(_MAPS, _map("one"))
    kube.patch(f"{_MAPS}/one", {"data": {"a": "2"}})
    kube.delete(f"{_MAPS}/one")

    seen = list(kube.watch(_MAPS, first["metadata"]["resourceVersion"], timeout=1))

    assert [kind for kind, _ in seen] == ["MODIFIED", "DELETED"]


def test_an_unreachable_server_is_an_error_of_status_0() -> None:
    with pytest.raises(KubeError) as refused:
        Kube("http://127.0.0.1:1").get("/api")

    assert refused.value.status == 0


def test_what_a_busy_server_put_off_is_sent_again() -> None:
    said = list[Request]()

    with served(_busy_for(2, said)) as url:
        made = Kube(url).create(_MAPS, _map("one"))

    assert made["items"] == []
    assert [(each.method, json.loads(each.body)) for each in said] == [("POST", _map("one"))] * 3


def test_a_server_that_stays_busy_is_an_error_with_its_own_words() -> None:
    with served(lambda _: _BUSY) as url, pytest.raises(KubeError, match="initializing") as refused:
        Kube(url).list(_MAPS)

    assert refused.value.status == 429


def test_an_informer_outlasts_a_busy_server() -> None:
    stop = threading.Event()

    with served(_busy_for(7, [])) as url:
        informer(Kube(url), _MAPS, lambda _: stop.set(), stop)

    assert stop.is_set()


def _busy_for(times: int, said: list[Request]) -> Callable[[Request], Reply]:
    """Answers so often that it is busy, and then with an empty list."""
    empty = {"apiVersion": "v1", "kind": "ConfigMapList", "metadata": {"resourceVersion": "1"}}
    whole = Reply(200, json.dumps({**empty, "items": []}).encode())

    def answer(request: Request) -> Reply:
        said.append(request)
        return _BUSY if len(said) <= times else whole

    return answer


def test_an_informer_keeps_up_with_its_collection(kube: Kube) -> None:
    kube.create(_MAPS, _map("one"))
    stop, seen, changed = threading.Event(), set[str](), threading.Condition()

    def on_change(store: Informed) -> None:
        with changed:
            seen.clear()
            seen.update(name for _, name in store)
            changed.notify_all()

    thread = threading.Thread(target=informer, args=(kube, _MAPS, on_change, stop))
    thread.start()
    try:
        with changed:
            assert changed.wait_for(lambda: seen == {"one"}, 5)
        kube.create(_MAPS, _map("two"))
        with changed:
            assert changed.wait_for(lambda: seen == {"one", "two"}, 5)
        kube.delete(f"{_MAPS}/one")
        with changed:
            assert changed.wait_for(lambda: seen == {"two"}, 5)
    finally:
        stop.set()
        thread.join()
