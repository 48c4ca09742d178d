"""A server with the Canary's CRD: what it admits, keeps and refuses."""

from collections.abc import Iterator

import pytest

from infra.local.apiserver.server import Server
from infra.local.kube import Kube, KubeError
from shared.domain.fields import Object
from tests.domain.canaries import CROC_HUNTER, RECORDED, analysing, canary, measuring, serving

WRITTEN = {**RECORDED, "croc-hunter": CROC_HUNTER}
WRONG = [
    (canary(targetRef=None), "spec.targetRef"),
    (canary(targetRef={"kind": "Deployment", "name": "x"}), "spec.targetRef.apiVersion"),
    (canary(suspend="true"), "spec.suspend"),
    (canary(skipAnalysis=1), "spec.skipAnalysis"),
    (canary(progressDeadlineSeconds="60"), "spec.progressDeadlineSeconds"),
    (canary(service={}), "spec.service.port"),
    (serving(port="80"), "spec.service.port"),
    (serving(hosts="a.com"), "spec.service.hosts"),
    (serving(hosts=["a.com", 7]), "spec.service.hosts[1]"),
    (serving(match=[{"uri": {"prefix": 7}}]), "spec.service.match[0].uri.prefix"),
    (serving(apex={"labels": {"a": 1}}), "spec.service.apex.labels.a"),
    (analysing(interval=30), "spec.analysis.interval"),
    (analysing(threshold=1.5), "spec.analysis.threshold"),
    (analysing(stepWeights=[1, "x"]), "spec.analysis.stepWeights[1]"),
    (analysing(drainSeconds="10"), "spec.analysis.drainSeconds"),
    (analysing(webhooks=[{"name": "x"}]), "spec.analysis.webhooks[0].url"),
    (measuring(threshold=99), "spec.analysis.metrics[0].name"),
    (measuring(name="x", threshold="99"), "spec.analysis.metrics[0].threshold"),
    (canary(canaryAnalysis={"maxWeight": "50"}), "spec.canaryAnalysis.maxWeight"),
]


@pytest.fixture
def kube(apiserver: Server) -> Iterator[Kube]:
    """A client of an API server that has the namespace `shop`."""
    client = Kube(apiserver.url)
    client.create("/api/v1/namespaces", {"metadata": {"name": "shop"}})
    yield client
    client.close()


def canaries(version: str) -> str:
    """The path of the Canaries in that namespace."""
    return f"/apis/flagger.app/{version}/namespaces/shop/canaries"


@pytest.mark.loopback
@pytest.mark.parametrize("version", ["v1alpha2", "v1alpha3", "v1beta1"])
@pytest.mark.parametrize("name", WRITTEN)
def test_a_server_admits_and_keeps_what_flaggers_users_write(kube: Kube, name: str, version: str):
    manifest = {
        "apiVersion": f"flagger.app/{version}",
        "kind": "Canary",
        "metadata": {"name": "app"},
        "spec": WRITTEN[name]["spec"],
    }

    kube.create(canaries(version), manifest)
    kept = kube.get(f"{canaries('v1beta1')}/app")

    assert kept is not None
    assert kept["apiVersion"] == "flagger.app/v1beta1"
    assert kept["spec"] == manifest["spec"]


@pytest.mark.loopback
def test_a_server_keeps_all_of_spillways_bookkeeping(kube: Kube):
    status = {
        "phase": "Progressing",
        "lastTrackedRevision": "of a newer Flagger",
        "spillway": {"decision": 7, "settledAt": "2026-01-02T03:04:05.678Z", "outbox": [{"at": 1}]},
    }
    created = kube.create(canaries("v1beta1"), canary())

    kube.replace(f"{canaries('v1beta1')}/cart/status", {**created, "status": status})

    kept = kube.get(f"{canaries('v1beta1')}/cart")
    assert kept is not None
    assert kept["status"] == status


@pytest.mark.loopback
@pytest.mark.parametrize(("manifest", "path"), [pytest.param(*w, id=w[1]) for w in WRONG])
def test_a_server_refuses_wrong_types_with_the_fields_path(kube: Kube, manifest: Object, path: str):
    with pytest.raises(KubeError) as refused:
        kube.create(canaries("v1beta1"), manifest)

    assert refused.value.status == 422
    assert path in refused.value.message
