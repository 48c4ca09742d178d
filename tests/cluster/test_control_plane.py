"""The control plane itself: real, with RBAC, audit and controllers; and what to do without one."""

import json
import time

import pytest

from infra.local.controlplane import __main__, programs
from infra.local.controlplane.kubelet import a_kubelet
from infra.local.kube import KubeError, connected
from infra.local.processes import Failed
from tests.cluster.plane import ACCOUNTS

pytestmark = pytest.mark.cluster


def test_it_is_the_version_that_was_built(kube):
    version = kube.get("/version")

    assert (version["gitVersion"], version["major"], version["minor"]) == ("v1.37.2", "1", "37")


def test_it_knows_everybody_by_their_token_and_grants_nothing_by_itself(control_plane, namespace):
    somebody = connected(control_plane.kubeconfig(ACCOUNTS["start_canary"].name))

    with pytest.raises(KubeError, match="system:serviceaccount:spillway:start-canary") as refused:
        somebody.get(f"/api/v1/namespaces/{namespace}/pods")

    assert refused.value.status == 403


def test_every_request_is_in_the_audit_log(control_plane, kube, namespace):
    kube.create(f"/api/v1/namespaces/{namespace}/configmaps", {"metadata": {"name": "seen"}})

    lines = [json.loads(line) for line in control_plane.audit.read_text().splitlines()]
    (seen,) = (
        line for line in lines if line.get("objectRef", {}).get("namespace") == namespace
        and line["objectRef"]["resource"] == "configmaps" and line["verb"] == "create"
        and line["user"]["username"] == "admin"
    )  # fmt: skip

    assert seen["responseStatus"]["code"] == 201


def test_a_deployment_becomes_available_by_its_real_controller(kube, namespace):
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    labels = {"app": "cart"}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "a", "image": "b"}]},
    }
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}

    with a_kubelet(kube):
        kube.create(path, {"metadata": {"name": "cart"}, "spec": spec})
        ends = time.monotonic() + 20
        while (kube.get(f"{path}/cart") or {})["status"].get("availableReplicas") != 2:
            assert time.monotonic() < ends
            time.sleep(0.05)


def test_without_go_and_without_assets_it_says_how_to_get_a_program(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Failed, match=r"kube-apiserver is missing.*Go 1\.26.*KUBEBUILDER_ASSETS"):
        programs.found(programs.APISERVER, environ={"XDG_CACHE_HOME": str(tmp_path)})


def test_a_program_of_the_assets_folder_is_taken_and_what_it_lacks_is_not(monkeypatch, tmp_path):
    (tmp_path / "etcd").write_text("#!/bin/sh\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    environ = {programs.ASSETS: str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    assert programs.found(programs.ETCD, environ=environ) == tmp_path / "etcd"
    with pytest.raises(Failed, match="kube-controller-manager"):
        programs.found(programs.CONTROLLERS, environ=environ)


def test_a_program_that_is_not_known_is_named_with_those_that_are(monkeypatch):
    monkeypatch.setattr("sys.argv", ["controlplane", "etdc"])

    with pytest.raises(SystemExit, match="etdc: not known here; these are: etcd, kube-apiserver"):
        __main__.main()
