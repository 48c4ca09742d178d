"""A running Flagger is taken over: what it left as it settled is recognised, and nothing starts.

The objects are those that a real Flagger 1.44 left on a real API server. They are taken over on the
lab's API server, and on a real one with the real Deployment controller.
"""

import copy
import itertools
import time
from collections.abc import Iterator

import pytest

from infra.local.apply import collection, create
from infra.local.controlplane.kubelet import a_kubelet
from shared.domain.revision import revision_of
from tests.flagger.player import events_of, states_of
from tests.flagger.recording import left_by_flagger
from tests.flagger.world import World, a_world, a_world_of

SETTLED = [
    pytest.param(scenario, after, id=f"{scenario}: {phase}")
    for scenario, after, phase in (
        ("weights", "after-0", "Initialized"),
        ("weights", "after-1", "Succeeded"),
        ("weights", "after-2", "Failed"),
        ("never-ready", "after-1", "Failed"),
        ("overshoot", "after-1", "Succeeded"),
        ("skip", "after-1", "Succeeded"),
        ("step-weights", "after-1", "Succeeded"),
        ("superseded", "after-2", "Succeeded"),
        ("suspended", "after-3", "Succeeded"),
        ("configs", "after-0", "Initialized"),
        ("configs", "after-1", "Succeeded"),
    )
]
_SERVERS = ("uid", "resourceVersion", "creationTimestamp", "generation", "ownerReferences")
_ALLOTTED = ("clusterIP", "clusterIPs")
_SETTLE_SECONDS = 30.0
_numbers = itertools.count()


@pytest.fixture(
    params=[
        pytest.param("embedded", marks=pytest.mark.loopback),
        pytest.param("real", marks=pytest.mark.cluster),
    ]
)
def world(request, tmp_path) -> Iterator[World]:
    """A namespace, and Spillway beside it."""
    name = f"takeover{next(_numbers)}"
    if request.param == "embedded":
        with a_world(name, request.getfixturevalue("apiserver"), tmp_path) as embedded:
            yield embedded
        return
    config = request.getfixturevalue("control_plane").kubeconfig()
    with a_world_of(name, config, by_itself) as real, a_kubelet(real.kube):
        yield real


def by_itself(world):
    """Waits for the real controller."""
    ends = time.monotonic() + _SETTLE_SECONDS
    while not all(is_rolled_out(found) for found in world.found("/apis/apps/v1", "deployments")):
        assert time.monotonic() < ends, "it never settles"
        time.sleep(0.05)


def is_rolled_out(deployment):
    wanted, status = deployment["spec"]["replicas"], deployment.get("status", {})
    counts = ("replicas", "updatedReplicas", "availableReplicas")
    seen = status.get("observedGeneration") == deployment["metadata"]["generation"]
    return seen and all(status.get(count, 0) == wanted for count in counts)


def leave_behind(world, objects):
    """Puts recorded objects into a new namespace, owned by the Canary as they were."""
    uids: dict[str, str] = {}
    for obj in sorted(objects, key=lambda item: item["kind"] != "Canary"):
        metadata = {k: v for k, v in obj["metadata"].items() if k not in _SERVERS}
        metadata["namespace"] = world.namespace
        if "ownerReferences" in obj["metadata"]:
            references = obj["metadata"]["ownerReferences"]
            metadata["ownerReferences"] = [{**item, "uid": uids["app"]} for item in references]
        spec = {k: v for k, v in obj.get("spec", {}).items() if k not in _ALLOTTED}
        left = {**obj, "metadata": metadata, **({"spec": spec} if spec else {})}
        made = create(world.kube, left)
        if obj["kind"] == "Canary":
            uids["app"] = made["metadata"]["uid"]
            path = f"{collection(made)}/{made['metadata']['name']}/status"
            world.kube.patch(path, {"status": obj["status"]})
    world.settle()


def template(world, name):
    path = f"/apis/apps/v1/namespaces/{world.namespace}/deployments/{name}"
    return world.kube.get(path)["spec"]["template"]


def status(world):
    path = f"/apis/flagger.app/v1beta1/namespaces/{world.namespace}/canaries/app"
    return world.kube.get(path)["status"]


