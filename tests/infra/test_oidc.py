"""Where the broker wants to know who sends: tokens and policies fit each other and the broker."""

import pytest

from infra.local.kube import Tree
from shared.adapters import settings
from tests.infra.rendering import INFRA, customized, of_kind
from tests.infra.test_base import ACCOUNTS


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tree, ...]:
    """An installation on a cluster with OIDC."""
    component = INFRA / "knative/components/oidc"
    folder = tmp_path_factory.mktemp("oidc")
    return customized(folder, resources=[INFRA / "knative"], components=[component])


def test_every_function_shows_a_token_made_for_the_broker_that_it_sends_to(installed):
    (data,) = (found["data"] for found in of_kind(installed, "ConfigMap").values())
    namespace, broker = data["K_SINK"].rsplit("/", 2)[1:]

    for service in of_kind(installed, "Service").values():
        spec = service["spec"]["template"]["spec"]
        (mount,) = (m for m in spec["containers"][0]["volumeMounts"] if m["name"] == "sink-token")
        (volume,) = (v for v in spec["volumes"] if v["name"] == "sink-token")
        (source,) = volume["projected"]["sources"]
        token = source["serviceAccountToken"]
        assert f"{mount['mountPath']}/{token['path']}" == settings.load(data).sink_token
        assert token["audience"] == f"eventing.knative.dev/broker/{namespace}/{broker}"


def test_the_broker_takes_events_of_spillways_own_identities(installed):
    (policy,) = of_kind(installed, "EventPolicy").values()
    (pattern,) = (source["sub"] for source in policy["spec"]["from"])
    subjects = {f"system:serviceaccount:spillway:{name}" for name in ACCOUNTS}

    assert all(subject.startswith(pattern.removesuffix("*")) for subject in subjects)
    assert pattern == "system:serviceaccount:spillway:*"
    assert {to["ref"]["name"] for to in policy["spec"]["to"]} == set(of_kind(installed, "Broker"))
