"""What whole rollouts tell the bus, as the passes come to it."""

from shared.domain.events import SERVICE_ROLLEDBACK
from shared.domain.fields import text
from tests.reconcile.rollout import rollout
from tests.reconcile.stories import STORIES


def test_a_restored_app_is_told_with_the_image_that_it_goes_back_to():
    events = rollout(STORIES["wish in Promoting"]).events

    (told,) = (event for event in events if event.type == SERVICE_ROLLEDBACK)
    assert text(told.data, "subject", "content", "artifactId").endswith("tag=1")
