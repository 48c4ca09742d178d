"""Rollouts from their beginning to their end, through the real functions over HTTP, side by side.

The same scenarios and the same statements on the lab's API server and on the real one, which has
Spillway as users install it: cluster-wide, and limited to namespaces.
"""

import pytest

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]

UP_TO_PROMOTION = [("Progressing", 0), ("Progressing", 20), ("Progressing", 40), ("Promoting", 40)]
PROMOTED = [*UP_TO_PROMOTION, ("Finalising", 0), ("Succeeded", 0)]
ROLLED_BACK = [("Progressing", 0), ("Progressing", 20), ("Failed", 0)]


@pytest.fixture(params=["embedded", "cluster_wide", "namespaced"])
def play(request):
    """What was played on a server; once for all tests."""
    return request.getfixturevalue(request.param)


def test_every_scenario_goes_through(play):
    assert {name: story.fault for name, story in play.stories.items() if story.fault} == {}


def test_at_the_end_nothing_is_pending(play):
    assert play.dead == []
    assert not play.beats
    assert [name for name, story in play.stories.items() if not story.stands[-1].rests] == []


def test_every_route_that_was_written_shares_out_the_whole_traffic(play):
    sums = {name: {sum(rule) for rule in story.routes} for name, story in play.stories.items()}

    assert sums == {name: {100} for name in play.stories}


def test_at_the_end_the_primary_has_all_traffic_and_the_target_no_pods(play):
    weights = {name: story.weights for name, story in play.stories.items()}
    replicas = {name: story.runs("app")[1] for name, story in play.stories.items()}

    assert weights == {name: {"app-primary": 100, "app-canary": 0} for name in play.stories}
    assert replicas == dict.fromkeys(play.stories, 0)


def test_only_bad_versions_fail_requests(play):
    assert [name for name, story in play.stories.items() if story.failed] == ["bad"]


def test_a_good_version_is_promoted(play):
    story = play.stories["good"]

    assert story.run == PROMOTED
    assert story.told == (
        "Initialization done! app.good",
        "New revision detected! Scaling up app.good",
        "Starting canary analysis for app.good",
        "Advance app.good canary weight 20",
        "Advance app.good canary weight 40",
        "Copying app.good template spec to app-primary.good",
        "Routing all traffic to primary",
        "Promotion completed! Scaling down app.good",
    )
    assert story.conditions == {"Promoted": ("True", "Succeeded")}
    assert story.runs("app-primary") == ("app:2.0.0", 2)
    assert story.kept == {"app:1.0.0", "app:2.0.0"}


def test_a_bad_version_is_rolled_back(play):
    story = play.stories["bad"]

    assert story.run == ROLLED_BACK
    assert story.told[3:] == (
        "Advance app.bad canary weight 20",
        "Halt app.bad advancement success rate 50.00% < 99%",
        "Halt app.bad advancement success rate 50.00% < 99%",
        "Rolling back app.bad failed checks threshold reached 2",
        "Canary failed! Scaling down app.bad",
    )
    assert story.conditions == {"Promoted": ("False", "Failed")}
    assert story.runs("app-primary") == ("app:1.0.0", 2)


def test_a_version_that_is_superseded_makes_way_for_the_next(play):
    story = play.stories["superseded"]

    assert story.run == [("Progressing", 0), ("Progressing", 20), *PROMOTED]
    assert "New revision detected! Restarting analysis for app.superseded" in story.told
    assert story.runs("app-primary") == ("app:3.0.0", 2)
    assert story.kept == {"app:1.0.0", "app:3.0.0"}


def test_back_at_the_promoted_version_the_run_ends(play):
    story = play.stories["reverted"]

    assert story.run == [
        ("Progressing", 0), ("Progressing", 20), ("Finalising", 0), ("Succeeded", 0),
    ]  # fmt: skip
    assert story.told[-2:] == (
        "app.reverted is back at the promoted revision: the run ends here",
        "Promotion completed! Scaling down app.reverted",
    )
    assert story.runs("app-primary") == ("app:1.0.0", 2)


def test_a_version_that_never_becomes_ready_gets_no_traffic(play):
    story = play.stories["never-ready"]

    assert story.run == [("Progressing", 0), ("Failed", 0)]
    assert story.told[-2].startswith(
        "Rolling back app.never-ready canary deployment app.never-ready not ready: "
    )
    assert story.conditions == {"Promoted": ("False", "Failed")}
    assert story.runs("app-primary") == ("app:1.0.0", 2)