def told(world):
    """Of the canary: the Deployment controller tells of Deployments."""
    return [said for said in events_of(world) if " Synced " in said]


@pytest.mark.parametrize(("scenario", "after"), SETTLED)
def test_a_settled_canary_of_flaggers_stays_as_it_is(scenario, after, world):
    leave_behind(world, left_by_flagger(scenario)[after])
    before, primary = list(states_of(world)), template(world, "app-primary")

    for _ in range(3):
        world.next_pass()

    assert list(states_of(world)) == before
    assert template(world, "app-primary") == primary
    assert told(world) == []
    assert not world.beats


@pytest.mark.parametrize("after", ["after-0", "after-1", "after-2"])
def test_a_settled_canary_of_flaggers_takes_the_next_version_up(after, world):
    leave_behind(world, left_by_flagger("weights")[after])
    world.next_pass()

    world.set_image("app:9")
    world.next_pass()

    assert told(world) == [f"Normal Synced New revision detected! Scaling up app.{world.namespace}"]
    assert status(world)["phase"] == "Progressing"
    assert status(world)["lastAppliedSpec"] == revision_of(template(world, "app"))
    assert status(world)["lastPromotedSpec"].startswith("s1:")


def test_in_failed_the_target_as_found_is_what_failed(world):
    leave_behind(world, left_by_flagger("weights")["after-2"])
    found = revision_of(template(world, "app"))

    world.patch("deployment", "app", {"metadata": {"labels": {"team": "shop"}}})
    world.patch("canary", "app", {"spec": {"progressDeadlineSeconds": 61}})
    world.next_pass()
    world.next_pass()

    assert told(world) == []
    assert status(world)["phase"] == "Failed"
    assert status(world)["lastAppliedSpec"] == found


@pytest.mark.parametrize(
    ("scenario", "after"),
    [
        pytest.param("superseded", "after-1", id="Progressing"),
        pytest.param("suspended", "after-1", id="suspended"),
        pytest.param("reverted", "after-1", id="reverted"),
    ],
)
def test_a_canary_found_in_mid_run_starts_its_analysis_again(scenario, after, world):
    leave_behind(world, left_by_flagger(scenario)[after])

    world.next_pass()

    states = dict(states_of(world))
    assert states["Canary", "app"].startswith("Progressing at 0:")
    assert states["VirtualService", "app"] == "route app: app-primary 100, app-canary 0"


def test_a_flagger_that_selects_by_another_label_is_taken_over_with_it(world):
    leave_behind(world, [by_service(obj) for obj in left_by_flagger("weights")["after-1"]])
    before, primary = list(states_of(world)), template(world, "app-primary")

    world.next_pass()
    assert (list(states_of(world)), template(world, "app-primary")) == (before, primary)
    assert told(world) == []

    world.set_image("app:9")
    world.next_pass()
    assert status(world)["phase"] == "Progressing"
    assert {
        service["metadata"]["name"]: service["spec"]["selector"]
        for service in world.found("/api/v1", "services")
    } == {
        "app": {"service": "app-primary"},
        "app-canary": {"service": "app"},
        "app-primary": {"service": "app-primary"},
    }


def by_service(obj):
    """As a Flagger with `-selector-labels=service` leaves it, whose target has that label too."""

    def also(labels):
        return {**labels, "service": labels["app"]}

    def instead(labels):
        return {key: value for key, value in also(labels).items() if key != "app"}

    if obj["kind"] not in ("Deployment", "Service"):
        return obj
    obj, is_target = copy.deepcopy(obj), obj["metadata"]["name"] == "app"
    relabelled = also if obj["kind"] == "Deployment" and is_target else instead
    metadata, spec = obj["metadata"], obj["spec"]
    metadata["labels"] = relabelled(metadata["labels"])
    if obj["kind"] == "Service":
        spec["selector"] = relabelled(spec["selector"])
        return obj
    spec["selector"]["matchLabels"] = relabelled(spec["selector"]["matchLabels"])
    pods = spec["template"]["metadata"]
    pods["labels"] = {**also(pods["labels"]), "app": "app"}
    return obj
