"""The classes that a look can find, by what they say of traffic and of time."""

import pytest

from shared.domain.observation import Pods, Route


@pytest.mark.parametrize(
    ("pods", "claims"),
    [
        (Pods.READY, {"ready", "alive"}),
        (Pods.UNREADY, {"alive"}),
        (Pods.EMPTY, set()),
        (Pods.STALLED, {"alive", "expired"}),
        (Pods.STUCK, {"expired"}),
        (Pods.GONE, {"gone"}),
        (Pods.UNREAD, {"unread"}),
    ],
)
def test_pods_are_known_by_what_they_can_serve(pods, claims):
    asked = ("ready", "alive", "expired", "gone", "unread")

    assert {claim for claim in asked if getattr(pods, claim)} == claims


@pytest.mark.parametrize(
    ("route", "claims"),
    [
        (Route.AS_ASKED, {"as_asked"}),
        (Route.OTHER, {"other"}),
        (Route.GONE, set()),
        (Route.UNREAD, {"unread"}),
    ],
)
def test_a_route_is_known_by_where_it_sends_the_traffic(route, claims):
    assert {claim for claim in ("as_asked", "other", "unread") if getattr(route, claim)} == claims
