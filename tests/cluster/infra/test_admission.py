"""Knative's own admission webhooks, as a program: they know more rules than the schemas."""

import copy
import json
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from infra.local.controlplane import programs
from infra.local.controlplane.published import EVENTING, SERVING, folder
from infra.local.kube import Tree
from shared.adapters.clock import PingSourceClock
from shared.domain.fields import Json, Object
from tests.infra.rendering import INFRA, customized

pytestmark = pytest.mark.cluster
COMPONENTS = INFRA / "knative/components"
KNATIVES = ("eventing.knative.dev/", "sources.knative.dev/", "serving.knative.dev/")


class Recorder:
    """What would be created."""

    def __init__(self) -> None:
        self.made: list[Tree] = []

    def create(self, _path: str, body: Object) -> Object:
        self.made.append(dict(body))
        return body


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> list[Tree]:
    """All that `infra/knative` has for Knative, with every component."""
    objects = customized(
        tmp_path_factory.mktemp("admission"),
        resources=[INFRA / "knative"],
        components=sorted(COMPONENTS.iterdir()),
    )
    return [found for found in objects if found["apiVersion"].startswith(KNATIVES)]


def judged(objects: Sequence[Tree], configured: Sequence[Tree]) -> dict[str, str]:
    """What is wrong with each, by kind and name; nothing, with most."""
    sent = "".join(json.dumps(item) + "\n" for item in (*configured, *objects))
    ran = subprocess.run(
        [programs.found(programs.KNATIVE_ADMISSION)],
        input=sent,
        capture_output=True,
        text=True,
        check=True,
    )
    said = ran.stdout.splitlines()
    assert len(said) == len(configured) + len(objects)
    assert set(said[: len(configured)]) == {""}
    named = [f"{item['kind']} {item['metadata']['name']}" for item in objects]
    return dict(zip(named, said[len(configured) :], strict=True))


def as_published(**features: str) -> list[Tree]:
    """Knative's ConfigMaps, as an installation has them where nobody changed more than these
    features of Eventing.
    """
    found = [
        item
        for part in (EVENTING, SERVING)
        for path in sorted((folder(part) / "config/core/configmaps").glob("*.yaml"))
        for item in yaml.safe_load_all(path.read_text())
    ]
    (switches,) = (item for item in found if _place(item) == "knative-eventing/config-features")
    switches["data"] |= features
    return found


def _place(item: Tree) -> str:
    return f"{item['metadata']['namespace']}/{item['metadata']['name']}"


NOW = datetime(2026, 11, 25, tzinfo=UTC)
WITH_OIDC = {"authentication-oidc": "enabled"}


def test_all_that_is_installed_is_admitted(installed: list[Tree]):
    answers = judged(installed, as_published(**WITH_OIDC))

    assert {name: wrong for name, wrong in answers.items() if wrong} == {}
    assert {name.split()[0] for name in answers} == {
        "Broker",
        "Trigger",
        "PingSource",
        "ApiServerSource",
        "EventType",
        "EventPolicy",
        "Service",
    }


def test_without_oidc_the_policy_alone_is_not(installed: list[Tree]):
    answers = judged(installed, as_published())

    assert {name: wrong for name, wrong in answers.items() if wrong} == {
        "EventPolicy spillway": "oidc-authentication feature not enabled: "
    }


@pytest.mark.parametrize("seconds", [1, 5, 60])
def test_so_is_the_beat_that_the_functions_make(seconds: int):
    recorder = Recorder()
    beat = timedelta(seconds=seconds)
    clock = PingSourceClock(recorder, "spillway", "broker/default", beat)  # type: ignore[arg-type]  # has the one call

    clock.want(NOW, due=NOW)

    assert judged(recorder.made, as_published()) == {"PingSource spillway-beat": ""}


def test_what_knative_would_not_admit_is_found(installed: list[Tree]):
    (sweep,) = (found for found in installed if found["kind"] == "PingSource")
    wrong = {**sweep, "spec": {**sweep["spec"], "schedule": "@every 5m"}}

    (said,) = judged([wrong], as_published()).values()

    assert "spec.schedule" in said


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hostNetwork", True),
        ("containerConcurrency", -1),
        ("volumes", [{"name": "here", "hostPath": {"path": "/"}}]),
    ],
)
def test_what_serving_would_not_admit_is_found(installed: list[Tree], field: str, value: Json):
    service = copy.deepcopy(next(found for found in installed if found["kind"] == "Service"))
    service["spec"]["template"]["spec"][field] = value

    (said,) = judged([service], as_published()).values()

    assert field in said
