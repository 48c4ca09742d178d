"""Plays a scenario on Spillway, and records what Flagger's recorder recorded."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from infra.local.apiserver.server import Server
from shared.adapters import paths
from tests.flagger.recording import Moment, Recording, Tree, scenario, spoken
from tests.flagger.world import World, a_world

_KINDS = (
    ("/apis/apps/v1", "deployments"),
    ("/api/v1", "services"),
    ("/api/v1", "configmaps"),
    ("/api/v1", "secrets"),
    ("/apis/apps/v1", "controllerrevisions"),
    ("/apis/networking.istio.io/v1", "virtualservices"),
    ("/apis/networking.istio.io/v1", "destinationrules"),
    ("/apis/flagger.app/v1beta1", "canaries"),
)
_RESTING = ("Initialized", "Succeeded", "Failed")
_PATIENCE = 60  # passes; the longest play takes half of them


class _Recorder:
    """Notes what differs from the last look."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen: dict[tuple[str, str], str] = {}
        self.moments: list[Moment] = []
        self.seconds: list[float] = []
        self.plays: list[float] = []

    def look(self) -> None:
        """One moment, where anything changed."""
        now = dict(states_of(self._world))
        changed = [line for subject, line in now.items() if self._seen.get(subject) != line]
        self._seen = now
        if changed:
            self.moments.append(tuple(sorted(changed)))
            self.seconds.append(self._world.now.timestamp())


def play(name: str, apiserver: Server, folder: Path) -> Recording:
    """Everything that happens, from the empty namespace to the end of the last play."""
    told = scenario(name)
    with a_world(name, apiserver, folder) as world:
        recorder = _Recorder(world)
        objects: dict[str, tuple[Tree, ...]] = {}
        for manifest in told["objects"]:
            world.apply(manifest)
        for number, step in enumerate([{"until": {"phase": "Initialized"}}, *told["play"]]):
            world.settle()
            if number:
                recorder.plays.append(world.now.timestamp())
                _change(world, step)
                recorder.look()
            _pass_until(world, step["until"], recorder)
            objects[f"after-{number}"] = tuple(_objects(world))
        return Recording(
            moments=tuple(recorder.moments),
            seconds=tuple(recorder.seconds),
            plays=tuple(recorder.plays),
            events=tuple(events_of(world)),
            objects=objects,
        )


def _change(world: World, step: Tree) -> None:
    world.prometheus.bad = step.get("bad", False)
    if "image" in step:
        world.set_image(step["image"])
    if "patch" in step:
        kind, _, name = step["patch"]["object"].partition("/")
        world.patch(kind, name, step["patch"]["with"])


def _pass_until(world: World, until: Tree, recorder: _Recorder) -> None:
    end = world.now + timedelta(seconds=until.get("seconds", 0))
    for _ in range(_PATIENCE):
        if _is_over(world, until, end):
            return
        world.next_pass()
        recorder.look()
    raise AssertionError(f"{world.namespace}: never {until}, but {recorder.moments}")


def _is_over(world: World, until: Tree, end: datetime) -> bool:
    """The Canary says so; of a phase of rest, once nothing beats. Or the time is over."""
    if "seconds" in until:
        return world.now >= end or not world.beats
    status = _canary(world).get("status", {})
    rests = until["phase"] not in _RESTING or not world.beats
    return rests and all(status.get(key) == value for key, value in until.items())


def _canary(world: World) -> Tree:
    return world.kube.get(f"{paths.canaries(world.namespace)}/app") or {}


def states_of(world: World) -> Iterator[tuple[tuple[str, str], str]]:
    for canary in world.found("/apis/flagger.app/v1beta1", "canaries"):
        if "status" in canary:
            yield ("Canary", "app"), spoken("Canary", "app", canary["status"])
    for found in world.found("/apis/networking.istio.io/v1", "virtualservices"):
        rules = [
            [(share["destination"]["host"], share["weight"]) for share in rule["route"]]
            for rule in found["spec"]["http"]
        ]
        name = found["metadata"]["name"]
        yield ("VirtualService", name), spoken("VirtualService", name, rules)
    for found in world.found("/apis/apps/v1", "deployments"):
        name, spec = found["metadata"]["name"], found["spec"]
        image = spec["template"]["spec"]["containers"][0]["image"]
        state = {"replicas": spec["replicas"], "image": image}
        yield ("Deployment", name), spoken("Deployment", name, state)


def events_of(world: World) -> Iterator[str]:
    """By first appearance, each text once: the server counts its writes in one row."""
    told = world.found("/api/v1", "events")
    ordered = sorted(told, key=lambda event: int(event["metadata"]["resourceVersion"]))
    yield from dict.fromkeys(f"{e['type']} {e['reason']} {e['message']}" for e in ordered)


def _objects(world: World) -> Iterator[Tree]:
    """Each as a GET shows it: what comes in a list does not say its kind."""
    for api, plural in _KINDS:
        for found in world.found(api, plural):
            path = f"{api}/namespaces/{world.namespace}/{plural}/{found['metadata']['name']}"
            yield world.kube.get(path) or {}
