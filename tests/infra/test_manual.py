"""docs/knative.md: what it shows can be applied, and does what it says."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from shared.domain.canary import CanarySpec
from shared.domain.manifest import parse
from tests.infra.rendering import INFRA, of_kind, rendered
from tests.infra.test_base import PASSES
from tests.readme import ROOT

TEXT = (ROOT / "docs" / "knative.md").read_text()
FILES = dict(re.findall(r"```yaml\n# (\S+)\n(.*?)```", TEXT, re.DOTALL))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with the files of the page beside `infra`."""
    root = tmp_path_factory.mktemp("manual")
    shutil.copytree(INFRA, root / "infra", ignore=shutil.ignore_patterns("local", "cloudrun"))
    for name, content in FILES.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(content)
    return root


def test_the_installation_runs_the_image_and_settings_that_are_somebodys_own(folder: Path):
    objects = rendered(folder / "mine")
    (settings,) = of_kind(objects, "ConfigMap").values()
    images = {
        container["image"]
        for service in of_kind(objects, "Service").values()
        for container in service["spec"]["template"]["spec"]["containers"]
    }

    assert images == {"registry.example.com/spillway:0.1.0"}
    assert settings["data"]["SPILLWAY_METRICS_SERVER"] == "http://prometheus.monitoring:9090"


def test_for_some_namespaces_only_those_are_granted_and_looked_at(folder: Path):
    objects = rendered(folder / "some")
    (settings,) = of_kind(objects, "ConfigMap").values()
    (binding,) = (
        found
        for found in objects
        if found["kind"] == "RoleBinding" and found["metadata"]["name"] == "spillway"
    )

    assert of_kind(objects, "ClusterRole") == {}
    assert settings["data"]["SPILLWAY_NAMESPACES"] == binding["metadata"]["namespace"] == "shop"
    assert {subject["name"] for subject in binding["subjects"]} == PASSES


def test_the_first_canary_is_one_that_is_run():
    canary = yaml.safe_load(FILES["canary.yaml"])

    assert isinstance(parse(canary), CanarySpec)


def test_every_component_is_described():
    shown = set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE))

    assert shown == {path.name for path in (INFRA / "knative" / "components").iterdir()}


def test_the_secret_is_the_one_that_is_mounted():
    (webhook,) = (
        found
        for found in rendered(INFRA / "knative")
        if found["kind"] == "Service" and found["metadata"]["name"] == "promotion-webhook"
    )
    volumes = webhook["spec"]["template"]["spec"]["volumes"]
    (name,) = (volume["secret"]["secretName"] for volume in volumes if "secret" in volume)

    assert f"create secret generic {name} " in TEXT
