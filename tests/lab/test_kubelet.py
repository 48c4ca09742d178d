"""The kubelet: what it makes of a pod, and that a pod's end loses no request."""

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from infra.local.controllers import __main__ as controllers
from infra.local.controllers import objects
from infra.local.kube import Kube, Tree
from infra.local.kubelet import __main__ as kubelet
from infra.local.kubelet import pod as pods
from infra.local.kubelet.pod import ADDRESS, Ended, Health, Probe, Program, Running, Waiting
from infra.local.kubelet.reboot import reboot

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
PODS = "/api/v1/namespaces/default/pods"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
LABELS = {"app": "web"}


def pod_of(**container: object) -> Tree:
    return {
        "metadata": {"name": "web"},
        "spec": {"containers": [{"name": "web", "image": "croc-hunter:1.0.0", **container}]},
    }


def env(**variables: str) -> list[Tree]:
    return [{"name": name, "value": value} for name, value in variables.items()]


@pytest.fixture
def kube(apiserver):
    client = Kube(apiserver.url)
    yield client
    client.close()


@contextmanager
def running(target: Callable[..., None], *args: object, **options: object) -> Iterator[None]:
    """A part that runs in the background until the block ends."""
    stop = threading.Event()
    thread = threading.Thread(target=target, args=(*args, stop), kwargs=options)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def read(kube: Kube, name: str = "web") -> Tree:
    return kube.get(f"{PODS}/{name}") or {}


def is_ready(kube: Kube) -> bool:
    return objects.is_ready(read(kube))


def container(kube: Kube) -> Tree:
    found = read(kube).get("status", {}).get("containerStatuses") or [{}]
    return dict(found[0])


def address(pod: Tree) -> str:
    return str(pod["metadata"]["annotations"][ADDRESS])


def ask(where: str) -> tuple[int, str]:
    """The status and version of one answer."""
    connection = http.client.HTTPConnection(where, timeout=2)
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        response.read()
        return response.status, response.getheader("x-version", "")
    finally:
        connection.close()


