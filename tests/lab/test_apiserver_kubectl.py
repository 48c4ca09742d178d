"""The real kubectl, against the embedded API server."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from infra.local.apiserver.server import Server
from tests.lab.conftest import Kubectl
from tests.lab.raw_http import CANARIES, DEPLOYMENTS, MERGE, ask, canary, deployment

pytestmark = pytest.mark.loopback

_KUBECTL = Path(sys.executable).parent / "kubectl"


def _manifest(*objects: object) -> str:
    return yaml.safe_dump_all(objects)


def test_apply_creates_then_changes_then_leaves_alone(kubectl: Kubectl) -> None:
    body = deployment()
    created = kubectl("apply", "-f", "-", given=_manifest(body))
    body["spec"]["replicas"] = 3
    changed = kubectl("apply", "-f", "-", given=_manifest(body))
    again = kubectl("apply", "-f", "-", given=_manifest(body))

    assert created == "deployment.apps/web created\n"
    assert changed == "deployment.apps/web configured\n"
    assert again == "deployment.apps/web unchanged\n"


def test_apply_takes_back_what_left_the_manifest(kubectl: Kubectl, apiserver: Server) -> None:
    kubectl("apply", "-f", "-", given=_manifest(canary(suspend=True)))
    kubectl("apply", "-f", "-", given=_manifest(canary()))

    assert "suspend" not in ask(apiserver, "GET", f"{CANARIES}/web").body["spec"]


def test_apply_tells_the_path_of_what_is_wrong(kubectl: Kubectl) -> None:
    wrong = kubectl("apply", "-f", "-", given=_manifest(canary(suspend="no")), fails=True)
    unknown = kubectl("apply", "-f", "-", given=_manifest(canary(notAField=1)), fails=True)

    assert 'spec.suspend: Invalid value: "string"' in wrong
    assert 'unknown field "spec.notAField"' in unknown


def test_get_prints_a_table(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", given=_manifest(deployment(), canary()))

    deployments = kubectl("get", "deploy").splitlines()
    canaries = kubectl("get", "canary", "-A", "-o", "wide").splitlines()

    assert deployments[0].split() == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert deployments[1].split()[:4] == ["web", "0/1", "0", "0"]
    assert canaries[0].split()[:4] == ["NAMESPACE", "NAME", "STATUS", "WEIGHT"]
    assert canaries[1].split()[:2] == ["default", "web"]


def test_get_prints_yaml(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", given=_manifest(deployment()))

    one = yaml.safe_load(kubectl("get", "deploy", "web", "-o", "yaml"))
    many = yaml.safe_load(kubectl("get", "deploy", "-l", "!x", "-o", "yaml"))

    assert one["kind"] == "Deployment"
    assert one["spec"]["template"]["spec"]["containers"][0]["name"] == "app"
    assert [item["kind"] for item in many["items"]] == ["Deployment"]


def test_get_watches(kubectl: Kubectl, apiserver: Server, environment: dict[str, str]) -> None:
    kubectl("apply", "-f", "-", given=_manifest(deployment()))
    with subprocess.Popen(
        [_KUBECTL, "get", "deploy", "-w", "--no-headers"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as watching:
        assert watching.stdout is not None
        first = watching.stdout.readline().split()
        change = {"status": {"readyReplicas": 1}}
        ask(apiserver, "PATCH", f"{DEPLOYMENTS}/web/status", change, content_type=MERGE)
        second = watching.stdout.readline().split()
        watching.terminate()

    assert first[:2] == ["web", "0/1"]
    assert second[:2] == ["web", "1/1"]


@pytest.mark.parametrize(
    ("arguments", "path", "value"),
    [
        pytest.param(
            ["patch", "deploy/web", "-p", '{"spec":{"paused":true}}'],
            "{.spec.paused}",
            "true",
            id="a strategic patch",
        ),
        pytest.param(
            ["patch", "deploy/web", "--type=merge", "-p", '{"spec":{"paused":true}}'],
            "{.spec.paused}",
            "true",
            id="a merge patch",
        ),
        pytest.param(
            [
                *("patch", "deploy/web", "--type=json", "-p"),
                '[{"op":"test","path":"/spec/replicas","value":1},'
                '{"op":"add","path":"/spec/paused","value":true}]',
            ],
            "{.spec.paused}",
            "true",
            id="a JSON patch",
        ),
        pytest.param(
            ["scale", "deploy/web", "--replicas=4"], "{.spec.replicas}", "4", id="a scale"
        ),
        pytest.param(
            ["set", "image", "deploy/web", "app=app:2"],
            "{.spec.template.spec.containers[0].image}",
            "app:2",
            id="an image",
        ),
        pytest.param(
            ["label", "deploy/web", "tier=front"], "{.metadata.labels.tier}", "front", id="a label"
        ),
        pytest.param(
            ["annotate", "deploy/web", "note=x"], "{.metadata.annotations.note}", "x", id="a note"
        ),
    ],
)
def test_a_change_is_made(kubectl: Kubectl, arguments: list[str], path: str, value: str) -> None:
    kubectl("apply", "-f", "-", given=_manifest(deployment()))

    kubectl(*arguments)

    assert kubectl("get", "deploy/web", "-o", f"jsonpath={path}") == value


def test_wait_sees_a_condition_come(
    kubectl: Kubectl, apiserver: Server, environment: dict[str, str]
) -> None:
    kubectl("apply", "-f", "-", given=_manifest(canary()))
    with subprocess.Popen(
        [_KUBECTL, "wait", "canary/web", "--for=condition=Promoted", "--timeout=20s"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as waiting:
        promoted = {"type": "Promoted", "status": "True", "reason": "Succeeded"}
        change = {"status": {"conditions": [promoted]}}
        answer = ask(apiserver, "PATCH", f"{CANARIES}/web/status", change, content_type=MERGE)
        said, _ = waiting.communicate(timeout=20)

    assert answer.code == 200
    assert said == "canary.flagger.app/web condition met\n"
    assert waiting.returncode == 0


def test_wait_gives_up(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", given=_manifest(canary()))

    said = kubectl("wait", "canary/web", "--for=condition=Promoted", "--timeout=1s", fails=True)

    assert "timed out" in said


def test_describe_shows_the_events_of_an_object(kubectl: Kubectl, apiserver: Server) -> None:
    kubectl("apply", "-f", "-", given=_manifest(deployment(), canary()))
    about = ask(apiserver, "GET", f"{CANARIES}/web").body
    event = {
        "metadata": {"name": "one"},
        "involvedObject": {
            "apiVersion": about["apiVersion"],
            "kind": "Canary",
            "name": "web",
            "namespace": "default",
            "uid": about["metadata"]["uid"],
        },
        "type": "Warning",
        "reason": "Synced",
        "message": "Halt advancement",
        "source": {"component": "flagger"},
    }
    ask(apiserver, "POST", "/api/v1/namespaces/default/events", event)

    canaries = kubectl("describe", "canary/web")
    deployments = kubectl("describe", "deploy/web")
    events = kubectl("get", "events").splitlines()

    assert "Halt advancement" in canaries
    assert "25% max unavailable, 25% max surge" in deployments
    assert "Halt advancement" not in deployments
    assert events[1].split()[1:4] == ["Warning", "Synced", "canary/web"]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        pytest.param("canary.spec.analysis", "interval\t<string>", id="a custom kind"),
        pytest.param("deployment.spec.strategy", "rollingUpdate\t<", id="a builtin kind"),
        pytest.param("pod.spec.containers.ports", "containerPort\t<integer>", id="a list"),
    ],
)
def test_explain_knows_the_fields(kubectl: Kubectl, path: str, told: str) -> None:
    assert told in kubectl("explain", path)


def test_delete_waits_until_it_is_gone(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", given=_manifest(deployment()))

    said = kubectl("delete", "deploy/web", "--timeout=20s")

    assert "deleted" in said
    assert "NotFound" in kubectl("get", "deploy/web", fails=True)


def test_every_kind_is_listed(kubectl: Kubectl) -> None:
    names = kubectl("api-resources", "-o", "name").split()

    assert "canaries.flagger.app" in names
    assert "pods" in names
    assert "virtualservices.networking.istio.io" in names


def test_the_program_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "infra.local.apiserver", "--state", str(tmp_path / "state")]
    kubeconfig = tmp_path / "state" / "kubeconfig"
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as running:
        _wait_for(kubeconfig, running)
        found = subprocess.run(
            [_KUBECTL, "get", "crd", "canaries.flagger.app", "-o", "json"],
            env={"KUBECONFIG": str(kubeconfig), "HOME": str(tmp_path)},
            capture_output=True,
            timeout=30,
            check=True,
        )
        running.terminate()
        code = running.wait(timeout=10)

    assert json.loads(found.stdout)["spec"]["group"] == "flagger.app"
    assert code == 0


def _wait_for(path: Path, running: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        if path.exists():
            return
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(timeout=0.1)
    pytest.fail(f"{path} was not written")
