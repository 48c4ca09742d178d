"""The pure part of the controllers: sizes of ReplicaSets, conditions, selectors, the queue."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.controllers import objects, progress, rollout
from infra.local.controllers.progress import Condition, Totals
from infra.local.controllers.rollout import Counts, Limits
from infra.local.controllers.work import Changes, Work, WorkQueue

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
DEADLINE = timedelta(seconds=60)


def full(name: str, pods: int, created: str = "1") -> Counts:
    return Counts(name, created, wanted=pods, replicas=pods, ready=pods, available=pods)


def told(reason: str, status: str = "True", ago: float = 0) -> Condition:
    then = NOW - timedelta(seconds=ago)
    return Condition("Progressing", status, reason, "before", updated=then, changed=then)


@pytest.mark.parametrize(
    ("strategy", "desired", "expected"),
    [
        pytest.param({}, 4, Limits(1, 1), id="the default is a quarter each way"),
        pytest.param({}, 1, Limits(1, 0), id="surge is rounded up, unavailable down"),
        pytest.param({}, 10, Limits(3, 2), id="of ten too"),
        pytest.param({}, 0, Limits(0, 0), id="nothing of nothing"),
        pytest.param(
            {"rollingUpdate": {"maxSurge": 2, "maxUnavailable": "50%"}},
            3,
            Limits(2, 1),
            id="a number and a share",
        ),
        pytest.param(
            {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}},
            3,
            Limits(0, 1),
            id="something has to move",
        ),
        pytest.param(
            {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 9}},
            3,
            Limits(0, 3),
            id="no more than there are",
        ),
        pytest.param({"type": "Recreate"}, 4, Limits(0, 0), id="Recreate has no limits"),
    ],
)
def test_limits_are_rounded_as_kubernetes_does(strategy, desired, expected):
    assert rollout.limits(strategy, desired) == expected


@pytest.mark.parametrize(
    ("new", "olds", "expected"),
    [
        pytest.param(full("new", 0), [full("old", 4)], {"new": 1}, id="grow by the surge"),
        pytest.param(full("new", 0), [], {"new": 4}, id="grow at once where nothing is old"),
        pytest.param(full("new", 6), [], {"new": 4}, id="shrink to a smaller Deployment"),
        pytest.param(full("new", 1), [full("old", 4)], {"old": 2}, id="then the old ones shrink"),
        pytest.param(
            Counts("new", "2", wanted=1),
            [full("old", 4)],
            {"old": 3},
            id="as far as unavailable allows while the new one starts",
        ),
        pytest.param(
            Counts("new", "2", wanted=2),
            [full("old", 3)],
            {},
            id="wait for the new one",
        ),
        pytest.param(
            Counts("new", "2", wanted=1),
            [full("oldest", 2, created="0"), Counts("old", "1", wanted=2)],
            {"old": 1},
            id="an old pod that is broken goes first",
        ),
        pytest.param(
            full("new", 4),
            [full("older", 1, created="0"), full("old", 1)],
            {"older": 0, "old": 0},
            id="all old ones in the end",
        ),
        pytest.param(full("new", 4), [full("old", 0)], {}, id="done"),
    ],
)
def test_a_rolling_update_moves_pods_within_its_limits(new, olds, expected):
    assert rollout.rolling_sizes(4, Limits(surge=1, unavailable=1), new, olds) == expected


@given(
    desired=st.integers(1, 20),
    surge=st.integers(0, 10),
    unavailable=st.integers(0, 10),
    old=st.integers(0, 20),
)
def test_a_rolling_update_ends_and_stays_within_its_limits(desired, surge, unavailable, old):
    strategy = {"rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}
    limits = rollout.limits(strategy, desired)
    old = min(old, desired + limits.surge)
    sets = {"new": full("new", 0), "old": full("old", old)}
    least = min(old, desired - limits.unavailable)

    while sizes := rollout.rolling_sizes(desired, limits, sets["new"], [sets["old"]]):
        sets |= {name: full(name, size) for name, size in sizes.items()}
        pods = sum(s.wanted for s in sets.values())
        assert least <= pods <= desired + limits.surge

    assert (sets["new"].wanted, sets["old"].wanted) == (desired, 0)


@pytest.mark.parametrize(
    ("new", "old", "left", "expected"),
    [
        pytest.param(full("new", 0), full("old", 2), 2, {"old": 0}, id="the old go first"),
        pytest.param(full("new", 0), full("old", 0), 1, {}, id="to the last pod"),
        pytest.param(full("new", 0), full("old", 0), 0, {"new": 3}, id="then the new come"),
        pytest.param(full("new", 3), full("old", 0), 0, {}, id="done"),
    ],
)
def test_recreate_never_runs_two_revisions_at_once(new, old, left, expected):
    assert rollout.recreate_sizes(3, new, [old], left) == expected


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        pytest.param([full("a", 1)], {"a": 3}, id="the only active one is scaled"),
        pytest.param([full("a", 0, "1"), full("b", 0, "2")], {"b": 3}, id="or the latest"),
        pytest.param([full("a", 1), full("b", 1)], {}, id="a half-done rollout stands still"),
        pytest.param([full("a", 3)], {}, id="nothing to do"),
        pytest.param([], {}, id="nothing there"),
    ],
)
def test_a_paused_deployment_is_only_scaled(sets, expected):
    assert rollout.paused_sizes(3, sets) == expected


def test_counts_are_summed_over_all_replica_sets():
    new = Counts("new", "2", wanted=3, replicas=2, ready=1, available=1)

    assert progress.totals(new, [full("old", 2)]) == Totals(
        replicas=4, updated=2, ready=3, available=3, unavailable=2
    )


@pytest.mark.parametrize(
    ("available", "expected"),
    [
        pytest.param(2, ("True", "MinimumReplicasAvailable"), id="as many as needed"),
        pytest.param(1, ("False", "MinimumReplicasUnavailable"), id="one too few"),
    ],
)
def test_a_deployment_is_available_with_its_least_number_of_pods(available, expected):
    found = progress.availability(2, available, None, NOW)

    assert (found.status, found.reason) == expected


DONE = Totals(replicas=3, updated=3, ready=3, available=3)
HALF = Totals(replicas=4, updated=1, ready=3, available=3, unavailable=1)


@pytest.mark.parametrize(
    ("before", "after", "current", "expected"),
    [
        pytest.param(
            HALF,
            DONE,
            told("ReplicaSetUpdated"),
            ("True", "NewReplicaSetAvailable"),
            id="complete",
        ),
        pytest.param(
            Totals(replicas=3, ready=3, available=3),
            HALF,
            told("NewReplicaSetCreated"),
            ("True", "ReplicaSetUpdated"),
            id="a new pod is progress",
        ),
        pytest.param(
            HALF, HALF, told("ReplicaSetUpdated", ago=59), ("True", "ReplicaSetUpdated"), id="wait"
        ),
        pytest.param(
            HALF,
            HALF,
            told("ReplicaSetUpdated", ago=61),
            ("False", "ProgressDeadlineExceeded"),
            id="too long without progress",
        ),
        pytest.param(
            Totals(replicas=3, updated=3, ready=2, available=2),
            Totals(replicas=3, updated=3, ready=2, available=2),
            told("NewReplicaSetAvailable", ago=1000),
            ("True", "NewReplicaSetAvailable"),
            id="a completed revision that lost a pod has no deadline",
        ),
        pytest.param(
            DONE,
            Totals(replicas=1, updated=1),
            told("NewReplicaSetAvailable", ago=1000),
            ("True", "NewReplicaSetAvailable"),
            id="nor one that is scaled",
        ),
        pytest.param(
            HALF,
            DONE,
            told("ProgressDeadlineExceeded", "False", ago=99),
            ("True", "NewReplicaSetAvailable"),
            id="late, but complete",
        ),
    ],
)
def test_progress_is_told_as_kubernetes_tells_it(before, after, current, expected):
    found = progress.progress(
        3, (before, after), current, subject='ReplicaSet "a"', deadline=DEADLINE, now=NOW
    )

    assert found is not None
    assert (found.status, found.reason) == expected


def test_progress_renews_the_update_but_not_the_transition():
    current = told("ReplicaSetUpdated", ago=30)

    found = progress.progress(
        3, (Totals(), HALF), current, subject='ReplicaSet "a"', deadline=DEADLINE, now=NOW
    )

    assert found is not None
    assert (found.updated, found.changed) == (NOW, current.changed)
    assert found.message == 'ReplicaSet "a" is progressing.'


@pytest.mark.parametrize(
    ("current", "left"),
    [
        pytest.param(told("ReplicaSetUpdated", ago=20), timedelta(seconds=40), id="it runs"),
        pytest.param(told("NewReplicaSetAvailable"), None, id="not for what is complete"),
        pytest.param(told("ProgressDeadlineExceeded", "False"), None, id="nor twice"),
        pytest.param(None, None, id="nor before anything was told"),
    ],
)
def test_a_deadline_runs_only_while_something_is_awaited(current, left):
    assert progress.time_left(current, DEADLINE, NOW) == left


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        pytest.param({"matchLabels": {"a": "1", "b": "2"}}, "a=1,b=2", id="labels"),
        pytest.param(
            {"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]},
            "a in (1,2)",
            id="one of",
        ),
        pytest.param(
            {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]},
            "a notin (1)",
            id="none of",
        ),
        pytest.param({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, "a", id="there"),
        pytest.param(
            {"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, "!a", id="not there"
        ),
    ],
)
def test_a_selector_is_written_as_the_api_reads_it(selector, text):
    assert objects.selector_text(selector) == text


def test_equal_templates_hash_to_the_same_name():
    assert objects.hashed({"a": 1, "b": 2}) == objects.hashed({"b": 2, "a": 1})
    assert objects.hashed({"a": 1}) != objects.hashed({"a": 2})


def test_work_added_twice_is_done_once_at_its_earliest_time():
    queue, work = WorkQueue(), Work("Deployment", "shop", "cart")
    queue.add(work, delay=60)
    queue.add(work)
    queue.add(work, delay=60)

    assert queue.get(timeout=0) == work
    assert queue.get(timeout=0) is None


def test_work_waits_until_it_is_due():
    queue, work = WorkQueue(), Work("Deployment", "shop", "cart")
    queue.add(work, delay=0.1)
    begun = time.monotonic()

    assert queue.get(timeout=5) == work
    assert 0.1 <= time.monotonic() - begun < 2


def test_changes_are_what_is_new_different_or_gone():
    def obj(name: str, version: str):
        return {"metadata": {"name": name, "namespace": "shop", "resourceVersion": version}}

    changes = Changes()
    changes.since({("shop", name): obj(name, "1") for name in ("same", "changed", "gone")})

    found = changes.since(
        {
            ("shop", "same"): obj("same", "1"),
            ("shop", "changed"): obj("changed", "2"),
            ("shop", "new"): obj("new", "3"),
        }
    )

    assert [one["metadata"]["name"] for one in found] == ["gone", "changed", "new"]