def eventually(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 8
    while not holds():
        assert time.monotonic() < end, "it did not happen within 8 s"
        time.sleep(0.02)


def test_a_pod_is_a_program_of_its_images_version():
    found = pods.program(
        pod_of(image="gcr.io/jenkinsxio/croc-hunter:2.1", env=env(FAIL_RATE="0.1"))
    )

    assert found == Program("2.1", {"FAIL_RATE": "0.1"}, Probe())


def test_the_pods_own_probe_is_the_one_that_is_used():
    probe = {
        "httpGet": {"path": "/ready", "port": 8080, "httpHeaders": [{"name": "a", "value": "b"}]},
        "initialDelaySeconds": 2,
        "periodSeconds": 5,
        "timeoutSeconds": 3,
        "successThreshold": 2,
        "failureThreshold": 4,
    }

    found = pods.program(pod_of(readinessProbe=probe))

    assert isinstance(found, Program)
    assert found.probe == Probe(
        path="/ready",
        headers=(("a", "b"),),
        delay=2,
        period=5,
        timeout=3,
        successes=2,
        failures=4,
    )


@pytest.mark.parametrize(
    ("asked", "reason", "message"),
    [
        pytest.param({"image": "nginx:1"}, "ErrImagePull", "'nginx:1'", id="a foreign image"),
        pytest.param({"image": "croc-hunter"}, "ErrImagePull", "<version>", id="no version"),
        pytest.param(
            {"env": [{"name": "A", "valueFrom": {}}]},
            "CreateContainerConfigError",
            "env A:",
            id="a value from elsewhere",
        ),
        pytest.param(
            {"envFrom": [{"configMapRef": {"name": "a"}}]},
            "CreateContainerConfigError",
            "envFrom:",
            id="values from elsewhere",
        ),
    ],
)
def test_what_the_lab_cannot_run_waits_and_says_why(asked, reason, message):
    found = pods.program(pod_of(**asked))

    assert isinstance(found, Waiting)
    assert found.reason == reason
    assert message in found.message


def test_a_second_container_is_refused_by_name():
    pod = pod_of()
    pod["spec"]["containers"] *= 2

    assert pods.program(pod) == Waiting(
        "CreateContainerConfigError", "the lab runs one container per pod"
    )


@pytest.mark.parametrize(
    ("before", "passed", "after"),
    [
        pytest.param(Health(ready=False), True, Health(ready=False, otherwise=1), id="once"),
        pytest.param(Health(ready=False, otherwise=1), True, Health(ready=True), id="twice"),
        pytest.param(Health(ready=False, otherwise=1), False, Health(ready=False), id="in a row"),
        pytest.param(Health(ready=True), False, Health(ready=True, otherwise=1), id="one failure"),
        pytest.param(Health(ready=True, otherwise=2), False, Health(ready=False), id="the last"),
        pytest.param(Health(ready=True, otherwise=2), True, Health(ready=True), id="recovered"),
    ],
)
def test_health_turns_when_enough_probes_in_a_row_say_so(before, passed, after):
    assert pods.judged(before, passed, Probe(successes=2, failures=3)) == after


def test_a_crashed_container_waits_longer_each_time():
    assert [pods.backoff(restarts) for restarts in (0, 1, 2, 3, 99)] == [0.5, 1, 2, 4, 30]


def test_a_status_keeps_the_time_of_what_did_not_change():
    pod = pod_of()
    pod["status"] = pods.status(pod, "192.0.2.1", Running(NOW), restarts=0, last=None, now=NOW)
    later = NOW.replace(minute=1)

    status = pods.status(
        pod, "192.0.2.1", Running(NOW, ready=True), restarts=0, last=None, now=later
    )

    assert {c["type"]: c["lastTransitionTime"] for c in status["conditions"]} == {
        "PodScheduled": "2026-03-01T12:00:00Z",
        "Initialized": "2026-03-01T12:00:00Z",
        "ContainersReady": "2026-03-01T12:01:00Z",
        "Ready": "2026-03-01T12:01:00Z",
    }
    assert status["startTime"] == "2026-03-01T12:00:00Z"


def test_a_status_tells_how_the_last_process_ended():
    ended = Ended(code=1, started=NOW, finished=NOW.replace(second=5))

    status = pods.status(
        pod_of(), "192.0.2.1", Waiting("CrashLoopBackOff", "why"), restarts=3, last=ended, now=NOW
    )

    [told] = status["containerStatuses"]
    assert status["phase"] == "Running"
    assert told["restartCount"] == 3
    assert told["state"] == {"waiting": {"reason": "CrashLoopBackOff", "message": "why"}}
    assert told["lastState"]["terminated"]["exitCode"] == 1


@pytest.mark.loopback
def test_a_pod_runs_answers_and_is_ready(apiserver, kube):
    with running(kubelet.run, Kube(apiserver.url)):
        kube.create(PODS, pod_of())
        eventually(lambda: is_ready(kube))

        pod = read(kube)
        assert ask(address(pod)) == (200, "1.0.0")
        assert pod["spec"]["nodeName"] == "lab"
        assert pod["status"]["podIP"].startswith("192.0.2.")
        assert pod["status"]["phase"] == "Running"
        assert kube.get("/api/v1/nodes/lab") is not None


@pytest.mark.loopback
def test_an_unknown_image_is_never_ready_and_can_be_deleted(apiserver, kube):
    with running(kubelet.run, Kube(apiserver.url)):
        kube.create(PODS, pod_of(image="nginx:1"))
        eventually(lambda: "waiting" in container(kube).get("state", {}))

        assert container(kube)["state"]["waiting"]["reason"] == "ErrImagePull"
        assert read(kube)["status"]["phase"] == "Pending"
        kube.delete(f"{PODS}/web")
        eventually(lambda: read(kube) == {})


@pytest.mark.loopback
def test_a_pod_that_never_gets_ready_runs_but_is_not_ready(apiserver, kube):
    with running(kubelet.run, Kube(apiserver.url)):
        kube.create(PODS, pod_of(env=env(READY="never")))
        eventually(lambda: "running" in container(kube).get("state", {}))
        time.sleep(0.5)

        assert not is_ready(kube)
        assert ask(address(read(kube)))[0] == 200


@pytest.mark.loopback
def test_a_crashing_pod_is_started_again(apiserver, kube):
    with running(kubelet.run, Kube(apiserver.url)):
        kube.create(PODS, pod_of(env=env(FAIL_RATE="nonsense")))
        eventually(lambda: container(kube).get("restartCount", 0) >= 1)

        assert not is_ready(kube)
        assert container(kube)["lastState"]["terminated"]["exitCode"] == 1


@pytest.mark.loopback
def test_a_deleted_pod_serves_until_the_mesh_has_surely_dropped_it(apiserver, kube):
    with running(kubelet.run, Kube(apiserver.url), drain_seconds=0.6):
        kube.create(PODS, pod_of())
        eventually(lambda: is_ready(kube))
        where = address(read(kube))

        kube.delete(f"{PODS}/web")
        begun = time.monotonic()
        time.sleep(0.3)
        while_draining = ask(where)
        eventually(lambda: read(kube) == {})

        assert while_draining == (200, "1.0.0")
        assert time.monotonic() - begun >= 0.6
        with pytest.raises(ConnectionRefusedError):
            ask(where)


@pytest.mark.loopback
def test_a_request_in_flight_is_answered_before_the_pod_ends(apiserver, kube):
    answers: list[tuple[int, str]] = []
    with running(kubelet.run, Kube(apiserver.url), drain_seconds=0.1):
        kube.create(PODS, pod_of(env=env(DELAY_MS="1000")))
        eventually(lambda: is_ready(kube))
        where = address(read(kube))

        asking = threading.Thread(target=lambda: answers.append(ask(where)))
        asking.start()
        time.sleep(0.1)
        kube.delete(f"{PODS}/web")
        asking.join()
        eventually(lambda: read(kube) == {})

    assert answers == [(200, "1.0.0")]


@pytest.mark.loopback
def test_a_pod_that_was_in_no_route_ends_at_once(apiserver, kube):
    with running(kubelet.run, Kube(apiserver.url), drain_seconds=30):
        kube.create(PODS, pod_of(env=env(READY="never")))
        eventually(lambda: "running" in container(kube).get("state", {}))

        kube.delete(f"{PODS}/web")

        eventually(lambda: read(kube) == {})


@pytest.mark.loopback
def test_a_pod_is_given_no_longer_than_its_grace(apiserver, kube):
    with running(kubelet.run, Kube(apiserver.url), drain_seconds=30):
        kube.create(PODS, pod_of())
        eventually(lambda: is_ready(kube))

        kube.delete(f"{PODS}/web", grace_seconds=1)

        eventually(lambda: read(kube) == {})


@pytest.mark.loopback
def test_a_pod_that_is_gone_without_grace_leaves_no_process(apiserver, kube):
    with running(kubelet.run, Kube(apiserver.url), drain_seconds=30):
        kube.create(PODS, pod_of())
        eventually(lambda: is_ready(kube))
        where = address(read(kube))

        kube.delete(f"{PODS}/web", grace_seconds=0)

        eventually(lambda: not is_listening(where))


@pytest.mark.loopback
def test_the_next_kubelet_starts_the_pods_of_the_last_again(apiserver, kube):
    with running(kubelet.run, Kube(apiserver.url)):
        kube.create(PODS, pod_of())
        eventually(lambda: is_ready(kube))
        first = address(read(kube))
    assert not is_listening(first)

    with running(kubelet.run, Kube(apiserver.url)):
        eventually(lambda: address(read(kube)) != first or is_listening(first))
        eventually(lambda: is_ready(kube) and is_listening(address(read(kube))))

        assert ask(address(read(kube))) == (200, "1.0.0")


@pytest.mark.loopback
def test_a_rolling_update_loses_no_request(apiserver, kube):
    with (
        running(controllers.run, Kube(apiserver.url)),
        running(kubelet.run, Kube(apiserver.url), drain_seconds=0.5),
    ):
        kube.create("/api/v1/namespaces/default/services", service())
        kube.create(DEPLOYMENTS, deployment("1.0.0"))
        eventually(lambda: len(served(kube)) == 2)

        answers = []
        kube.patch(f"{DEPLOYMENTS}/web", {"spec": deployment("2.0.0")["spec"]})
        end = time.monotonic() + 3
        while time.monotonic() < end:
            answers += [ask(where) for where in served(kube)]

    assert {status for status, _ in answers} == {200}
    assert [version for _, version in answers[:1] + answers[-1:]] == ["1.0.0", "2.0.0"]


def is_listening(where: str) -> bool:
    host, _, port = where.partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def served(kube: Kube) -> list[str]:
    """Where a mesh would send requests now: the addresses of the ready endpoints."""
    found = {pod["metadata"]["uid"]: pod for pod in kube.list(PODS)[0]}
    ready = [
        endpoint["targetRef"]["uid"]
        for one in kube.list(SLICES)[0]
        for endpoint in one["endpoints"]
        if endpoint["conditions"]["ready"]
    ]
    return [address(found[uid]) for uid in ready if uid in found]


def service() -> Tree:
    return {
        "metadata": {"name": "web"},
        "spec": {"selector": LABELS, "ports": [{"port": 80, "targetPort": 8080}]},
    }


def deployment(version: str) -> Tree:
    pod = pod_of(image=f"croc-hunter:{version}")
    template = {"metadata": {"labels": LABELS}, "spec": pod["spec"]}
    spec = {"replicas": 2, "selector": {"matchLabels": LABELS}, "template": template}
    return {"metadata": {"name": "web"}, "spec": spec}


@pytest.mark.loopback
def test_a_pod_of_an_earlier_lab_does_not_look_alive(apiserver, kube):
    kube.create(PODS, pod_of())
    with running(kubelet.run, Kube(apiserver.url)):
        eventually(lambda: is_ready(kube))
    left = read(kube)

    reboot(kube)

    found = read(kube)
    assert objects.is_ready(left)
    assert not objects.is_ready(found)
    assert "podIP" not in found["status"]
    assert ADDRESS not in found["metadata"].get("annotations", {})


@pytest.mark.loopback
def test_a_pod_of_an_earlier_lab_comes_back_and_counts_it(apiserver, kube):
    kube.create(PODS, pod_of())
    with running(kubelet.run, Kube(apiserver.url)):
        eventually(lambda: is_ready(kube))
    reboot(kube)

    with running(kubelet.run, Kube(apiserver.url)):
        eventually(lambda: is_ready(kube))

        assert container(kube)["restartCount"] == 1
