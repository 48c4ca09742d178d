"""The alerts: what Prometheus's own tool says of them, and that they ask for metrics that exist."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from infra.local import parts, prometheus
from infra.local.kube import Tree
from tests.infra.rendering import INFRA, customized, of_kind

TESTS = Path(__file__).parent / "alerts.yaml"
COMPONENT = INFRA / "knative/components/prometheusrule"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tree, ...]:
    """An installation with alerts."""
    folder = tmp_path_factory.mktemp("alerts")
    return customized(folder, resources=[INFRA / "knative"], components=[COMPONENT])


@pytest.fixture
def groups(installed: tuple[Tree, ...]) -> Tree:
    """The rules as Prometheus reads them from a file."""
    (rule,) = of_kind(installed, "PrometheusRule").values()
    found: Tree = rule["spec"]
    return found


def promtool(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The program that comes with Prometheus."""
    program = prometheus.fetched(parts.PROGRAMS).with_name("promtool")
    return subprocess.run(
        [program, *arguments], cwd=folder, capture_output=True, text=True, timeout=60
    )


@pytest.mark.lab
def test_prometheus_takes_the_rules(groups: Tree, tmp_path: Path):
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(groups))

    checked = promtool("check", "rules", "--lint-fatal", "rules.yaml", folder=tmp_path)

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "3 rules found" in checked.stdout


@pytest.mark.lab
def test_each_alert_comes_when_it_should_and_at_no_other_time(groups: Tree, tmp_path: Path):
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(groups))
    shutil.copy(TESTS, tmp_path / "tests.yaml")

    played = promtool("test", "rules", "tests.yaml", folder=tmp_path)

    assert played.returncode == 0, played.stdout + played.stderr


def test_every_alert_is_played(groups: Tree):
    names = {rule["alert"] for group in groups["groups"] for rule in group["rules"]}
    cases = [
        case
        for test in yaml.safe_load(TESTS.read_text())["tests"]
        for case in test["alert_rule_test"]
    ]

    assert {case["alertname"] for case in cases if case.get("exp_alerts")} == names
    assert {case["alertname"] for case in cases if not case.get("exp_alerts")} == names


def test_what_is_asked_of_canaries_is_what_kube_state_metrics_is_told_to_tell(
    installed: tuple[Tree, ...], groups: Tree
):
    config = of_kind(installed, "ConfigMap")["spillway-canary-metrics"]["data"]["config.yaml"]
    (resource,) = yaml.safe_load(config)["spec"]["resources"]
    told = {f"{resource['metricNamePrefix']}_{metric['name']}" for metric in resource["metrics"]}

    asked = set(re.findall(r"spillway_canary_\w+", str(groups)))

    assert asked
    assert asked <= told
