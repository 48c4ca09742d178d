"""The embedded API server: custom kinds, and the versions in which they are served."""

from typing import Any

import pytest

from infra.local.apiserver.server import Server
from tests.lab.raw_http import CANARIES, CRDS, MERGE, ask, canary

pytestmark = pytest.mark.loopback

_THINGS = "/apis/lab.test/v1/namespaces/default/things"


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


def test_an_unknown_field_is_refused_where_the_client_is_strict(apiserver: Server) -> None:
    unknown = canary(notAField=True)

    strict = ask(apiserver, "POST", f"{CANARIES}?fieldValidation=Strict", unknown)
    lax = ask(apiserver, "POST", CANARIES, unknown)

    assert strict.code == 400
    assert strict.body["message"] == (
        'Canary in version "v1beta1" cannot be handled as a Canary: '
        'strict decoding error: unknown field "spec.notAField"'
    )
    assert lax.code == 201
    assert "notAField" not in lax.body["spec"]


def test_a_wrong_patch_is_refused_and_changes_nothing(apiserver: Server) -> None:
    ask(apiserver, "POST", CANARIES, canary())

    answer = ask(
        apiserver, "PATCH", f"{CANARIES}/web", {"spec": {"suspend": 1}}, content_type=MERGE
    )

    assert answer.code == 422
    assert "suspend" not in ask(apiserver, "GET", f"{CANARIES}/web").body["spec"]


@pytest.mark.parametrize("version", ["v1alpha2", "v1alpha3", "v1beta1"])
def test_every_served_version_shows_every_object(apiserver: Server, version: str) -> None:
    ask(apiserver, "POST", CANARIES, canary())
    things = CANARIES.replace("v1beta1", version)

    one = ask(apiserver, "GET", f"{things}/web").body
    many = ask(apiserver, "GET", things).body

    assert one["apiVersion"] == f"flagger.app/{version}"
    assert many["apiVersion"] == f"flagger.app/{version}"
    assert many["items"][0]["apiVersion"] == f"flagger.app/{version}"


_FREE = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}


def _definition(**version: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "things.lab.test"},
        "spec": {
            "group": "lab.test",
            "scope": "Namespaced",
            "names": {"kind": "Thing", "plural": "things"},
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": _FREE, **version},
            ],
        },
    }


def _thing(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "lab.test/v1",
        "kind": "Thing",
        "metadata": {"name": "one"},
        "spec": spec,
    }


def test_a_definition_serves_its_kind_at_once(apiserver: Server) -> None:
    before = ask(apiserver, "POST", _THINGS, _thing()).code
    created = ask(apiserver, "POST", CRDS, _definition()).body
    after = ask(apiserver, "POST", _THINGS, _thing(a=1))

    conditions = {one["type"]: one["status"] for one in created["status"]["conditions"]}
    assert (before, after.code) == (404, 201)
    assert conditions == {"NamesAccepted": "True", "Established": "True"}
    assert created["spec"]["names"]["singular"] == "thing"


def test_a_changed_definition_is_in_force_at_once(apiserver: Server) -> None:
    ask(apiserver, "POST", CRDS, _definition())
    schema = {
        "openAPIV3Schema": {
            "type": "object",
            "properties": {
                "spec": {
                    "type": "object",
                    "properties": {"a": {"type": "integer", "default": 3}},
                }
            },
        }
    }
    change = _definition(schema=schema)
    ask(apiserver, "PATCH", f"{CRDS}/things.lab.test", change, content_type=MERGE)

    assert ask(apiserver, "POST", _THINGS, _thing(b=1)).body["spec"] == {"a": 3}


def test_a_custom_kind_can_be_scaled(apiserver: Server) -> None:
    paths = {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"}
    ask(apiserver, "POST", CRDS, _definition(subresources={"scale": paths}))
    ask(apiserver, "POST", _THINGS, _thing(size=1))

    change = {"spec": {"replicas": 4}}
    scaled = ask(apiserver, "PATCH", f"{_THINGS}/one/scale", change, content_type=MERGE).body

    assert scaled["spec"] == {"replicas": 4}
    assert ask(apiserver, "GET", f"{_THINGS}/one").body["spec"] == {"size": 4}


def test_without_a_status_subresource_the_status_is_a_field_like_others(apiserver: Server) -> None:
    ask(apiserver, "POST", CRDS, _definition())

    created = ask(apiserver, "POST", _THINGS, _thing() | {"status": {"a": 1}}).body

    assert created["status"] == {"a": 1}
    assert ask(apiserver, "GET", f"{_THINGS}/one/status").code == 404


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
