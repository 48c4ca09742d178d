"""A running Flagger is taken over: what it left as it settled is recognised, and nothing starts."""

import pytest

from infra.local.apply import collection, create
from tests.flagger.player import events_of, states_of
from tests.flagger.recording import of_flagger
from tests.flagger.world import a_world

_SERVERS = ("uid", "resourceVersion", "creationTimestamp", "generation", "ownerReferences")
_ALLOTTED = ("clusterIP", "clusterIPs")


def _leave_behind(world, objects):
    """Puts recorded objects into a new namespace, owned by the Canary as they were."""
    uids: dict[str, str] = {}
    for obj in sorted(objects, key=lambda item: item["kind"] != "Canary"):
        metadata = {k: v for k, v in obj["metadata"].items() if k not in _SERVERS}
        metadata["namespace"] = world.namespace
        if "ownerReferences" in obj["metadata"]:
            references = obj["metadata"]["ownerReferences"]
            metadata["ownerReferences"] = [{**item, "uid": uids["app"]} for item in references]
        spec = {k: v for k, v in obj["spec"].items() if k not in _ALLOTTED}
        made = create(world.kube, {**obj, "metadata": metadata, "spec": spec})
        if obj["kind"] == "Canary":
            uids["app"] = made["metadata"]["uid"]
            path = f"{collection(made)}/{made['metadata']['name']}/status"
            world.kube.patch(path, {"status": obj["status"]})
    world.settle()


def _primary_template(world):
    path = f"/apis/apps/v1/namespaces/{world.namespace}/deployments/app-primary"
    return world.kube.get(path)["spec"]["template"]


@pytest.mark.loopback
@pytest.mark.parametrize(
    "after",
    [
        pytest.param("after-0", id="Initialized"),
        pytest.param("after-1", id="Succeeded"),
        pytest.param("after-2", id="Failed"),
    ],
)
def test_a_settled_canary_of_flaggers_stays_as_it_is(after, apiserver, tmp_path):
    with a_world("takeover", apiserver, tmp_path) as world:
        _leave_behind(world, of_flagger("weights").objects[after])
        before, template = list(states_of(world)), _primary_template(world)

        for _ in range(3):
            world.next_pass()

        assert list(states_of(world)) == before
        assert _primary_template(world) == template
        assert list(events_of(world)) == []
        assert not world.beats


@pytest.mark.loopback
def test_a_canary_found_in_mid_run_starts_its_analysis_again(apiserver, tmp_path):
    with a_world("takeover", apiserver, tmp_path) as world:
        _leave_behind(world, of_flagger("superseded").objects["after-1"])

        world.next_pass()

        states = dict(states_of(world))
        assert states["Canary", "app"].startswith("Progressing at 0:")
        assert states["VirtualService", "app"] == "route app: app-primary 100, app-canary 0"
