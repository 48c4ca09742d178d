"""Selecting objects by labels and by fields."""

from urllib.parse import quote

from tests.cluster.conformance.asking import Api
from tests.cluster.conformance.kinds import secret, widget


def _select(api: Api, plural: str, *selectors: str, by: str = "labelSelector") -> None:
    for selector in selectors:
        answer = api.get(api.path(plural, query=f"{by}={quote(selector)}"), quiet=True)
        found = [item["metadata"]["name"] for item in answer.body.get("items", ())]
        told = {} if answer.code == 200 else answer.body
        api.note(selector, (answer.code, found, told))


def _secrets(api: Api) -> None:
    api.post(api.path("secrets"), secret("a", tier="front", env="prod"), quiet=True)
    api.post(api.path("secrets"), secret("b", tier="back"), quiet=True)
    api.post(api.path("secrets"), {**secret("c"), "type": "x.dev/other"}, quiet=True)


def labels_by_equality(api: Api) -> None:
    _secrets(api)
    _select(api, "secrets", "tier=front", "tier==back", "tier!=front", "tier=", "tier=front,env=x")


def labels_by_sets(api: Api) -> None:
    _secrets(api)
    _select(
        api,
        "secrets",
        *("tier in (front, back)", "tier notin (front)", "tier in (front),env", "tier in ()"),
    )


def labels_by_presence(api: Api) -> None:
    _secrets(api)
    _select(api, "secrets", "tier", "!tier", "env,tier", "!env,tier")


def labels_that_cannot_be_understood(api: Api) -> None:
    _select(api, "secrets", "tier in front", "=", "a b", "tier>", "-x=1")


def fields_that_every_kind_has(api: Api) -> None:
    _secrets(api)
    _select(
        api,
        "secrets",
        *("metadata.name=a", "metadata.name!=a", "metadata.name=a,metadata.name=b"),
        by="fieldSelector",
    )


def fields_of_a_builtin_kind(api: Api) -> None:
    _secrets(api)
    _select(api, "secrets", "type=Opaque", "type!=Opaque", by="fieldSelector")


def fields_of_a_custom_kind(api: Api) -> None:
    api.post(api.path("widgets"), widget("a"), quiet=True)
    api.post(api.path("widgets"), widget("b", colour="green"), quiet=True)
    _select(
        api, "widgets", "spec.colour=green", "spec.colour!=green", "metadata.name=a",
        by="fieldSelector",
    )  # fmt: skip


def fields_that_cannot_be_selected_by(api: Api) -> None:
    _select(api, "secrets", "data.a=1", "metadata.uid=1", "metadata.name", by="fieldSelector")
    _select(api, "widgets", "spec.size=1", by="fieldSelector")


def events_by_what_they_are_about(api: Api) -> None:
    for name, about in (("a", "web"), ("b", "other")):
        involved = {"kind": "Deployment", "namespace": api.namespace, "name": about}
        event = {
            "metadata": {"name": name},
            "involvedObject": involved,
            "reason": "Because",
            "type": "Normal",
            "source": {"component": "probe"},
        }
        api.post(api.path("events"), event, quiet=True)
    _select(
        api,
        "events",
        *("involvedObject.name=web", "involvedObject.kind=Pod", "reason=Because,type=Warning"),
        by="fieldSelector",
    )


def labels_and_fields_together(api: Api) -> None:
    _secrets(api)
    query = "labelSelector=tier&fieldSelector=metadata.name%3Db"
    api.get(api.path("secrets", query=query))
