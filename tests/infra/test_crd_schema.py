"""The schema of the Canary's CRD: legal on a real API server, and true to what the code does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.local.kube import Tree
from shared.domain.canary import Refusal
from shared.domain.fields import Json, Object
from shared.domain.manifest import parse
from tests.domain.canaries import CROC_HUNTER, RECORDED, analysing, canary, measuring, serving

CRD = yaml.safe_load((Path(__file__).parents[2] / "infra/crds/canary.yaml").read_text())
VERSIONS = {version["name"]: version for version in CRD["spec"]["versions"]}
SCHEMA = VERSIONS["v1beta1"]["schema"]["openAPIV3Schema"]
SPEC = SCHEMA["properties"]["spec"]
FIELDS = SPEC["properties"]
WRITTEN: dict[str, Any] = {**RECORDED, "croc-hunter": CROC_HUNTER}
# The keywords of structural schemas that the CRD makes use of; each needs no other one to be legal.
KEYWORDS = {
    "type",
    "format",
    "description",
    "properties",
    "additionalProperties",
    "items",
    "required",
    "x-kubernetes-int-or-string",
    "x-kubernetes-map-type",
    "x-kubernetes-preserve-unknown-fields",
}
NODES = {
    "object": {
        "properties",
        "additionalProperties",
        "x-kubernetes-map-type",
        "x-kubernetes-preserve-unknown-fields",
    },
    "array": {"items"},
}


def nodes(schema: Tree, path: str = "") -> Iterator[tuple[str, Tree]]:
    """Every schema within a schema, with the path of the field that it is for."""
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from nodes(inner, f"{path}.{name}")
    for name in ("items", "additionalProperties"):
        if name in schema:
            yield from nodes(schema[name], f"{path}[]")


def dropped(schema: Tree, value: object, path: str = "") -> Iterator[str]:
    """The paths of all that a server would prune from a value, since no schema speaks of it."""
    if isinstance(value, list):
        for item in value:
            yield from dropped(schema.get("items", {}), item, f"{path}[]")
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        known = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
        if known is not None:
            yield from dropped(known, inner, f"{path}.{key}")
        elif "x-kubernetes-preserve-unknown-fields" not in schema:
            yield f"{path}.{key}"


def sample(schema: Tree) -> Json:
    """Some value that the schema admits and that asks for something."""
    if "x-kubernetes-int-or-string" in schema:
        return 1
    filled = {name: sample(inner) for name, inner in schema.get("properties", {}).items()}
    samples: dict[str, Json] = {
        "object": filled or {"x": "x"},
        "array": [sample(schema["items"])] if "items" in schema else [],
        "string": "x",
        "integer": 1,
        "number": 1,
        "boolean": True,
    }
    return samples[schema["type"]]


def test_the_three_versions_are_served_and_stored_as_the_newest():
    assert {name: version["storage"] for name, version in VERSIONS.items()} == {
        "v1alpha2": False,
        "v1alpha3": False,
        "v1beta1": True,
    }
    assert all(version["served"] for version in VERSIONS.values())
    assert all(version["subresources"] == {"status": {}} for version in VERSIONS.values())
    assert CRD["spec"]["conversion"] == {"strategy": "None"}


@pytest.mark.parametrize("version", ["v1alpha2", "v1alpha3"])
@pytest.mark.parametrize("part", ["schema", "additionalPrinterColumns"])
def test_the_older_versions_differ_from_the_newest_in_nothing(version: str, part: str):
    assert VERSIONS[version][part] == VERSIONS["v1beta1"][part]


def test_kubectl_prints_flaggers_columns_and_the_next_tick():
    columns = VERSIONS["v1beta1"]["additionalPrinterColumns"]

    shown = [column["name"] for column in columns if not column.get("priority")]
    wide = [column["name"] for column in columns if column.get("priority") == 1]

    assert shown == ["Status", "Weight", "LastTransitionTime"]
    assert wide == [
        "Suspended",
        "FailedChecks",
        "Interval",
        "Mirror",
        "StepWeight",
        "StepWeights",
        "MaxWeight",
        "NextTick",
    ]


def test_every_column_shows_a_field_of_the_schema():
    fields = {path for path, _ in nodes(SCHEMA)}

    paths = {column["jsonPath"] for column in VERSIONS["v1beta1"]["additionalPrinterColumns"]}

    assert paths <= fields


@pytest.mark.parametrize(("path", "schema"), [pytest.param(*n, id=n[0]) for n in nodes(SCHEMA)])
def test_the_schema_is_structural(path: str, schema: Tree):
    one_of_two_types = schema.get("x-kubernetes-int-or-string", False)
    kind = schema.get("type", "")

    assert schema.keys() <= KEYWORDS
    assert (not kind) == one_of_two_types
    assert not {"properties", "additionalProperties"} <= schema.keys()
    assert set(schema.get("required", ())) <= schema.get("properties", {}).keys()
    assert schema.keys() & {k for n in NODES.values() for k in n} <= NODES.get(kind, set())
    assert kind != "array" or "items" in schema
    assert schema.get("format") in {None, "int32", "int64", "date-time"}


def test_only_what_spillway_writes_as_a_whole_is_owned_as_a_whole():
    atomic = {path for path, schema in nodes(SCHEMA) if schema.get("x-kubernetes-map-type")}

    assert atomic == {".status.spillway"}


@pytest.mark.parametrize("path", [path for path, _ in nodes(SCHEMA) if not path.endswith("[]")])
def test_every_field_is_explained(path: str):
    (schema, *_) = (schema for found, schema in nodes(SCHEMA) if found == path)

    assert schema.get("description") or path in {".apiVersion", ".kind", ".metadata"}


METRIC = FIELDS["analysis"]["properties"]["metrics"]["items"]["properties"]
EXPLAINED = [
    pytest.param(build(**{name: sample(schema)}), f"{where}.{name}", schema, id=f"{where}.{name}")
    for build, where, properties in (
        (canary, "spec", FIELDS),
        (serving, "spec.service", FIELDS["service"]["properties"]),
        (analysing, "spec.analysis", FIELDS["analysis"]["properties"]),
        (measuring, "spec.analysis.metrics.0", METRIC),
    )
    for name, schema in properties.items()
]


@pytest.mark.parametrize(("manifest", "path", "schema"), EXPLAINED)
def test_kubectl_explain_says_of_each_field_whether_it_is_supported(
    manifest: Object, path: str, schema: Tree
):
    answer = parse(manifest)

    refused = isinstance(answer, Refusal) and str(answer).startswith(f"{path}: not supported")

    assert refused == schema["description"].startswith("Not supported.")


@pytest.mark.parametrize("name", WRITTEN)
def test_the_schema_speaks_of_all_that_flaggers_users_write(name: str):
    assert list(dropped(SPEC, WRITTEN[name]["spec"])) == []
