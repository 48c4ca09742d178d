"""The embedded API server: many writers lose nothing, and many objects cost little."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.local.apiserver.server import Server
from infra.local.apiserver.trees import copied
from infra.local.kube import Kube, KubeError
from tests.lab.raw_http import DEPLOYMENTS, MAPS, METADATA_LIST, ask, deployment

pytestmark = pytest.mark.loopback

_WRITERS = 4
_WRITES = 25


def _count_up(kube: Kube, conflicts: list[int]) -> None:
    """Adds to a counter again and again, from the version that was read."""
    done = 0
    while done < _WRITES:
        found = kube.get(f"{MAPS}/counter")
        assert found is not None
        found["data"]["count"] = str(int(found["data"]["count"]) + 1)
        try:
            kube.replace(f"{MAPS}/counter", found)
        except KubeError as error:
            conflicts.append(error.status)
        else:
            done += 1


def test_of_many_writers_none_overwrites_another(apiserver: Server) -> None:
    kube = Kube(apiserver.url)
    kube.create(MAPS, {"metadata": {"name": "counter"}, "data": {"count": "0"}})
    conflicts: list[int] = []

    with ThreadPoolExecutor(_WRITERS) as pool:
        for running in [pool.submit(_count_up, kube, conflicts) for _ in range(_WRITERS)]:
            running.result()
    found = kube.get(f"{MAPS}/counter")
    kube.close()

    assert found is not None
    assert found["data"]["count"] == str(_WRITERS * _WRITES)
    assert set(conflicts) <= {409}


def test_of_many_watchers_each_sees_every_change_in_order(apiserver: Server) -> None:
    kube = Kube(apiserver.url)
    version = kube.list(MAPS)[1]
    seen: list[list[int]] = [[] for _ in range(8)]

    def follow(versions: list[int]) -> None:
        for _, obj in kube.watch(MAPS, version, timeout=2):
            versions.append(int(obj["metadata"]["resourceVersion"]))

    threads = [threading.Thread(target=follow, args=(versions,)) for versions in seen]
    for thread in threads:
        thread.start()
    made = [
        int(kube.create(MAPS, {"metadata": {"name": f"m-{n}"}})["metadata"]["resourceVersion"])
        for n in range(50)
    ]
    for thread in threads:
        thread.join()
    kube.close()

    assert seen == [made] * 8


def test_ten_thousand_deployments_are_paged_through_quickly(apiserver: Server) -> None:
    verbs = apiserver.verbs
    resource = verbs.catalogue.find("apps", "v1", "deployments")
    stored = verbs.create(resource, "default", deployment("app-0"))
    for number in range(1, 10_000):
        metadata = {**stored["metadata"], "name": f"app-{number}", "uid": str(number)}
        verbs.store.put(resource.key, copied({**stored, "metadata": metadata}))

    began, seen, token = time.perf_counter(), set[str](), ""
    while True:
        path = f"{DEPLOYMENTS}?limit=500&continue={token}"
        page = ask(apiserver, "GET", path, accept=METADATA_LIST).body
        seen.update(item["metadata"]["name"] for item in page["items"])
        token = page["metadata"].get("continue", "")
        if not token:
            break

    assert len(seen) == 10_000
    assert time.perf_counter() - began < 5  # measured: 0.3 s


def test_a_read_is_answered_within_a_millisecond_or_so(apiserver: Server) -> None:
    kube = Kube(apiserver.url)
    kube.create(DEPLOYMENTS, deployment())
    times = []
    for _ in range(200):
        began = time.perf_counter()
        kube.get(f"{DEPLOYMENTS}/web")
        times.append(time.perf_counter() - began)
    kube.close()

    assert sorted(times)[100] < 0.01  # measured: 0.3 ms; the rest is for a busy machine
