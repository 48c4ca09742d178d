"""What the alerts ask for is told: by the real kube-state-metrics, and by Knative's own filter."""

import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.controlplane import programs
from infra.local.controlplane.plane import ControlPlane
from infra.local.kube import Kube, Tree
from infra.local.processes import Part, Processes, free_ports
from tests.cluster.infra.bus import until
from tests.domain.canaries import canary
from tests.infra.rendering import INFRA, customized, of_kind

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]
COMPONENT = INFRA / "knative/components/prometheusrule"
LATE: Tree = {
    "phase": "Progressing",
    "canaryWeight": 30,
    "conditions": [
        {"type": "Promoted", "status": "Unknown", "reason": "Progressing"},
        {"type": "Accepted", "status": "False", "reason": "UnsupportedField"},
    ],
    "spillway": {
        "intervalSeconds": 15,
        "drainSeconds": 20,
        "nextTickTime": "2026-01-02T03:04:05.678Z",
        "waitingSince": "2026-01-02T03:04:00Z",
    },
}
AT_REST: Tree = {"phase": "Succeeded", "spillway": {"intervalSeconds": 60}}


@pytest.fixture
def told(
    cluster_of_a_platform_team: ControlPlane, installation, kube: Kube, tmp_path: Path
) -> Iterator[dict[str, float]]:
    """Every sample about the Canaries of a namespace, by its series without that namespace."""
    made = kube.create("/api/v1/namespaces", {"metadata": {"generateName": "told-"}})
    namespace = made["metadata"]["name"]
    path = f"/apis/flagger.app/v1beta1/namespaces/{namespace}/canaries"
    for name, status in (("late", LATE), ("at-rest", AT_REST)):
        said = canary(progressDeadlineSeconds=90) if name == "late" else canary()
        created = kube.create(path, {**said, "metadata": {"name": name}})
        kube.replace(f"{path}/{name}/status", {**created, "status": status})
    part, url = state_metrics(cluster_of_a_platform_team, tmp_path)
    processes = Processes(tmp_path / "logs")
    try:
        processes.start(part)
        until(lambda: f'namespace="{namespace}"' in scraped(url))
        yield samples(scraped(url), namespace)
    finally:
        processes.stop()
        for name in ("late", "at-rest"):  # one that waits keeps the beat going for others' tests
            kube.delete(f"{path}/{name}")


def state_metrics(plane: ControlPlane, folder: Path) -> tuple[Part, str]:
    """kube-state-metrics with the file of the component, and where it is scraped."""
    installed = customized(folder, resources=[INFRA / "knative"], components=[COMPONENT])
    config = of_kind(installed, "ConfigMap")["spillway-canary-metrics"]["data"]["config.yaml"]
    (folder / "config.yaml").write_text(config)
    port, telemetry = free_ports(2)
    url = f"http://127.0.0.1:{port}/metrics"
    command = (
        str(programs.found(programs.STATE_METRICS)),
        f"--kubeconfig={plane.kubeconfig()}",
        "--custom-resource-state-only",
        f"--custom-resource-state-config-file={folder / 'config.yaml'}",
        "--host=127.0.0.1",
        f"--port={port}",
        "--telemetry-host=127.0.0.1",
        f"--telemetry-port={telemetry}",
    )
    return Part("kube-state-metrics", command, lambda: True), url


def scraped(url: str) -> str:
    """The page as it is; empty while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def samples(page: str, namespace: str) -> dict[str, float]:
    """The samples of a namespace, by metric and what tells them apart from others of it."""
    found = re.findall(r"^(spillway_canary_\w+)\{(.*)\} (\S+)$", page, re.MULTILINE)
    return {
        f"{metric} {_about(labels)}": float(value)
        for metric, labels, value in found
        if f'namespace="{namespace}"' in labels
    }


def _about(labels: str) -> str:
    kept = re.findall(r'\b(name|type|reason|phase)="([^"]*)"', labels)
    return " ".join(value for _, value in sorted(kept))


def test_kube_state_metrics_tells_what_the_alerts_ask_for(told: dict[str, float]):
    assert told["spillway_canary_next_tick_timestamp_seconds late"] == 1767323045
    assert told["spillway_canary_interval_seconds late"] == 15
    assert told["spillway_canary_drain_seconds late"] == 20
    assert told["spillway_canary_waiting_timestamp_seconds late"] == 1767323040
    assert told["spillway_canary_progress_deadline_seconds late"] == 90
    assert told["spillway_canary_condition late UnsupportedField Accepted"] == 0
    assert told["spillway_canary_weight late"] == 30
    assert told["spillway_canary_phase late Progressing"] == 1
    assert told["spillway_canary_phase late Succeeded"] == 0


def test_a_canary_at_rest_has_no_next_tick_to_be_late_for(told: dict[str, float]):
    assert told["spillway_canary_interval_seconds at-rest"] == 60
    for unsaid in ("next_tick_timestamp", "waiting_timestamp", "progress_deadline", "drain"):
        assert f"spillway_canary_{unsaid}_seconds at-rest" not in told
