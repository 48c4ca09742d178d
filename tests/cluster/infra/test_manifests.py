"""Every manifest of infra in a real API server with the real kinds: taken, without a warning."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest

from infra.local.controlplane.definitions import PATH
from infra.local.controlplane.published import SERVING, folder
from infra.local.kube import Kube, KubeError, Tree
from tests.cluster.infra.conftest import Kubectl
from tests.infra.rendering import INFRA, customized, of_kind, rendered
from tests.infra.test_base import FUNCTIONS

pytestmark = pytest.mark.cluster
OBJECTS = rendered(INFRA / "knative")
SERVICES = of_kind(OBJECTS, "Service")
DEFINITION = f"{PATH}/services.serving.knative.dev"
COMPONENTS = sorted(path.name for path in (INFRA / "knative/components").iterdir())
KNATIVES_OWN = {"containerConcurrency", "timeoutSeconds"}  # of a template, not of a pod
FLAG = re.compile(r"feature flag - (\S+)")


def test_all_of_it_is_taken_by_strict_validation_and_without_a_warning(installation):
    assert (installation.returncode, installation.stderr) == (0, "")
    assert len(installation.stdout.splitlines()) == len(OBJECTS)


def test_applied_again_it_changes_nothing(installation, kubectl: Kubectl):
    again = kubectl("apply", "-k", INFRA / "knative")

    assert again.stderr == ""
    assert [line for line in again.stdout.splitlines() if not line.endswith(" unchanged")] == []


def test_a_field_that_is_unknown_would_have_been_refused(installation, kubectl: Kubectl):
    wrong: Tree = deepcopy(SERVICES["rollback"])
    wrong["spec"]["template"]["spec"]["containers"][0]["startUpProbe"] = {}

    refused = kubectl("apply", "-f", "-", stdin=json.dumps(wrong))

    assert 'unknown field "spec.template.spec.containers[0].startUpProbe"' in refused.stderr


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_functions_pod_keeps_to_the_strictest_pod_security_standard(
    installation, kube: Kube, function: str
):
    path = "/api/v1/namespaces/spillway/pods?dryRun=All"
    template = deepcopy(SERVICES[function.replace("_", "-")]["spec"]["template"])
    spec = {k: v for k, v in template["spec"].items() if k not in KNATIVES_OWN}
    (container,) = spec["containers"]
    container |= {"name": "user-container"}
    container["startupProbe"]["httpGet"]["port"] = 8080  # Knative fills in what it needs
    pod = {"metadata": {"name": function.replace("_", "-")}, "spec": spec}
    careless = deepcopy(pod)
    del careless["spec"]["containers"][0]["securityContext"]

    kube.create(path, pod)

    with pytest.raises(KubeError, match='violates PodSecurity "restricted'):
        kube.create(path, careless)


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_no_service_needs_a_feature_that_knative_has_to_be_given_first(
    installation, kube: Kube, function: str
):
    definition = kube.get(DEFINITION)
    assert definition is not None
    (version,) = definition["spec"]["versions"]
    schema = version["schema"]["openAPIV3Schema"]

    used = dict(fields(schema, SERVICES[function.replace("_", "-")]))

    behind = {path: flag[1] for path, said in used.items() if (flag := FLAG.search(said))}
    assert "spec.template.spec.containers[].securityContext.readOnlyRootFilesystem" in used
    assert {path for path, flag in behind.items() if flag not in enabled_by_default()} == set()


def enabled_by_default() -> set[str]:
    """The features of Knative Serving that its ConfigMap shows as enabled."""
    shown = folder(SERVING) / "config/core/configmaps/features.yaml"
    return set(re.findall(r'(kubernetes\.[a-z-]+): "enabled"', shown.read_text()))


def fields(schema: Tree, value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every field of an object that a schema knows, and what the schema says about it."""
    if isinstance(value, list):
        for item in value:
            yield from fields(schema.get("items", {}), item, f"{path}[]")
    if not isinstance(value, dict):
        return
    for name, inner in value.items():
        if name in schema.get("properties", {}):
            known, found = schema["properties"][name], f"{path}.{name}".lstrip(".")
            yield found, known.get("description", "")
            yield from fields(known, inner, found)


@pytest.mark.parametrize(
    "component", sorted(p.name for p in (INFRA / "knative/components").iterdir())
)
def test_every_component_is_taken_too(
    installation, kubectl: Kubectl, tmp_path: Path, component: str
):
    chosen = [INFRA / "knative/components" / component]
    customized(tmp_path, resources=[INFRA / "knative"], components=chosen)

    applied = kubectl("apply", "--dry-run=server", "-k", tmp_path)

    assert (applied.returncode, applied.stderr) == (0, "")
    assert len(applied.stdout.splitlines()) > len(OBJECTS)


def test_so_is_an_installation_for_some_namespaces(installation, kubectl: Kubectl, tmp_path: Path):
    kubectl("create", "namespace", "shop")
    (tmp_path / "shop").mkdir()
    customized(tmp_path / "shop", namespace="shop", resources=[INFRA / "rbac/namespace"])
    customized(tmp_path, resources=[INFRA / "namespaced", "shop"])

    applied = kubectl("apply", "--dry-run=server", "-k", tmp_path)

    assert (applied.returncode, applied.stderr) == (0, "")
    assert "role.rbac.authorization.k8s.io/spillway " in applied.stdout
    assert "clusterrole" not in applied.stdout
