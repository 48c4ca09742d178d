"""Events: what is sent is a whole CDEvent, and what arrives is read whole or bare."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.domain import events
from shared.domain.errors import Refused
from shared.domain.events import Changed, Event, Kind, Origin, RollbackWish, Tick
from shared.domain.fields import at
from shared.domain.images import purl
from shared.domain.promotion import Promotion, to_content

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
ORIGIN = Origin(id="e1", source="/spillway/test", time=NOW, chain="run-1")
PROMOTION = Promotion("build-7", NOW, "croc", "1.4.0", "production", "jx")
WISH = RollbackWish("jx", "croc", "s1:abc", "errors", "alice", NOW)
IMAGE = "gcr.io/jx/croc:1.4.0"
SENT = [
    pytest.param(
        events.promotion_requested(ORIGIN, PROMOTION), "jx/croc", to_content(PROMOTION), id="ask"
    ),
    pytest.param(
        events.analysis_tick(ORIGIN, Tick((("jx", "croc"),), NOW)),
        "",
        {
            "canaries": [{"namespace": "jx", "name": "croc"}],
            "expires": "2026-11-22T20:00:00Z",
        },
        id="tick",
    ),
    pytest.param(events.analysis_tick(ORIGIN, Tick()), "", {}, id="tick-over-all"),
    pytest.param(
        events.rollback_requested(ORIGIN, WISH),
        "jx/croc",
        {
            "namespace": "jx",
            "canary": "croc",
            "revision": "s1:abc",
            "reason": "errors",
            "requestedBy": "alice",
        },
        id="rollback",
    ),
    pytest.param(
        events.canary_started(ORIGIN, "jx", "croc", revision="s1:abc"),
        "jx/croc",
        {"namespace": "jx", "canary": "croc", "revision": "s1:abc"},
        id="started",
    ),
    pytest.param(
        events.canary_advanced(ORIGIN, "jx", "croc", revision="s1:abc", weight=30),
        "jx/croc",
        {"namespace": "jx", "canary": "croc", "revision": "s1:abc", "weight": 30},
        id="advanced",
    ),
    pytest.param(
        events.incident_detected(
            ORIGIN,
            "jx",
            "croc",
            environment="production",
            image=IMAGE,
            revision="s1:abc",
            description="success rate 90 < 99",
        ),
        "jx/croc",
        {
            "description": "success rate 90 < 99",
            "environment": {"id": "production"},
            "service": {"id": "jx/croc"},
            "artifactId": purl(IMAGE),
        },
        id="incident",
    ),
    pytest.param(
        events.service_upgraded(
            ORIGIN, "jx", "croc", environment="production", image=IMAGE, revision="s1:abc"
        ),
        "jx/croc",
        {"environment": {"id": "production"}, "artifactId": purl(IMAGE)},
        id="upgraded",
    ),
    pytest.param(
        events.service_rolledback(
            ORIGIN, "jx", "croc", environment="production", image=IMAGE, revision="s1:abc"
        ),
        "jx/croc",
        {"environment": {"id": "production"}, "artifactId": purl(IMAGE)},
        id="rolledback",
    ),
]
# The schemas of CDEvents 0.5.1; custom types after its pattern for dev.cdeventsx.
TYPE = re.compile(
    r"dev\.cdevents\.[a-z]+\.[a-z]+\.\d\.\d\.\d"
    r"|dev\.cdeventsx\.[a-zA-Z0-9]+-[a-zA-Z]+\.[a-zA-Z]+\.[0-9]\.[0-9]\.[0-9]"
)


@pytest.mark.parametrize(("event", "subject", "said"), SENT)
def test_what_is_sent_is_a_whole_cdevent_with_the_same_attributes(event, subject, said):
    assert event.data["context"] == {
        "specversion": "0.5.1",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "timestamp": "2026-11-22T20:00:00Z",
        "chainId": "run-1",
    }
    assert (event.id, event.source, event.time) == ("e1", "/spillway/test", NOW)
    assert event.subject == subject
    assert event.data["subject"] == {"id": subject or "canaries", "content": said}
    assert set(event.data) == {"context", "subject", "customData"}
    assert TYPE.fullmatch(event.type)


@pytest.mark.parametrize(("event", "subject", "said"), SENT)
def test_content_is_the_same_whole_or_bare(event, subject, said):
    assert events.content(event) == said
    assert events.content(replace(event, data=said)) == said


def test_an_event_without_a_chain_names_none():
    event = events.analysis_tick(Origin("e1", "/spillway/test", NOW), Tick())

    assert at(event.data, "context", "chainId") is None


def test_the_revision_travels_as_custom_data_where_the_content_has_no_room():
    event = events.service_upgraded(
        ORIGIN, "jx", "croc", environment="production", image=IMAGE, revision="s1:abc"
    )

    assert event.data["customData"] == {"revision": "s1:abc"}


def test_a_cdevent_with_content_of_the_wrong_kind_is_refused():
    event = replace(an_event(), data={"context": {}, "subject": {"content": 3}})

    with pytest.raises(Refused, match=r"^subject\.content: wanted an object, found '3'"):
        events.content(event)


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(Tick(), id="all"),
        pytest.param(Tick((("a", "b"), ("a", "c"))), id="named"),
        pytest.param(Tick((("a", "b"),), NOW), id="with-an-expiry"),
    ],
)
def test_a_tick_reads_as_it_was_written(wanted):
    assert events.tick(events.analysis_tick(ORIGIN, wanted)) == wanted


def test_a_ping_is_a_tick_over_all_whatever_it_carries():
    ping = an_event(type=events.PING, data={"canaries": 7})

    assert events.tick(ping) == Tick()


@pytest.mark.parametrize(
    ("data", "path"),
    [
        pytest.param({"canaries": "all"}, "canaries", id="not-a-list"),
        pytest.param({"canaries": ["jx/croc"]}, "canaries.0", id="not-objects"),
        pytest.param({"canaries": [{"name": "croc"}]}, "canaries.0.namespace", id="half-a-name"),
        pytest.param({"canaries": [{"namespace": "a", "name": "b"}] * 51}, "canaries", id="many"),
        pytest.param(
            {"canaries": [{"namespace": "jx", "name": "croc"}, {"namespace": "jx", "name": "a/b"}]},
            "canaries.1.name",
            id="a-name-that-is-a-path",
        ),
        pytest.param({"expires": "soon"}, "expires", id="no-time"),
    ],
)
def test_a_malformed_tick_is_refused_by_path(data, path):
    with pytest.raises(Refused, match=f"^{path}: wanted"):
        events.tick(an_event(type=events.ANALYSIS_TICK, data=data))


def test_a_tick_is_over_after_it_expires():
    tick = Tick(expires=NOW)

    assert not tick.is_over(NOW)
    assert tick.is_over(NOW.replace(second=1))
    assert not Tick().is_over(NOW)


@pytest.mark.parametrize("wish", [WISH, replace(WISH, revision=None)], ids=["named", "unnamed"])
def test_a_rollback_wish_reads_as_it_was_written(wish):
    assert events.rollback_wish(events.rollback_requested(ORIGIN, wish)) == wish


def test_a_wish_that_no_time_places_must_name_a_revision():
    said = {"namespace": "jx", "canary": "croc", "reason": "errors", "requestedBy": "alice"}

    with pytest.raises(Refused, match=r"^revision: wanted .*no time"):
        events.rollback_wish(an_event(data=said, time=None))


@pytest.mark.parametrize("field", ["namespace", "canary", "reason", "requestedBy"])
def test_a_wish_without_one_of_its_words_is_refused(field):
    said = {"namespace": "jx", "canary": "croc", "reason": "errors", "requestedBy": "alice"}

    with pytest.raises(Refused, match=f"^{field}: wanted"):
        events.rollback_wish(an_event(data={**said, field: ""}))


@pytest.mark.parametrize("name", ["a/../b", "../../../../api/v1/secrets#", "Croc", "c" * 254])
@pytest.mark.parametrize("field", ["namespace", "canary"])
def test_a_name_that_no_object_has_never_becomes_a_path(field, name):
    said = {"namespace": "jx", "canary": "croc", "reason": "errors", "requestedBy": "alice"}

    with pytest.raises(Refused, match=rf"^{field}: wanted a DNS .*, found '{name[:20]}"):
        events.rollback_wish(an_event(data={**said, field: name}))


def test_the_words_of_a_wish_are_as_short_as_the_status_keeps_them():
    said = {"namespace": "jx", "canary": "croc", "reason": "x" * (2 << 20), "requestedBy": "a\nb"}

    wish = events.rollback_wish(an_event(data=said))

    assert wish.reason == "x" * 197 + "…"
    assert wish.requested_by == "a b"


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        pytest.param("croc", "pkg:oci/croc?repository_url=croc", id="name"),
        pytest.param(IMAGE, "pkg:oci/croc?repository_url=gcr.io/jx/croc&tag=1.4.0", id="tag"),
        pytest.param(
            "localhost:5000/croc",
            "pkg:oci/croc?repository_url=localhost%3A5000/croc",
            id="port-without-a-tag",
        ),
        pytest.param(
            "gcr.io/jx/croc:1.4.0@sha256:ab12",
            "pkg:oci/croc@sha256%3Aab12?repository_url=gcr.io/jx/croc&tag=1.4.0",
            id="digest",
        ),
    ],
)
def test_an_image_is_named_by_its_package_url(image, expected):
    assert purl(image) == expected


def an_event(type=events.ROLLBACK_REQUESTED, data=None, time=NOW):
    return Event("e1", "/people", type, "jx/croc", time, data or {})


OBJECT = {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "jx", "name": "croc"}


def of_an_object(type_: str, **data: str) -> Event:
    return Event("e1", "https://10.0.0.1:443", type_, "/apis/apps/v1/x", None, {**OBJECT, **data})


@pytest.mark.parametrize(
    "kind", [events.OBJECT_ADDED, events.OBJECT_UPDATED, events.OBJECT_DELETED]
)
def test_knative_tells_of_an_object_by_its_kind_and_where_it_is(kind):
    assert events.changed(of_an_object(kind)) == Changed(Kind.DEPLOYMENT, "jx", "croc")
    assert events.changed(of_an_object(kind, kind="Canary")) == Changed(Kind.CANARY, "jx", "croc")


def test_any_other_event_is_about_no_object():
    assert events.changed(of_an_object(events.PING)) is None


@pytest.mark.parametrize(
    ("field", "value"), [("kind", "Pod"), ("namespace", "../x"), ("name", "a/b"), ("name", "")]
)
def test_an_object_of_another_kind_or_without_a_name_is_refused(field, value):
    with pytest.raises(Refused, match=f"^{field}: wanted "):
        events.changed(of_an_object(events.OBJECT_UPDATED, **{field: value}))
