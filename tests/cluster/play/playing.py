"""Plays scenarios side by side, and brings home what was seen: afterwards nothing runs any more."""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from infra.local.kube import Kube, Tree
from tests.cluster.play.bus import letters
from tests.cluster.play.scene import Scene
from tests.cluster.play.servers import roles, serving
from tests.cluster.play.stage import Stage, a_stage
from tests.cluster.play.witness import APP, Stand

Scenario = Callable[[Scene], None]
_REST_SECONDS = 30.0
_POLL = 0.2
_WAIT = re.compile(r"(canary deployment )?\S+ not ready: ")


@dataclass(frozen=True, slots=True)
class Story:
    """What became of one scenario."""

    fault: str  # what it waited for in vain; empty where it went through
    stands: tuple[Stand, ...]
    routes: tuple[tuple[int, ...], ...]  # of each rule that was written
    told: tuple[str, ...]
    failed: float  # requests
    objects: Mapping[tuple[str, str], Tree]  # at the end, by kind and name

    @property
    def walk(self) -> list[tuple[str, int]]:
        """The phases and weights that were in force, each once until it changed."""
        settled = [(s.phase, s.weight) for s in self.stands if s.settled and s.phase]
        return [one for n, one in enumerate(settled) if n == 0 or settled[n - 1] != one]

    @property
    def run(self) -> list[tuple[str, int]]:
        """The walk from the first run on."""
        began = next(n for n, one in enumerate(self.walk) if one[0] == "Progressing")
        return self.walk[began:]

    def runs(self, name: str) -> tuple[str, int]:
        """Image and replicas of a Deployment."""
        spec = self.objects["Deployment", name]["spec"]
        return spec["template"]["spec"]["containers"][0]["image"], spec["replicas"]

    @property
    def weights(self) -> dict[str, int]:
        """Those of the route at the end."""
        (rule,) = self.objects["VirtualService", APP]["spec"]["http"]
        return {to["destination"]["host"]: to["weight"] for to in rule["route"]}

    @property
    def kept(self) -> set[str]:
        """The images of the snapshots that are left."""
        snapshots = [obj for (kind, _), obj in self.objects.items() if kind == "ControllerRevision"]
        return {
            obj["data"]["template"]["spec"]["containers"][0]["image"]
            for obj in snapshots
            if obj["metadata"]["ownerReferences"][0]["kind"] == "Canary"
        }

    @property
    def conditions(self) -> dict[str, tuple[str, str]]:
        """Status and reason of each."""
        found = self.objects["Canary", APP]["status"]["conditions"]
        return {c["type"]: (c["status"], c["reason"]) for c in found}


@dataclass(frozen=True, slots=True)
class Play:
    """All stories of one server, and what they left behind."""

    stories: Mapping[str, Story]
    dead: Sequence[str]  # letters, and what was still tried
    beats: bool
    seconds: float
    audit: Sequence[Tree]  # requests; of a real server
    roles: Sequence[Tree]  # of a real server


def play(server: str, folder: Path, scenarios: Mapping[str, Scenario]) -> Play:
    """Every scenario in a namespace of its own, all at once."""
    began, names = time.monotonic(), tuple(scenarios)
    with serving(server, folder, names) as running:
        with a_stage(running) as stage, ThreadPoolExecutor(len(names)) as pool:
            scenes = [Scene(name, stage) for name in names]
            faults = list(pool.map(_fault, scenes, scenarios.values()))
            beats, dead = _beats_on(stage), letters(stage.bus)
            found = roles(stage.kube) if running.audit else []
            stories = [
                _story(stage, name, fault) for name, fault in zip(names, faults, strict=True)
            ]
        lines = running.audit.read_text().splitlines() if running.audit else []
    audit, told = [json.loads(line) for line in lines], dict(zip(names, stories, strict=True))
    return Play(told, dead, beats, time.monotonic() - began, audit, found)


def _fault(scene: Scene, scenario: Scenario) -> str:
    try:
        scenario(scene)
    except TimeoutError as error:
        return str(error)
    return ""


def _beats_on(stage: Stage) -> bool:
    ends = time.monotonic() + _REST_SECONDS
    while stage.beats() and time.monotonic() < ends:
        time.sleep(_POLL)
    return stage.beats()


_KINDS = (
    ("/apis/apps/v1", "deployments"),
    ("/apis/apps/v1", "controllerrevisions"),
    ("/api/v1", "services"),
    ("/apis/networking.istio.io/v1beta1", "virtualservices"),
    ("/apis/networking.istio.io/v1beta1", "destinationrules"),
    ("/apis/flagger.app/v1beta1", "canaries"),
)


def _story(stage: Stage, namespace: str, fault: str) -> Story:
    objects = {
        (obj["kind"], obj["metadata"]["name"]): obj
        for api, plural in _KINDS
        for obj in stage.kube.list(f"{api}/namespaces/{namespace}/{plural}")[0]
    }
    return Story(
        fault=fault,
        stands=tuple(stage.witness.stands[namespace]),
        routes=tuple(stage.witness.routes[namespace]),
        told=tuple(_told(stage.kube, namespace)),
        failed=stage.traffic.failed(namespace),
        objects=objects,
    )


def _told(kube: Kube, namespace: str) -> list[str]:
    """What people were told of the canary, in its order; but for waits that outlast an interval:
    how soon pods come is the machine's affair.
    """
    found = kube.list(f"/api/v1/namespaces/{namespace}/events")[0]
    ours = [event for event in found if event["involvedObject"]["name"] == APP
            and event["involvedObject"]["kind"] == "Canary"]  # fmt: skip
    ours.sort(key=lambda event: int(event["metadata"]["resourceVersion"]))
    return [event["message"] for event in ours if not _WAIT.match(event["message"])]
