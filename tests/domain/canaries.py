"""Canary objects for the tests of how they are admitted and read."""

from pathlib import Path

import yaml

from shared.domain.fields import Json, Object

_DATA = Path(__file__).parents[1] / "data"

CROC_HUNTER: Object = yaml.safe_load((_DATA / "croc-hunter-canary.yaml").read_text())

# What a real Flagger was given, by the name of the recording.
RECORDED: dict[str, Object] = {
    scenario["name"]: manifest
    for scenario in yaml.safe_load_all((_DATA / "flagger" / "scenarios.yaml").read_text())
    for manifest in scenario["objects"]
    if manifest["kind"] == "Canary"
}


def canary(**spec: Json) -> Object:
    """The smallest Canary that runs, with these fields of the spec on top."""
    return {
        "apiVersion": "flagger.app/v1beta1",
        "kind": "Canary",
        "metadata": {"name": "cart", "namespace": "shop"},
        "spec": {
            "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"},
            "service": {"port": 80},
            "analysis": {"stepWeight": 10},
            **spec,
        },
    }


def serving(**service: Json) -> Object:
    """A Canary with these fields of spec.service."""
    return canary(service={"port": 80, **service})


def analysing(**analysis: Json) -> Object:
    """A Canary with these fields of spec.analysis."""
    return canary(analysis={"stepWeight": 10, **analysis})


def measuring(**metric: Json) -> Object:
    """A Canary with one metric."""
    return analysing(metrics=[metric])
