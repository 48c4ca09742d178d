"""A real control plane begins to default one more field of pod templates: no canary starts by that.

A mutating admission policy adds it to every Deployment that is written, by people and by us, in
each phase that is at rest and in mid-run; and somebody touches target and primary meanwhile.
"""

import pytest

from tests.cluster.play import playing
from tests.cluster.play.defaulting import SCENARIOS
from tests.cluster.play.playing import Play
from tests.cluster.play.policy import has_field
from tests.cluster.play.servers import CLUSTER_WIDE

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]

STARTED = "New revision detected! Scaling up app."
RESTARTED = "New revision detected! Restarting analysis for app."
PHASES = ["initialized", "succeeded", "failed", "mid-run", "return"]


@pytest.fixture(scope="module")
def play(tmp_path_factory) -> Play:
    """What was played with a policy that namespaces come under, in the middle of everything."""
    return playing.play(CLUSTER_WIDE, tmp_path_factory.mktemp("policy"), SCENARIOS)


@pytest.mark.parametrize("name", PHASES)
def test_the_target_got_the_field_and_its_run_was_the_only_one(play, name):
    story = play.stories[f"defaulted-{name}"]

    assert story.fault == ""
    assert has_field(story.objects["Deployment", "app"])
    assert [said for said in story.told if said.startswith((STARTED, RESTARTED))] == [
        f"{STARTED}defaulted-{name}"
    ]


@pytest.mark.parametrize("name", ["initialized", "succeeded", "mid-run"])
def test_a_good_run_under_it_goes_through(play, name):
    story = play.stories[f"defaulted-{name}"]

    assert [weight for phase, weight in story.run if phase == "Progressing"] == [0, 20, 40]
    assert story.run[-1] == ("Succeeded", 0)
    assert story.runs("app-primary") == ("app:2.0.0", 2)
    assert has_field(story.objects["Deployment", "app-primary"])


def test_what_failed_is_not_tried_again(play):
    story = play.stories["defaulted-failed"]

    assert story.run == [("Progressing", 0), ("Progressing", 20), ("Failed", 0)]
    assert story.runs("app-primary") == ("app:1.0.0", 2)


def test_the_promoted_version_is_known_again_with_the_field(play):
    story = play.stories["defaulted-return"]

    assert story.run[-2:] == [("Finalising", 0), ("Succeeded", 0)]
    assert "app.defaulted-return is back at the promoted revision: the run ends here" in story.told
    assert story.runs("app-primary") == ("app:1.0.0", 2)
