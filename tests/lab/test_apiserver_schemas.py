"""The embedded API server: what a schema refuses, drops and fills in."""

from typing import Any

import pytest

from infra.local.apiserver.schema import Schema


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"spec": {"type": "object", "properties": properties}}}


_ANY = {"x-kubernetes-preserve-unknown-fields": True}
_EITHER = {"x-kubernetes-int-or-string": True}


@pytest.mark.parametrize(
    ("schema", "value", "told"),
    [
        pytest.param(
            {"type": "string"},
            15,
            'spec.a: Invalid value: "integer": spec.a in body must be of type string: "integer"',
            id="a wrong type",
        ),
        pytest.param(
            {"type": "string"},
            None,
            'spec.a: Invalid value: "null": spec.a in body must be of type string: "null"',
            id="a null that may not be",
        ),
        pytest.param(
            {"type": "object", "required": ["b"]}, {}, "spec.a.b: Required value", id="required"
        ),
        pytest.param(
            {"type": "string", "enum": ["x", "y"]},
            "z",
            'spec.a: Unsupported value: "z": supported values: "x", "y"',
            id="enum",
        ),
        pytest.param(
            {"type": "integer", "minimum": 1},
            0,
            "spec.a: Invalid value: 0: spec.a in body should be greater than or equal to 1",
            id="minimum",
        ),
        pytest.param(
            {"type": "integer", "maximum": 9, "exclusiveMaximum": True},
            9,
            "spec.a: Invalid value: 9: spec.a in body should be less than 9",
            id="exclusive maximum",
        ),
        pytest.param(
            {"type": "string", "pattern": "^a+$"},
            "b",
            "spec.a: Invalid value: \"b\": spec.a in body should match '^a+$'",
            id="pattern",
        ),
        pytest.param(
            {"type": "string", "format": "date-time"},
            "tomorrow",
            'spec.a: Invalid value: "tomorrow": '
            'spec.a in body must be of type date-time: "tomorrow"',
            id="no time",
        ),
        pytest.param(
            {"type": "array", "items": {"type": "object", "required": ["b"]}},
            [{"b": 1}, {}],
            "spec.a[1].b: Required value",
            id="in a list",
        ),
        pytest.param(
            {"type": "array", "maxItems": 1},
            [1, 2],
            "spec.a: Too many: 2: must have at most 1 items",
            id="too many",
        ),
        pytest.param(
            {"type": "object", "additionalProperties": {"type": "string"}},
            {"b": 1},
            'spec.a.b: Invalid value: "integer": '
            'spec.a.b in body must be of type string: "integer"',
            id="in a map",
        ),
        pytest.param(
            _EITHER,
            True,
            'spec.a: Invalid value: "boolean": '
            'spec.a in body must be of type integer,string: "boolean"',
            id="neither integer nor string",
        ),
    ],
)
def test_a_value_is_refused_with_its_path(schema: dict[str, Any], value: Any, told: str) -> None:
    causes = Schema(_object(a=schema)).check({"spec": {"a": value}})

    assert [str(cause) for cause in causes] == [told]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        pytest.param({"type": "string", "nullable": True}, None, id="a null that may be"),
        pytest.param(_EITHER, 1, id="an integer"),
        pytest.param(_EITHER, "25%", id="or a string"),
        pytest.param({"type": "number"}, 1, id="an integer as a number"),
        pytest.param(_ANY, {"x": [1, "y"]}, id="anything"),
        pytest.param(
            {"type": "string", "format": "date-time"}, "2026-01-01T00:00:00.5+02:00", id="a time"
        ),
    ],
)
def test_a_value_is_accepted(schema: dict[str, Any], value: Any) -> None:
    assert Schema(_object(a=schema)).check({"spec": {"a": value}}) == []


@pytest.mark.parametrize(
    ("schema", "value", "kept", "dropped"),
    [
        pytest.param(
            {"type": "object", "properties": {"b": {}}},
            {"b": 1, "c": 2},
            {"b": 1},
            ["spec.a.c"],
            id="an unknown field",
        ),
        pytest.param(_ANY, {"c": {"d": 1}}, {"c": {"d": 1}}, [], id="nothing where all is kept"),
        pytest.param(
            {"type": "array", "items": {"type": "object", "properties": {"b": {}}}},
            [{"c": 1}],
            [{}],
            ["spec.a[0].c"],
            id="an unknown field in a list",
        ),
        pytest.param(
            {"type": "object", "additionalProperties": {"type": "object", "properties": {}}},
            {"b": {"c": 1}},
            {"b": {}},
            ["spec.a.b.c"],
            id="an unknown field in a map",
        ),
        pytest.param(
            {"type": "object", "x-kubernetes-embedded-resource": True},
            {"kind": "X", "metadata": {"name": "x"}, "spec": 1},
            {"kind": "X", "metadata": {"name": "x"}},
            ["spec.a.spec"],
            id="an unknown field of an embedded object",
        ),
    ],
)
def test_pruning_drops(schema: dict[str, Any], value: Any, kept: Any, dropped: list[str]) -> None:
    obj = {"apiVersion": "v1", "kind": "X", "metadata": {"labels": {}}, "spec": {"a": value}}

    assert Schema(_object(a=schema)).prune(obj) == dropped

    assert obj["spec"] == {"a": kept}
    assert obj["metadata"] == {"labels": {}}


@pytest.mark.parametrize(
    ("schema", "spec", "filled"),
    [
        pytest.param({"default": 5}, {}, {"a": 5}, id="where nothing is"),
        pytest.param({"default": 5}, {"a": 6}, {"a": 6}, id="not where something is"),
        pytest.param({"default": 5}, {"a": None}, {"a": 5}, id="in place of a null"),
        pytest.param(
            {"default": 5, "nullable": True}, {"a": None}, {"a": None}, id="not of a wanted null"
        ),
        pytest.param({"properties": {"b": {"default": 1}}}, {}, {}, id="not in what is not there"),
        pytest.param(
            {"default": {}, "properties": {"b": {"default": 1}}},
            {},
            {"a": {"b": 1}},
            id="in a default",
        ),
        pytest.param(
            {"items": {"properties": {"b": {"default": 1}}}},
            {"a": [{}, {"b": 2}]},
            {"a": [{"b": 1}, {"b": 2}]},
            id="in a list",
        ),
    ],
)
def test_a_default_is_set(schema: dict[str, Any], spec: Any, filled: Any) -> None:
    obj = {"spec": spec}

    Schema(_object(a=schema)).fill(obj)

    assert obj["spec"] == filled