def test_a_run_that_is_suspended_keeps_its_weight_until_it_may_go_on(play):
    story = play.stories["suspended"]

    assert story.run == PROMOTED
    assert story.told[3:6] == (
        "Advance app.suspended canary weight 20",
        "skipping canary run as object is suspended",
        "Advance app.suspended canary weight 40",
    )
    assert story.runs("app-primary") == ("app:2.0.0", 2)


def test_without_an_analysis_the_canary_never_has_traffic(play):
    story = play.stories["skipped"]

    assert story.run == [
        ("Progressing", 0), ("Promoting", 0), ("Finalising", 0), ("Succeeded", 0),
    ]  # fmt: skip
    assert story.told[-1] == "Promotion completed! Canary analysis was skipped for app.skipped"
    assert story.runs("app-primary") == ("app:2.0.0", 2)


def test_a_plan_that_is_edited_in_mid_run_goes_on_from_the_weight_it_has(play):
    story = play.stories["spec-edited"]

    assert [weight for phase, weight in story.run if phase == "Progressing"] == [0, 20, 30, 60]
    assert story.run[-1] == ("Succeeded", 0)
    assert story.runs("app-primary") == ("app:2.0.0", 2)


def test_a_plan_that_is_edited_into_one_that_cannot_be_run_is_rolled_back_and_refused(play):
    story = play.stories["spec-refused"]

    assert story.run == ROLLED_BACK
    assert story.told[-3:] == (
        "Rolling back app.spec-refused spec.analysis.webhooks: not supported",
        "Canary failed! Scaling down app.spec-refused",
        "app.spec-refused is not run: spec.analysis.webhooks: not supported",
    )
    assert story.conditions == {
        "Promoted": ("False", "Failed"), "Accepted": ("False", "UnsupportedField"),
    }  # fmt: skip
    assert story.runs("app-primary") == ("app:1.0.0", 2)


def test_a_target_that_is_scaled_and_labelled_in_mid_run_is_no_new_version(play):
    story = play.stories["target-edited"]

    assert story.run == PROMOTED
    assert story.runs("app-primary") == ("app:2.0.0", 3)


def test_a_metrics_server_that_is_down_holds_the_weight_and_counts_no_failed_check(play):
    story = play.stories["metrics-down"]
    held = [s.weight for s in story.stands if s.inconclusive]

    assert story.run == PROMOTED
    assert set(held) == {20}
    assert max(s.inconclusive for s in story.stands) >= 2
    assert max(s.failed_checks for s in story.stands) == 0
    assert [said for said in story.told if "no verdict: Prometheus query failed" in said]
    assert story.runs("app-primary") == ("app:2.0.0", 2)


def test_a_wish_to_go_back_ends_the_run(play):
    story = play.stories["withdrawn"]

    assert story.run == ROLLED_BACK
    assert story.told[-2:] == (
        "Rolling back app.withdrawn orders are missing (ann)",
        "Canary failed! Scaling down app.withdrawn",
    )
    assert story.runs("app-primary") == ("app:1.0.0", 2)


def test_what_others_changed_is_as_it_should_be_again_and_the_weights_stay(play):
    story = play.stories["repaired"]

    assert story.run == PROMOTED
    assert story.objects["DestinationRule", "app-canary"]["spec"]["host"] == "app-canary"
    assert story.objects["Service", "app-canary"]["spec"]["selector"] == {"app": "app"}
    assert story.objects["VirtualService", "app"]["spec"]["hosts"] == ["app"]


def test_more_canaries_than_are_read_one_by_one_are_taken_up(play):
    canaries = [
        obj["status"]["phase"]
        for (kind, _), obj in play.stories["crowd"].objects.items()
        if kind == "Canary"
    ]

    assert canaries == ["Initialized"] * 10


def test_a_canary_that_is_made_again_waits_until_what_its_predecessor_kept_is_gone(play):
    story = play.stories["successor"]
    canary = story.objects["Canary", "app"]["metadata"]["uid"]
    kept = [obj for (kind, _), obj in story.objects.items() if kind == "ControllerRevision"]

    assert story.walk == [("Initializing", 0), ("Initialized", 0)] * 2
    assert [
        obj["metadata"]["ownerReferences"][0]["uid"]
        for obj in kept
        if "spillway.dev/canary" in obj["metadata"].get("labels", {})
    ] == [canary]
