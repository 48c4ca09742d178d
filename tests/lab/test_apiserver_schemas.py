"""The embedded API server: custom kinds, their schemas and their versions."""

from typing import Any

import pytest

from infra.local.apiserver.schema import Schema
from infra.local.apiserver.server import Server
from tests.lab.raw_http import CANARIES, CRDS, MERGE, ask, canary

_THINGS = "/apis/lab.test/v1/namespaces/default/things"


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
            'spec.a: Invalid value: "tomorrow": spec.a in body must be of type date-time',
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


@pytest.mark.loopback
def test_a_wrong_canary_is_refused_with_every_cause(apiserver: Server) -> None:
    wrong = canary(analysis={"interval": 15}, service={})

    answer = ask(apiserver, "POST", CANARIES, wrong)

    assert answer.code == 422
    assert answer.body["reason"] == "Invalid"
    assert answer.body["message"].startswith('Canary.flagger.app "web" is invalid: [spec.analysis')
    assert [cause["field"] for cause in answer.body["details"]["causes"]] == [
        "spec.analysis.interval",
        "spec.service.port",
    ]


@pytest.mark.loopback
def test_an_unknown_field_is_refused_where_the_client_is_strict(apiserver: Server) -> None:
    unknown = canary(notAField=True)

    strict = ask(apiserver, "POST", f"{CANARIES}?fieldValidation=Strict", unknown)
    lax = ask(apiserver, "POST", CANARIES, unknown)

    assert strict.code == 400
    assert strict.body["message"] == 'strict decoding error: unknown field "spec.notAField"'
    assert lax.code == 201
    assert "notAField" not in lax.body["spec"]


@pytest.mark.loopback
def test_a_wrong_patch_is_refused_and_changes_nothing(apiserver: Server) -> None:
    ask(apiserver, "POST", CANARIES, canary())

    answer = ask(
        apiserver, "PATCH", f"{CANARIES}/web", {"spec": {"suspend": 1}}, content_type=MERGE
    )

    assert answer.code == 422
    assert "suspend" not in ask(apiserver, "GET", f"{CANARIES}/web").body["spec"]


@pytest.mark.loopback
@pytest.mark.parametrize("version", ["v1alpha2", "v1alpha3", "v1beta1"])
def test_every_served_version_shows_every_object(apiserver: Server, version: str) -> None:
    ask(apiserver, "POST", CANARIES, canary())
    things = CANARIES.replace("v1beta1", version)

    one = ask(apiserver, "GET", f"{things}/web").body
    many = ask(apiserver, "GET", things).body

    assert one["apiVersion"] == f"flagger.app/{version}"
    assert many["apiVersion"] == f"flagger.app/{version}"
    assert many["items"][0]["apiVersion"] == f"flagger.app/{version}"


def _definition(**version: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "things.lab.test"},
        "spec": {
            "group": "lab.test",
            "scope": "Namespaced",
            "names": {"kind": "Thing", "plural": "things"},
            "versions": [{"name": "v1", "served": True, "storage": True, **version}],
        },
    }


def _thing(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "lab.test/v1",
        "kind": "Thing",
        "metadata": {"name": "one"},
        "spec": spec,
    }


@pytest.mark.loopback
def test_a_definition_serves_its_kind_at_once(apiserver: Server) -> None:
    before = ask(apiserver, "POST", _THINGS, _thing()).code
    created = ask(apiserver, "POST", CRDS, _definition()).body
    after = ask(apiserver, "POST", _THINGS, _thing(a=1))

    conditions = {one["type"]: one["status"] for one in created["status"]["conditions"]}
    assert (before, after.code) == (404, 201)
    assert conditions == {"NamesAccepted": "True", "Established": "True"}
    assert created["spec"]["names"]["singular"] == "thing"


@pytest.mark.loopback
def test_a_changed_definition_is_in_force_at_once(apiserver: Server) -> None:
    ask(apiserver, "POST", CRDS, _definition())
    schema = {"openAPIV3Schema": _object(a={"type": "integer", "default": 3})}
    change = _definition(schema=schema)
    ask(apiserver, "PATCH", f"{CRDS}/things.lab.test", change, content_type=MERGE)

    assert ask(apiserver, "POST", _THINGS, _thing(b=1)).body["spec"] == {"a": 3}


@pytest.mark.loopback
def test_a_custom_kind_can_be_scaled(apiserver: Server) -> None:
    paths = {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"}
    ask(apiserver, "POST", CRDS, _definition(subresources={"scale": paths}))
    ask(apiserver, "POST", _THINGS, _thing(size=1))

    change = {"spec": {"replicas": 4}}
    scaled = ask(apiserver, "PATCH", f"{_THINGS}/one/scale", change, content_type=MERGE).body

    assert scaled["spec"] == {"replicas": 4}
    assert ask(apiserver, "GET", f"{_THINGS}/one").body["spec"] == {"size": 4}


@pytest.mark.loopback
def test_without_a_status_subresource_the_status_is_a_field_like_others(apiserver: Server) -> None:
    ask(apiserver, "POST", CRDS, _definition())

    created = ask(apiserver, "POST", _THINGS, _thing() | {"status": {"a": 1}}).body

    assert created["status"] == {"a": 1}
    assert ask(apiserver, "GET", f"{_THINGS}/one/status").code == 404


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("definition", "field"),
    [
        pytest.param({"metadata": {"name": "a.b"}}, "spec.group", id="without a spec"),
        pytest.param(_definition(storage=False), "spec.versions", id="nothing stored"),
        pytest.param(
            _definition() | {"metadata": {"name": "a.b"}}, "metadata.name", id="of another name"
        ),
    ],
)
def test_a_definition_is_refused(apiserver: Server, definition: dict[str, Any], field: str) -> None:
    answer = ask(apiserver, "POST", CRDS, definition)

    assert answer.code == 422
    assert field in [cause["field"] for cause in answer.body["details"]["causes"]]
