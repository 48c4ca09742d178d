"""The definitions of others come as published, and only what was pinned."""

from dataclasses import replace

import pytest

from infra.local.controlplane import published
from infra.local.controlplane.definitions import PATH
from infra.local.controlplane.programs import MODULES
from infra.local.controlplane.published import Published
from infra.local.processes import Failed

pytestmark = pytest.mark.cluster


def test_a_module_that_is_not_the_pinned_one_is_not_read():
    other = replace(published.EVENTING, checksum="h1:other")

    with pytest.raises(Failed, match=r"knative\.dev/eventing@v0\.50\.0: checksum h1:4GSn"):
        published.definitions(other)


def test_a_version_that_was_never_published_is_named():
    other = replace(published.EVENTING, version="v0.50.99")

    with pytest.raises(Failed, match=r"knative\.dev/eventing@v0\.50\.99"):
        published.definitions(other)


@pytest.mark.parametrize(
    ("program", "kinds"), [("argo", published.ARGO), ("knative", published.EVENTING)]
)
def test_a_program_is_built_of_the_version_that_its_kinds_are_of(program: str, kinds: Published):
    sums = (MODULES / program / "go.sum").read_text().splitlines()

    built = [line for line in sums if line.startswith(f"{kinds.module} ") and "/go.mod" not in line]

    assert built == [f"{kinds.module} {kinds.version} {kinds.checksum}"]


def test_without_go_it_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Failed, match=r"Go \(https://go.dev/dl\), which is not on the PATH"):
        published.folder(published.ISTIO)


def test_the_server_has_the_kinds_that_spillway_works_with_as_their_makers_publish_them(kube):
    names = {item["metadata"]["name"] for item in kube.list(PATH)[0]}

    assert names >= {
        "canaries.flagger.app",
        "virtualservices.networking.istio.io",
        "destinationrules.networking.istio.io",
        "httproutes.gateway.networking.k8s.io",
        "pingsources.sources.knative.dev",
        "triggers.eventing.knative.dev",
        "services.serving.knative.dev",
        "prometheusrules.monitoring.coreos.com",
    }
