"""What stands in the cluster where the functions run on Cloud Run, in a real API server."""

import json

import pytest

from infra.local.kube import Tree
from tests.cluster.infra.conftest import Kubectl
from tests.infra.rendering import INFRA, customized, rendered

pytestmark = pytest.mark.cluster
ACCOUNT = "spillway-rollback@my-project.iam.gserviceaccount.com"


def of_a_project(objects: tuple[Tree, ...]) -> str:
    """As the manual makes it: one manifest after another, with the project's name."""
    return "\n---\n".join(json.dumps(found) for found in objects).replace("PROJECT", "my-project")


def test_it_is_taken_by_strict_validation_and_without_a_warning(installation, kubectl: Kubectl):
    objects = rendered(INFRA / "cloudrun/cluster")

    said = kubectl("apply", "--dry-run=server", "-f", "-", stdin=of_a_project(objects))

    assert (said.returncode, said.stderr) == (0, "")
    assert len(said.stdout.splitlines()) == len(objects)


@pytest.fixture(scope="module")
def jx(installation, kubectl: Kubectl, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A namespace that they may look after."""
    objects = customized(
        tmp_path_factory.mktemp("jx"),
        namespace="jx",
        resources=[INFRA / "rbac/namespace"],
        components=[INFRA / "cloudrun/accounts"],
    )
    kubectl("create", "namespace", "jx")
    said = kubectl("apply", "-f", "-", stdin=of_a_project(objects))
    assert (said.returncode, said.stderr) == (0, "")
    return "jx"


@pytest.mark.parametrize(
    ("account", "verb", "resource", "allowed"),
    [
        (ACCOUNT, "list", "canaries.flagger.app", "yes"),
        (ACCOUNT, "update", "canaries.flagger.app/status", "yes"),
        (ACCOUNT, "patch", "deployments.apps", "yes"),
        (ACCOUNT, "get", "secrets", "no"),
        (ACCOUNT.replace("rollback", "promotion-webhook"), "list", "canaries.flagger.app", "no"),
        (ACCOUNT.replace("my-project", "another"), "list", "canaries.flagger.app", "no"),
    ],
)
def test_the_api_server_knows_them_by_email(jx, kubectl: Kubectl, account, verb, resource, allowed):
    resource, _, part = resource.partition("/")
    within = [f"--subresource={part}"] if part else []

    said = kubectl("auth", "can-i", verb, resource, "--namespace", jx, "--as", account, *within)

    assert said.stdout.strip() == allowed


def test_in_other_namespaces_they_may_nothing(jx, kubectl: Kubectl):
    said = kubectl(
        "auth", "can-i", "list", "canaries.flagger.app", "-n", "default", "--as", ACCOUNT
    )

    assert said.stdout.strip() == "no"
