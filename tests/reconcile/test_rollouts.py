"""Where whole rollouts lead, if nothing disturbs them, and what they tell the bus of it."""

import json

import pytest

from shared.domain.events import SERVICE_ROLLEDBACK
from shared.domain.fields import text
from tests.reconcile.rollout import rollout
from tests.reconcile.stories import STORIES

_ENDS = {
    "good": ("Succeeded", "cart:2"),
    "bad": ("Failed", "cart:1"),
    "superseded": ("Succeeded", "cart:3"),
    "reverted": ("Succeeded", "cart:1"),
    "wish in Progressing": ("Failed", "cart:1"),
    "wish in Promoting": ("Failed", "cart:1"),
    "wish in Finalising": ("Failed", "cart:1"),
    "superseded in Promoting": ("Succeeded", "cart:3"),
    "edited in Finalising": ("Succeeded", "cart:2"),
    "skipped": ("Succeeded", "cart:2"),
    "never ready": ("Failed", "cart:1"),
    "promoted twice": ("Succeeded", "cart:2"),
    "promotions cross": ("Succeeded", "cart:3"),
    "promotion out of date": ("Succeeded", "cart:3"),
    "again": ("Failed", "cart:2"),
    "from nothing": ("Succeeded", "cart:2"),
}


@pytest.mark.parametrize("name", STORIES)
def test_a_rollout_ends_in_its_phase_with_its_image_on_the_primary_and_all_traffic(name):
    state = json.loads(rollout(STORIES[name]).ending.state)

    assert (state["phase"], state["images"][1]) == _ENDS[name]
    assert state["shares"] == [["cart-primary", 100], ["cart-canary", 0]]
    assert state["replicas"] == [0, 2]


def test_a_restored_app_is_told_with_the_image_that_it_goes_back_to():
    events = rollout(STORIES["wish in Promoting"]).events

    (told,) = (event for event in events if event.type == SERVICE_ROLLEDBACK)
    assert text(told.data, "subject", "content", "artifactId").endswith("tag=1")
