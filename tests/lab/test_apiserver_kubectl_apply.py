"""The real kubectl, against the embedded API server: server-side apply, and diff."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.local.apiserver.server import Server
from tests.lab.conftest import Kubectl
from tests.lab.raw_http import DEPLOYMENTS, ask, canary, deployment

pytestmark = pytest.mark.loopback

_KUBECTL = Path(sys.executable).parent / "kubectl"
_ON_THE_SERVER = ("apply", "--server-side", "-f", "-")


def _scaled(replicas: int) -> str:
    body = deployment()
    body["spec"]["replicas"] = replicas
    return yaml.safe_dump(body)


def _replicas(server: Server) -> Any:
    return ask(server, "GET", f"{DEPLOYMENTS}/web").body["spec"]["replicas"]


def _diff(environment: dict[str, str], given: str, *options: str) -> tuple[int, str]:
    ran = subprocess.run(
        [_KUBECTL, "diff", "-f", "-", *options],
        input=given,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_an_apply_on_the_server_creates_then_changes(kubectl: Kubectl, apiserver: Server) -> None:
    created = kubectl(*_ON_THE_SERVER, given=_scaled(1))
    kubectl(*_ON_THE_SERVER, given=_scaled(3))

    assert created == "deployment.apps/web serverside-applied\n"
    assert _replicas(apiserver) == 3


def test_a_conflict_is_told_and_can_be_forced(kubectl: Kubectl, apiserver: Server) -> None:
    kubectl(*_ON_THE_SERVER, given=_scaled(1))
    kubectl("scale", "deploy/web", "--replicas=4")

    refused = kubectl(*_ON_THE_SERVER, given=_scaled(2), fails=True)
    before = _replicas(apiserver)
    kubectl(*_ON_THE_SERVER, "--force-conflicts", given=_scaled(2))

    assert 'conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas' in (
        refused
    )
    assert before == 4
    assert _replicas(apiserver) == 2


def test_who_applied_on_the_client_can_go_on_on_the_server(
    kubectl: Kubectl, apiserver: Server
) -> None:
    kubectl("apply", "-f", "-", given=_scaled(1))

    kubectl(*_ON_THE_SERVER, given=_scaled(3))
    back = kubectl("apply", "-f", "-", given=_scaled(2))

    assert _replicas(apiserver) == 2
    assert back == "deployment.apps/web configured\n"


def test_a_custom_object_is_applied_on_the_server(kubectl: Kubectl) -> None:
    kubectl(*_ON_THE_SERVER, given=yaml.safe_dump(canary(suspend=True)))
    kubectl(*_ON_THE_SERVER, given=yaml.safe_dump(canary()))

    shown = yaml.safe_load(kubectl("get", "canary/web", "-o", "yaml", "--show-managed-fields"))

    assert "suspend" not in shown["spec"]
    assert [entry["manager"] for entry in shown["metadata"]["managedFields"]] == ["kubectl"]


@pytest.mark.parametrize("options", [(), ("--server-side",)], ids=["client", "server"])
def test_diff_sees_what_would_change(
    kubectl: Kubectl, environment: dict[str, str], options: tuple[str, ...]
) -> None:
    kubectl("apply", *options, "-f", "-", given=_scaled(1))

    same = _diff(environment, _scaled(1), *options)
    other = _diff(environment, _scaled(2), *options)

    assert same == (0, "")
    assert other[0] == 1
    assert "-  replicas: 1\n+  replicas: 2\n" in other[1]


def test_diff_changes_nothing(
    kubectl: Kubectl, apiserver: Server, environment: dict[str, str]
) -> None:
    kubectl("apply", "-f", "-", given=_scaled(1))
    before = ask(apiserver, "GET", f"{DEPLOYMENTS}/web").body

    _diff(environment, _scaled(2))
    _diff(environment, _scaled(2).replace("name: web", "name: new"))

    assert ask(apiserver, "GET", f"{DEPLOYMENTS}/web").body == before
    assert ask(apiserver, "GET", f"{DEPLOYMENTS}/new").code == 404
