"""The Canary's definition on a real API server: taken, refusing, explained."""

import pytest

from infra.local.controlplane.plane import ControlPlane
from infra.local.kube import Kube, KubeError
from shared.adapters.cluster import Cluster
from shared.domain.fields import Object, objects
from tests.cluster.infra.conftest import Kubectl
from tests.domain.canaries import canary
from tests.infra.test_crds import WRITTEN, WRONG

pytestmark = pytest.mark.cluster


@pytest.fixture(autouse=True)
def installed(installation) -> None:
    """Every test is after `kubectl apply -k`."""


@pytest.fixture
def namespace(kube: Kube) -> str:
    """A new one."""
    made = kube.create("/api/v1/namespaces", {"metadata": {"generateName": "canaries-"}})
    return str(made["metadata"]["name"])


def canaries(namespace: str, version: str = "v1beta1") -> str:
    return f"/apis/flagger.app/{version}/namespaces/{namespace}/canaries"


def test_it_is_established_and_breaks_no_rule_of_schemas(kube: Kube):
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/canaries.flagger.app"
    found = kube.get(path)
    assert found is not None

    conditions = {item["type"]: item["status"] for item in found["status"]["conditions"]}

    assert conditions["Established"] == conditions["NamesAccepted"] == "True"
    assert conditions.get("NonStructuralSchema", "False") == "False"


@pytest.mark.parametrize("version", ["v1alpha2", "v1alpha3", "v1beta1"])
@pytest.mark.parametrize("name", WRITTEN)
def test_what_flaggers_users_write_is_kept_as_it_is(
    kube: Kube, namespace: str, name: str, version: str
):
    manifest = {
        "apiVersion": f"flagger.app/{version}",
        "kind": "Canary",
        "metadata": {"name": "app"},
        "spec": WRITTEN[name]["spec"],
    }

    kube.create(f"{canaries(namespace, version)}?fieldValidation=Strict", manifest)
    kept = kube.get(f"{canaries(namespace)}/app")

    assert kept is not None
    assert kept["spec"] == manifest["spec"]


@pytest.mark.parametrize(("manifest", "path"), [pytest.param(*w, id=w[1]) for w in WRONG])
def test_wrong_types_are_refused_with_the_fields_path(
    kube: Kube, namespace: str, manifest: Object, path: str
):
    with pytest.raises(KubeError) as refused:
        kube.create(canaries(namespace), {**manifest, "metadata": {"name": "wrong"}})

    assert refused.value.status == 422
    assert path in refused.value.message


def test_spillways_bookkeeping_is_kept_whole(kube: Kube, namespace: str):
    status = {
        "phase": "Progressing",
        "lastTrackedRevision": "of a newer Flagger",
        "spillway": {"decision": 7, "settledAt": "2026-01-02T03:04:05.678Z", "outbox": [{"at": 1}]},
    }
    created = kube.create(canaries(namespace), {**canary(), "metadata": {"name": "cart"}})

    kept = kube.replace(f"{canaries(namespace)}/cart/status", {**created, "status": status})

    assert kept["status"] == status


def test_its_bookkeeping_is_owned_as_a_whole_and_by_spillways_name(
    cluster_of_a_platform_team: ControlPlane, namespace: str
):
    spillway = Cluster(str(cluster_of_a_platform_team.kubeconfig()))
    made = spillway.create(canaries(namespace), {**canary(), "metadata": {"name": "cart"}})

    written = {**made, "status": {"spillway": {"decision": 7}}}
    kept = spillway.replace(f"{canaries(namespace)}/cart/status", written)

    spec, status = objects(kept, "metadata", "managedFields")
    assert (spec["manager"], status["manager"]) == ("spillway", "spillway")
    assert status["fieldsV1"] == {"f:status": {".": {}, "f:spillway": {}}}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("canary.spec.analysis", "Percent of the traffic that each step adds."),
        ("canary.spec.analysis.metrics", "-required-"),
        ("canary.spec.service", "Port of the Services."),
        ("canary.spec.suspend", "Decide nothing until this is false again."),
        ("canary.status.spillway", "When the next step is due."),
    ],
)
def test_kubectl_explains_a_field_in_words(kubectl: Kubectl, path: str, said: str):
    explained = kubectl("explain", path)

    assert explained.returncode == 0, explained.stderr
    assert said in explained.stdout
    assert "<no description>" not in explained.stdout


def test_kubectl_prints_flaggers_columns(kubectl: Kubectl, kube: Kube, namespace: str):
    kube.create(canaries(namespace), {**canary(), "metadata": {"name": "cart"}})

    shown = kubectl("-n", namespace, "get", "canaries")

    assert shown.stdout.split()[:4] == ["NAME", "STATUS", "WEIGHT", "LASTTRANSITIONTIME"]
