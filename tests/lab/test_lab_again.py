"""A lab that is started again: its objects are there, and its pods come back."""

import http.client
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local import lab, rollout, stage
from infra.local.controllers import objects
from infra.local.kube import Tree, connected
from infra.local.lab import Before, Lab
from infra.local.promote import NAMESPACE

pytestmark = [pytest.mark.lab, pytest.mark.timeout(180)]


def test_a_lab_that_starts_again_has_its_objects_and_its_pods_serve(tmp_path: Path):
    with lab.running(tmp_path) as first, stage.observed(first) as seen:
        stage.bring(first, seen)
        before, version = pods(first), reached(first)

    with (
        lab.running(tmp_path, before=Before.KEPT) as second,
        stage.observed(second) as seen,
    ):
        stage.bring(second, seen)
        until(lambda: asked(second) == 200)
        until(lambda: all(objects.is_ready(pod) for pod in pods(second)))
        after = pods(second)

        assert [uid(pod) for pod in after] == [uid(pod) for pod in before]
        assert [restarts(pod) for pod in after] == [1] * len(before)
        assert seen.stand.phase == "Initialized"
        assert reached(second) > version


def test_a_lab_begins_anew_where_it_is_not_told_otherwise(tmp_path: Path):
    (tmp_path / "objects.jsonl").write_text("what an earlier lab left behind\n")

    with lab.running(tmp_path) as fresh:
        assert pods(fresh) == []


def pods(running: Lab) -> list[Tree]:
    kube = connected(running.kubeconfig)
    found, _ = kube.list(f"/api/v1/namespaces/{NAMESPACE}/pods")
    kube.close()
    return sorted(found, key=uid)


def reached(running: Lab) -> int:
    kube = connected(running.kubeconfig)
    _, version = kube.list("/api/v1/namespaces")
    kube.close()
    return int(version)


def asked(running: Lab) -> int:
    """What the sample app answers through the mesh."""
    connection = http.client.HTTPConnection(running.ports.gateway, timeout=5)
    try:
        connection.request("GET", "/", headers={"Host": rollout.HOST})
        return connection.getresponse().status
    finally:
        connection.close()


def uid(pod: Tree) -> str:
    return str(pod["metadata"]["uid"])


def restarts(pod: Tree) -> int:
    (container,) = pod["status"]["containerStatuses"]
    return int(container["restartCount"])


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)
