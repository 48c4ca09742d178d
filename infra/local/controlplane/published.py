"""The CustomResourceDefinitions of others, as their Go modules publish them.

Go downloads and keeps them. A module is known by its checksum: what is read is what was tried.
"""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml

from infra.local.kube import Tree
from infra.local.processes import Failed


@dataclass(frozen=True, slots=True)
class Published:
    """A module, its checksum as go.sum has it, and the files in it with definitions."""

    module: str
    version: str
    checksum: str
    files: str


ISTIO = Published(
    "istio.io/api",
    "v1.31.1",
    "h1:5Yb5ihcz4YQsCkciusK7DnFpBMwRB6EFWeUKH1Atuyk=",
    "kubernetes/customresourcedefinitions.gen.yaml",
)
GATEWAY_API = Published(
    "sigs.k8s.io/gateway-api",
    "v1.6.0",
    "h1:735YBRj5NXFrOGX0GoSjwzUIzbz8kiEOfADsqHFmHgE=",
    "config/crd/standard/*.yaml",
)
EVENTING = Published(
    "knative.dev/eventing",
    "v0.50.0",
    "h1:4GSn7yyMLgpGUqU0vZjcyFKK0vSi3TtZXPVzb7HW7Ds=",
    "config/core/resources/*.yaml",
)
SERVING = Published(
    "knative.dev/serving",
    "v0.51.0",
    "h1:yN2Q7eYqJgoPfZkATjoBZyGbZ2P1Qhns9HIMU4mF+to=",
    "config/core/300-resources/*.yaml",
)
PROMETHEUS_OPERATOR = Published(
    "github.com/prometheus-operator/prometheus-operator",
    "v0.92.1",
    "h1:rHWuFo6SVya4FBSCNg2DCzyc4xAv54zk3eDTzp5mQZc=",
    "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
)
ARGO = Published(
    "github.com/argoproj/argo-rollouts",
    "v1.10.1",
    "h1:6oyVPGiHHxu3ixkT6mngemh88HLPDoTX1IwO6KNR1Y4=",
    "manifests/crds/*-crd.yaml",
)


def folder(published: Published) -> Path:
    """The module's own files, downloaded first where they are not there."""
    named = f"{published.module}@{published.version}"
    go = shutil.which("go")
    if go is None:
        raise Failed(f"{named} is read with Go (https://go.dev/dl), which is not on the PATH")
    ran = subprocess.run(
        [go, "mod", "download", "-json", named],
        capture_output=True,
        text=True,
        env={**os.environ, "GOTOOLCHAIN": "local"},
    )
    told = json.loads(ran.stdout or "{}")
    if ran.returncode or "Error" in told:
        raise Failed(f"{named}: {told.get('Error') or ran.stderr}")
    if told["Sum"] != published.checksum:
        raise Failed(f"{named}: checksum {told['Sum']}, wanted {published.checksum}")
    return Path(told["Dir"])


def definitions(published: Published) -> list[Tree]:
    """The CustomResourceDefinitions. None asks a webhook, as no controller is here to have one."""
    found = [
        item
        for path in sorted(folder(published).glob(published.files))
        for item in yaml.load_all(path.read_text(), Loader=_LOADER)
        if item and item["kind"] == "CustomResourceDefinition"
    ]
    for item in found:
        item["spec"]["conversion"] = {"strategy": "None"}
    return found


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the fast one, where PyYAML has it
