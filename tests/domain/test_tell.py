"""What leaves: Kubernetes Events as Flagger signs them, CloudEvents, and ids that repeat."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain import events
from shared.domain.events import content, rollback_wish
from shared.domain.fields import text
from shared.domain.notes import Kind
from shared.domain.ownership import Owner
from shared.domain.status import Note, Status
from shared.domain.tell import Teller, cloud_events, kubernetes_event, note_id
from tests.domain.situations import NOW, RUN

OWNER = Owner("shop", "cart-canary", "uid-1")
TELLER = Teller(OWNER, "cart", Status(revision="s1:the-next-run"))
AT = NOW + timedelta(microseconds=250)


def a_note(kind, *arguments):
    return Note(7, AT, kind, arguments, RUN)


def test_a_kubernetes_event_is_signed_as_flaggers_are():
    event = kubernetes_event(TELLER, a_note(Kind.ADVANCED, "20"))

    name = text(event, "metadata", "name")
    assert name.startswith("cart-canary.")
    assert event == {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": "shop"},
        "involvedObject": {
            "apiVersion": "flagger.app/v1beta1",
            "kind": "Canary",
            "name": "cart-canary",
            "namespace": "shop",
            "uid": "uid-1",
        },
        "reason": "Synced",
        "message": "Advance cart-canary.shop canary weight 20",
        "type": "Normal",
        "source": {"component": "flagger"},
        "firstTimestamp": "2026-03-01T12:00:00Z",
        "lastTimestamp": "2026-03-01T12:00:00Z",
        "count": 1,
    }


def test_names_and_messages_fit_where_kubernetes_keeps_them():
    long = Teller(Owner("shop", "c" * 253, "uid-1"), "cart", Status())

    event = kubernetes_event(long, a_note(Kind.WITHDRAWN, "x" * 5000))

    assert len(text(event, "metadata", "name")) <= 253
    assert len(text(event, "message")) == 1024


@pytest.mark.parametrize(
    "other",
    [
        pytest.param((replace(OWNER, uid="uid-2"), a_note(Kind.ADVANCED)), id="canary"),
        pytest.param((OWNER, a_note(Kind.RESUMED)), id="kind"),
        pytest.param((OWNER, replace(a_note(Kind.ADVANCED), decision=8)), id="decision"),
        pytest.param((OWNER, replace(a_note(Kind.ADVANCED), at=NOW)), id="time"),
        pytest.param((OWNER, a_note(Kind.ADVANCED), "wish"), id="part"),
    ],
)
def test_an_id_repeats_for_one_note_and_for_no_other(other):
    assert note_id(OWNER, a_note(Kind.ADVANCED)) == note_id(OWNER, a_note(Kind.ADVANCED))
    assert note_id(OWNER, a_note(Kind.ADVANCED)) != note_id(*other)


@pytest.mark.parametrize(
    ("note", "types"),
    [
        (a_note(Kind.DETECTED), [events.CANARY_STARTED]),
        (a_note(Kind.RESTARTED), [events.CANARY_STARTED]),
        (a_note(Kind.ADVANCED, "20"), [events.CANARY_ADVANCED]),
        (a_note(Kind.PRIMARY_ADVANCED, "60"), [events.CANARY_ADVANCED]),
        (
            a_note(Kind.EXHAUSTED, "2", "cart:2", "too slow"),
            [events.INCIDENT_DETECTED, events.ROLLBACK_REQUESTED],
        ),
        (a_note(Kind.PROMOTED, "cart:2"), [events.SERVICE_UPGRADED]),
        (a_note(Kind.SKIPPED, "cart:2"), [events.SERVICE_UPGRADED]),
        (a_note(Kind.FAILED, "cart:1"), [events.SERVICE_ROLLEDBACK]),
        (a_note(Kind.PROMOTED, ""), []),  # a target without a container has no artifact
        (a_note(Kind.HALTED, "too slow"), []),
        (a_note(Kind.WAITING, "not ready"), []),
        (a_note(Kind.WITHDRAWN, "it smells"), []),
    ],
)
def test_a_transition_leaves_as_the_events_of_its_kind(note, types):
    assert [event.type for event in cloud_events(TELLER, note)] == types


@pytest.mark.parametrize(
    ("note", "weight"),
    [
        pytest.param(a_note(Kind.ADVANCED, "20"), 20, id="of-the-canary"),
        pytest.param(a_note(Kind.PRIMARY_ADVANCED, "60"), 40, id="of-the-primary"),
    ],
)
def test_a_weight_that_moved_is_told_as_the_canarys(note, weight):
    (event,) = cloud_events(TELLER, note)

    assert content(event)["weight"] == weight


@pytest.mark.parametrize(
    "note",
    [
        a_note(Kind.DETECTED),
        a_note(Kind.ADVANCED, "20"),
        a_note(Kind.EXHAUSTED, "2", "cart:2", "too slow"),
        a_note(Kind.PROMOTED, "cart:2"),
    ],
)
def test_events_repeat_and_belong_to_the_run_that_the_note_is_about(note):
    told = cloud_events(TELLER, note)

    assert told == cloud_events(TELLER, note)
    assert len({event.id for event in told}) == len(told)
    for event in told:
        assert event.source == "/spillway/shop/cart-canary"
        assert event.time == AT
        assert text(event.data, "context", "chainId") == f"uid-1/{RUN}"


def test_who_hears_of_a_breach_can_go_back_by_it():
    _, event = cloud_events(TELLER, a_note(Kind.EXHAUSTED, "2", "cart:2", "too slow"))

    wish = rollback_wish(event)
    assert (wish.namespace, wish.canary, wish.revision) == ("shop", "cart-canary", RUN)
    assert (wish.reason, wish.requested_by) == ("too slow", "spillway")


def test_a_breach_without_words_has_a_reason_all_the_same():
    _, event = cloud_events(TELLER, a_note(Kind.EXHAUSTED, "2", "cart:2"))

    assert rollback_wish(event).reason == "failed checks threshold reached"


def test_an_incident_names_what_was_breached_and_by_which_image():
    incident, _ = cloud_events(TELLER, a_note(Kind.EXHAUSTED, "2", "quay.io/x/cart:2", "slow"))

    assert content(incident) == {
        "description": "slow",
        "environment": {"id": "shop"},
        "service": {"id": "shop/cart-canary"},
        "artifactId": "pkg:oci/cart?repository_url=quay.io/x/cart&tag=2",
    }


def test_the_end_of_a_run_is_about_the_app():
    (event,) = cloud_events(TELLER, a_note(Kind.PROMOTED, "cart:2"))

    assert event.subject == "shop/cart"
    assert content(event)["artifactId"] == "pkg:oci/cart?repository_url=cart&tag=2"


@pytest.mark.parametrize("kind", [Kind.ADVANCED, Kind.PRIMARY_ADVANCED])
@pytest.mark.parametrize("arguments", [(), ("a lot",)])
def test_a_weight_that_is_none_is_told_to_nobody_on_the_bus(kind, arguments):
    assert cloud_events(TELLER, a_note(kind, *arguments)) == ()
