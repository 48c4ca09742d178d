"""skaffold.yaml: one image, and where it goes."""

import yaml

from tests.infra.rendering import rendered
from tests.readme import ROOT

CONFIG = yaml.safe_load((ROOT / "skaffold.yaml").read_text())
PROFILES = {profile["name"]: profile for profile in CONFIG["profiles"]}
(ARTIFACT,) = CONFIG["build"]["artifacts"]


def test_it_builds_the_one_image_from_our_dockerfile():
    assert CONFIG["apiVersion"] == "skaffold/v4beta14"
    assert ROOT / ARTIFACT["docker"]["dockerfile"] == ROOT / "infra" / "Dockerfile"


def test_on_knative_every_service_runs_the_image_that_it_builds():
    (folder,) = PROFILES["knative"]["manifests"]["kustomize"]["paths"]
    images = {
        container["image"]
        for found in rendered(ROOT / folder)
        if found["apiVersion"] == "serving.knative.dev/v1"
        for container in found["spec"]["template"]["spec"]["containers"]
    }

    assert images == {ARTIFACT["image"]}
