"""What the functions are granted is what they use: the roles beside the audit log of rollouts.

All scenarios were run under exactly the identities of infra/base, with the real authorizer.
"""

import pytest

from tests.cluster.plane import ACCOUNTS
from tests.cluster.play.grants import granted, of_spillway, used

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]

BEAT = "spillway-beat"  # the name of the one PingSource, and of the role for it


@pytest.fixture(params=["cluster_wide", "namespaced"])
def play(request):
    """What was played on a real server, with an installation of this kind."""
    return request.getfixturevalue(request.param)


def test_nothing_is_granted_that_is_not_used(play):
    assert sorted(granted(play.roles) - used(of_spillway(play.audit), [BEAT])) == []


def test_nothing_is_used_that_is_not_granted(play):
    requests = of_spillway(play.audit)

    assert [r["objectRef"] for r in requests if r["responseStatus"]["code"] in (401, 403)] == []
    assert sorted(used(requests, [BEAT]) - granted(play.roles)) == []


def test_nobody_lists_or_watches_secrets_and_configmaps(play):
    kinds = {"secrets", "configmaps"}

    assert [grant for grant in granted(play.roles) if grant.resource in kinds] == []
    assert [r for r in of_spillway(play.audit) if r["objectRef"]["resource"] in kinds] == []


@pytest.mark.parametrize("function", ["start_canary", "analysis_tick", "rollback"])
def test_each_function_that_runs_a_pass_was_at_work_under_its_own_name(play, function):
    mine = [r for r in play.audit if r["user"]["username"] == ACCOUNTS[function].name]

    assert "canaries" in {r["objectRef"]["resource"] for r in mine}


def test_the_webhook_asks_the_api_server_for_nothing(play):
    webhook = ACCOUNTS["promotion_webhook"].name

    assert [r for r in play.audit if r["user"]["username"] == webhook] == []


def test_a_cluster_wide_installation_has_one_role_and_that_of_the_beat(cluster_wide):
    roles = [(r["kind"], r["metadata"]["name"]) for r in cluster_wide.roles]

    assert sorted(roles) == [("ClusterRole", "spillway"), ("Role", BEAT)]


def test_a_namespaced_installation_never_reaches_beyond_its_namespaces(namespaced):
    namespaces = {*namespaced.stories, "spillway"}

    assert {r["kind"] for r in namespaced.roles} == {"Role"}
    assert {r["metadata"]["namespace"] for r in namespaced.roles} == namespaces
    assert {r["objectRef"].get("namespace") for r in of_spillway(namespaced.audit)} == namespaces
