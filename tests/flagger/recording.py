"""What somebody did with a scenario: Flagger, as it was recorded, or Spillway, as it is played."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

Tree = dict[str, Any]  # an object of the API, or a part of one
Moment = tuple[str, ...]  # all that one pass changed, sorted: two readings do not order it

_FOLDER = Path(__file__).parents[1] / "data" / "flagger"
_WEIGHT = re.compile(r"Progressing at (\d+)")
_ONE_PASS_SECONDS = 1.5  # what lies closer together is one pass of Flagger's: they are 10 s apart
_EVENT = re.compile(r"(\w+) (\w+) x(\d+) (\(combined from similar events\): )?(.*)")

# client-go merges the similar events of ten minutes after the tenth and keeps only the last text.
# These are the texts before it: what Flagger's code says at that place (specs §2.10, §2.2).
_SWALLOWED: Mapping[str, tuple[str, ...]] = {
    "step-weights": ("Normal Synced Advance app.step-weights primary weight 100",),
    "superseded": ("Normal Synced Routing all traffic to primary",),
    "suspended": ("Normal Synced Routing all traffic to primary",),
    "reverted": ("Normal Synced Promotion completed! Scaling down app.reverted",),
}


@dataclass(frozen=True, slots=True)
class Recording:
    """The changes in their order, the Events by first appearance, the objects after each play."""

    moments: tuple[Moment, ...]
    seconds: tuple[float, ...]  # of each moment
    plays: tuple[float, ...]  # the second of each
    events: tuple[str, ...]
    objects: Mapping[str, tuple[Tree, ...]]  # by `after-<n>`


def of_flagger(name: str) -> Recording:
    """What a real Flagger did."""
    traces = _FOLDER / "traces" / name
    trace = json.loads((traces / "trace.json").read_text())
    passes = tuple(_passes(trace))
    return Recording(
        moments=tuple(moment for _, moment in passes),
        seconds=tuple(second for second, _ in passes),
        plays=tuple(entry["t"] for entry in trace if "play" in entry),
        events=tuple(dict.fromkeys(_events(name, (traces / "events.txt").read_text()))),
        objects=left_by_flagger(name),
    )


def left_by_flagger(name: str) -> Mapping[str, tuple[Tree, ...]]:
    """The objects after each play, by `after-<n>`."""
    return {
        path.stem.rpartition("-")[0]: tuple(yaml.safe_load_all(path.read_text()))
        for path in sorted((_FOLDER / "objects" / name).glob("after-*.yaml"))
    }


def scenario(name: str) -> Tree:
    """The manifests of a scenario, and what was played."""
    return next(one for one in _scenarios() if one["name"] == name)


@cache
def _scenarios() -> tuple[Tree, ...]:
    return tuple(yaml.safe_load_all((_FOLDER / "scenarios.yaml").read_text()))


def steps(recording: Recording) -> tuple[float, ...]:
    """The seconds from each weight of a run to the next higher one, where nobody came between."""
    weights = [_WEIGHT.search(" ".join(moment)) for moment in recording.moments]
    found = [
        (second, int(weight[1]))
        for second, weight in zip(recording.seconds, weights, strict=True)
        if weight
    ]
    return tuple(
        later - sooner
        for (sooner, low), (later, high) in pairwise(found)
        if 0 < low < high and not any(sooner < play < later for play in recording.plays)
    )


def spoken(kind: str, name: str, state: Any) -> str:
    """One change as a line: the state that an object was seen in."""
    if kind == "Canary":
        phase, weight = state["phase"], state["canaryWeight"]
        counters = f"{state['failedChecks']} failed, {state['iterations']} iterations"
        return f"{phase} at {weight}: {counters}"
    if kind == "VirtualService":
        rules = [", ".join(f"{host} {weight}" for host, weight in rule) for rule in state]
        return f"route {name}: {'; '.join(rules)}"
    return f"{kind} {name}: {state['replicas']} of {state['image']}"


def _passes(trace: Iterable[Tree]) -> Iterator[tuple[float, Moment]]:
    lines: list[str] = []
    then = 0.0
    for entry in trace:
        if lines and ("play" in entry or entry["t"] - then > _ONE_PASS_SECONDS):
            yield then, tuple(sorted(lines))
            lines = []
        then = entry["t"]
        lines += [line for subject, state in entry.items() for line in _line(subject, state)]
    yield then, tuple(sorted(lines))


def _line(subject: str, state: Any) -> Iterator[str]:
    kind, slash, name = subject.partition("/")
    if slash and not (kind == "Canary" and state["phase"] is None):
        yield spoken(kind, name, state)


def _events(name: str, text: str) -> Iterator[str]:
    for line in text.splitlines():
        found = _EVENT.fullmatch(line)
        assert found, line
        severity, reason, count, combined, message = found.groups()
        if combined:
            assert len(_SWALLOWED[name]) == int(count) - 1, line
            yield from _SWALLOWED[name]
        yield f"{severity} {reason} {message}"
