"""The controllers on a real API server. Pods become ready by hand: nobody runs them here."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from infra.local.controllers import __main__ as controllers
from infra.local.controllers import deployment, endpoints, objects, replicaset
from infra.local.kube import Kube, Tree

pytestmark = pytest.mark.loopback

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
REPLICA_SETS = "/apis/apps/v1/namespaces/default/replicasets"
PODS = "/api/v1/namespaces/default/pods"
SERVICES = "/api/v1/namespaces/default/services"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
WEB = f"{DEPLOYMENTS}/web"
LABELS = {"app": "web"}


@pytest.fixture
def kube(apiserver):
    client = Kube(apiserver.url)
    yield client
    client.close()


def template(version: str) -> Tree:
    ports = [{"name": "http", "containerPort": 8080}]
    container = {"name": "web", "image": f"croc-hunter:{version}", "ports": ports}
    return {"metadata": {"labels": LABELS}, "spec": {"containers": [container]}}


def deploy(kube: Kube, replicas: int, **spec: object) -> None:
    kube.create(
        DEPLOYMENTS,
        {
            "metadata": {"name": "web"},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": LABELS},
                "template": template("1"),
                **spec,
            },
        },
    )


def serve(kube: Kube, **spec: object) -> None:
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    service = {"metadata": {"name": "web"}, "spec": {"selector": LABELS, "ports": ports, **spec}}
    kube.create(SERVICES, service)


def settle(kube: Kube) -> None:
    """Lets every controller look until none of them changes anything."""
    before, after = "", kube.list(PODS)[1]
    while before != after:
        deployment.sync(kube, "default", "web")
        for found in kube.list(REPLICA_SETS)[0]:
            replicaset.sync(kube, "default", found["metadata"]["name"])
        endpoints.sync(kube, "default")
        before, after = after, kube.list(PODS)[1]


def run_pods(kube: Kube, *, ready: bool = True) -> None:
    """Does what a kubelet would: binds every pod and says how it is."""
    for number, pod in enumerate(kube.list(PODS)[0], start=1):
        path = f"{PODS}/{pod['metadata']['name']}"
        if not pod["spec"].get("nodeName"):
            kube.create(f"{path}/binding", {"target": {"kind": "Node", "name": "lab"}})
        condition = {
            "type": "Ready",
            "status": str(ready),
            "lastTransitionTime": objects.stamp(datetime.now(UTC)),
        }
        status = {"phase": "Running", "podIP": f"192.0.2.{number}", "conditions": [condition]}
        kube.patch(f"{path}/status", {"status": status})


def let_go(kube: Kube) -> None:
    """Ends the pods that were deleted."""
    for pod in kube.list(PODS)[0]:
        if objects.is_going(pod):
            kube.delete(f"{PODS}/{pod['metadata']['name']}", grace_seconds=0)


def roll_out(kube: Kube) -> None:
    """Lets every pod become ready as soon as it is there, until the rollout is over."""
    before, after = "", kube.list(PODS)[1]
    while before != after:
        settle(kube)
        run_pods(kube)
        settle(kube)
        let_go(kube)
        before, after = after, _state(kube)


def _state(kube: Kube) -> str:
    sets = kube.list(REPLICA_SETS)[0]
    return str([(s["metadata"]["name"], s["spec"]["replicas"], s["status"]) for s in sets])


def web(kube: Kube) -> Tree:
    found = kube.get(WEB)
    assert found is not None
    return found


def progressing(kube: Kube) -> tuple[str, str]:
    found = objects.condition(web(kube), "Progressing")
    assert found is not None
    return found["status"], found["reason"]


def images(kube: Kube) -> list[str]:
    pods = [pod for pod in kube.list(PODS)[0] if not objects.is_going(pod)]
    return sorted(pod["spec"]["containers"][0]["image"] for pod in pods)


def test_a_deployment_gets_a_replica_set_and_that_its_pods(kube):
    deploy(kube, 2)

    settle(kube)

    [made] = kube.list(REPLICA_SETS)[0]
    pods = kube.list(PODS)[0]
    assert objects.is_controlled_by(made, web(kube))
    assert [objects.is_controlled_by(pod, made) for pod in pods] == [True, True]
    assert {pod["metadata"]["labels"]["pod-template-hash"] for pod in pods} == {
        made["metadata"]["name"].removeprefix("web-")
    }


def test_the_status_tells_what_is_not_there_yet(kube):
    deploy(kube, 2)

    settle(kube)

    status = web(kube)["status"]
    assert status | {"conditions": ()} == {
        "observedGeneration": 1,
        "replicas": 2,
        "updatedReplicas": 2,
        "unavailableReplicas": 2,
        "conditions": (),
    }
    assert [(c["type"], c["status"], c["reason"]) for c in status["conditions"]] == [
        ("Available", "False", "MinimumReplicasUnavailable"),
        ("Progressing", "True", "ReplicaSetUpdated"),
    ]


def test_the_status_tells_when_all_is_there(kube):
    deploy(kube, 2)

    roll_out(kube)

    status = web(kube)["status"]
    assert status | {"conditions": ()} == {
        "observedGeneration": 1,
        "replicas": 2,
        "updatedReplicas": 2,
        "readyReplicas": 2,
        "availableReplicas": 2,
        "conditions": (),
    }
    assert [(c["type"], c["status"], c["reason"]) for c in status["conditions"]] == [
        ("Available", "True", "MinimumReplicasAvailable"),
        ("Progressing", "True", "NewReplicaSetAvailable"),
    ]


def test_a_look_that_finds_nothing_new_writes_nothing(kube):
    deploy(kube, 2)
    serve(kube)
    roll_out(kube)
    before = kube.list(PODS)[1]

    deployment.sync(kube, "default", "web")
    replicaset.sync(kube, "default", kube.list(REPLICA_SETS)[0][0]["metadata"]["name"])
    endpoints.sync(kube, "default")

    assert kube.list(PODS)[1] == before


def test_numbering_a_revision_moves_no_generation(kube):
    deploy(kube, 1)

    roll_out(kube)

    assert web(kube)["metadata"]["annotations"][deployment.REVISION] == "1"
    assert web(kube)["metadata"]["generation"] == 1


def test_a_rolling_update_keeps_enough_pods_available(kube):
    deploy(kube, 4)
    roll_out(kube)
    kube.patch(WEB, {"spec": {"template": template("2")}})

    settle(kube)

    assert images(kube) == ["croc-hunter:1"] * 3 + ["croc-hunter:2"] * 2
    roll_out(kube)
    assert images(kube) == ["croc-hunter:2"] * 4
    assert progressing(kube) == ("True", "NewReplicaSetAvailable")


def test_an_earlier_template_brings_its_replica_set_back_under_a_new_number(kube):
    deploy(kube, 1)
    roll_out(kube)
    [first] = kube.list(REPLICA_SETS)[0]
    kube.patch(WEB, {"spec": {"template": template("2")}})
    roll_out(kube)

    kube.patch(WEB, {"spec": {"template": template("1")}})
    roll_out(kube)

    sets = {s["metadata"]["name"]: s for s in kube.list(REPLICA_SETS)[0]}
    assert len(sets) == 2
    assert sets[first["metadata"]["name"]]["spec"]["replicas"] == 1
    assert web(kube)["metadata"]["annotations"][deployment.REVISION] == "3"


def test_old_revisions_are_forgotten_beyond_the_limit(kube):
    deploy(kube, 1, revisionHistoryLimit=1)
    for version in ("1", "2", "3"):
        kube.patch(WEB, {"spec": {"template": template(version)}})
        roll_out(kube)

    kept = [s["metadata"]["annotations"][deployment.REVISION] for s in kube.list(REPLICA_SETS)[0]]

    assert sorted(kept) == ["2", "3"]


def test_recreate_waits_for_the_last_old_pod(kube):
    deploy(kube, 2, strategy={"type": "Recreate"})
    roll_out(kube)
    kube.patch(WEB, {"spec": {"template": template("2")}})

    settle(kube)
    while_the_old_end = images(kube)
    let_go(kube)
    settle(kube)

    assert while_the_old_end == []
    assert images(kube) == ["croc-hunter:2"] * 2


def test_a_paused_deployment_does_not_roll_out(kube):
    deploy(kube, 1)
    roll_out(kube)
    kube.patch(WEB, {"spec": {"paused": True, "replicas": 2, "template": template("2")}})

    roll_out(kube)

    assert images(kube) == ["croc-hunter:1"] * 2
    assert web(kube)["status"]["observedGeneration"] == web(kube)["metadata"]["generation"]


def test_a_rollout_without_progress_exceeds_its_deadline(kube):
    deploy(kube, 1, progressDeadlineSeconds=60)
    settle(kube)
    make_older(kube, timedelta(seconds=61))

    settle(kube)

    assert progressing(kube) == ("False", "ProgressDeadlineExceeded")


def test_a_deadline_is_looked_at_when_it_is_over(kube):
    deploy(kube, 1, progressDeadlineSeconds=60)
    settle(kube)

    again = deployment.sync(kube, "default", "web")

    assert again == pytest.approx(61, abs=2)


def test_no_deadline_runs_for_a_completed_revision_that_is_scaled(kube):
    deploy(kube, 1, progressDeadlineSeconds=60)
    roll_out(kube)
    make_older(kube, timedelta(seconds=61))
    kube.patch(WEB, {"spec": {"replicas": 3}})

    settle(kube)

    assert web(kube)["status"]["unavailableReplicas"] == 2
    assert progressing(kube) == ("True", "NewReplicaSetAvailable")


def test_scaling_down_spares_the_pods_that_are_ready(kube):
    deploy(kube, 1)
    roll_out(kube)
    [ready] = kube.list(PODS)[0]
    kube.patch(WEB, {"spec": {"replicas": 3}})
    settle(kube)

    kube.patch(WEB, {"spec": {"replicas": 1}})
    settle(kube)

    [kept] = [pod for pod in kube.list(PODS)[0] if not objects.is_going(pod)]
    assert kept["metadata"]["name"] == ready["metadata"]["name"]


def test_a_pod_that_is_ready_too_shortly_is_not_available(kube):
    deploy(kube, 1, minReadySeconds=30)
    settle(kube)
    run_pods(kube)
    [made] = kube.list(REPLICA_SETS)[0]

    again = replicaset.sync(kube, "default", made["metadata"]["name"])

    status = kube.list(REPLICA_SETS)[0][0]["status"]
    assert (status["readyReplicas"], status.get("availableReplicas", 0)) == (1, 0)
    assert again == pytest.approx(30, abs=2)


def test_a_service_lists_its_pods_with_the_port_they_name(kube):
    deploy(kube, 1)
    serve(kube, ports=[{"name": "web", "port": 80, "targetPort": "http", "appProtocol": "http"}])
    roll_out(kube)

    [found] = kube.list(SLICES)[0]
    [pod] = kube.list(PODS)[0]

    assert found["metadata"]["name"].startswith("web-")
    assert found["metadata"]["labels"]["kubernetes.io/service-name"] == "web"
    assert found["metadata"]["ownerReferences"][0]["kind"] == "Service"
    assert found["ports"] == [
        {"name": "web", "port": 8080, "protocol": "TCP", "appProtocol": "http"}
    ]
    assert found["endpoints"] == [
        {
            "addresses": ["192.0.2.1"],
            "conditions": {"ready": True, "serving": True, "terminating": False},
            "nodeName": "lab",
            "targetRef": {
                "kind": "Pod",
                "namespace": "default",
                "name": pod["metadata"]["name"],
                "uid": pod["metadata"]["uid"],
            },
        }
    ]


@pytest.mark.parametrize(
    ("ready", "deleted", "conditions"),
    [
        pytest.param(True, False, (True, True, False), id="ready"),
        pytest.param(False, False, (False, False, False), id="not ready"),
        pytest.param(True, True, (False, True, True), id="going, but still serving"),
        pytest.param(False, True, (False, False, True), id="going and not serving"),
    ],
)
def test_an_endpoint_tells_what_may_be_expected_of_its_pod(kube, ready, deleted, conditions):
    serve(kube)
    kube.create(PODS, {"metadata": {"name": "a", **template("1")["metadata"]}, **spec_of("1")})
    run_pods(kube, ready=ready)
    if deleted:
        kube.delete(f"{PODS}/a")

    endpoints.sync(kube, "default")

    [endpoint] = kube.list(SLICES)[0][0]["endpoints"]
    assert tuple(endpoint["conditions"][key] for key in ("ready", "serving", "terminating")) == (
        conditions
    )


def test_a_pod_whose_labels_change_leaves_the_service(kube):
    serve(kube)
    kube.create(PODS, {"metadata": {"name": "a", **template("1")["metadata"]}, **spec_of("1")})
    run_pods(kube)
    endpoints.sync(kube, "default")

    kube.patch(f"{PODS}/a", {"metadata": {"labels": {"app": "other"}}})
    endpoints.sync(kube, "default")

    assert kube.list(SLICES)[0][0]["endpoints"] == []


def test_a_service_without_selector_is_left_alone(kube):
    kube.create(SERVICES, {"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}})

    endpoints.sync(kube, "default")

    assert kube.list(SLICES)[0] == []


def test_the_running_controllers_follow_every_change(apiserver, kube):
    stop = threading.Event()
    running = threading.Thread(target=controllers.run, args=(Kube(apiserver.url), stop))
    running.start()
    try:
        serve(kube)
        deploy(kube, 2)
        eventually(lambda: len(kube.list(PODS)[0]) == 2)
        run_pods(kube)
        eventually(lambda: web(kube)["status"].get("availableReplicas") == 2)
        eventually(lambda: len(kube.list(SLICES)[0][0]["endpoints"]) == 2)
        kube.patch(WEB, {"spec": {"replicas": 0}})
        eventually(lambda: all(objects.is_going(pod) for pod in kube.list(PODS)[0]))
        let_go(kube)
        eventually(lambda: kube.list(SLICES)[0][0]["endpoints"] == [])
    finally:
        stop.set()
        running.join()

    assert web(kube)["status"]["observedGeneration"] == web(kube)["metadata"]["generation"]


def spec_of(version: str) -> Tree:
    return {"spec": template(version)["spec"]}


def make_older(kube: Kube, age: timedelta) -> None:
    """Moves the conditions of the Deployment into the past."""
    conditions = web(kube)["status"]["conditions"]
    then = objects.stamp(datetime.now(UTC) - age)
    moved = [{**one, "lastUpdateTime": then, "lastTransitionTime": then} for one in conditions]
    kube.patch(f"{WEB}/status", {"status": {"conditions": moved}})


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 8
    while not holds():
        assert time.monotonic() < end, "it did not happen within 8 s"
        time.sleep(0.02)
