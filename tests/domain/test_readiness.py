"""Readiness: Flagger's reasons in Flagger's order, and never ready without a pod."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.readiness import Readiness, ReadyState, readiness
from tests.domain import recordings
from tests.domain.workloads import target

WAITING = "waiting for rollout to finish: "
BEHIND = WAITING + "observed deployment generation less than desired generation"
EXCEEDED = {"conditions": [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]}
NONE_UP = {"readyReplicas": 0, "availableReplicas": 0}


def state_of(threshold=100, replicas=2, **status):
    return readiness(target(spec={"replicas": replicas}, status=status), threshold)


def unready(reason):
    return Readiness(ReadyState.UNREADY, WAITING + reason)


def empty(reason):
    return Readiness(ReadyState.EMPTY, WAITING + reason)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        pytest.param(state_of(), Readiness(ReadyState.READY), id="all there"),
        pytest.param(
            state_of(observedGeneration=2), Readiness(ReadyState.UNREADY, BEHIND), id="behind"
        ),
        pytest.param(
            state_of(observedGeneration=2, updatedReplicas=0, **NONE_UP),
            Readiness(ReadyState.EMPTY, BEHIND),
            id="behind and empty",
        ),
        pytest.param(
            state_of(replicas=3),
            unready("2 out of 3 new replicas have been updated"),
            id="not all made",
        ),
        pytest.param(
            state_of(replicas=3, updatedReplicas=0, **NONE_UP),
            empty("0 out of 3 new replicas have been updated"),
            id="none made",
        ),
        pytest.param(
            state_of(readyReplicas=1, availableReplicas=1),
            unready("1 of 2 (readyThreshold 100%) updated replicas are available"),
            id="one of two available",
        ),
        pytest.param(
            state_of(**NONE_UP),
            empty("0 of 2 (readyThreshold 100%) updated replicas are available"),
            id="none available",
        ),
        pytest.param(
            state_of(50, readyReplicas=1, availableReplicas=1),
            Readiness(ReadyState.READY),
            id="at the threshold",
        ),
        pytest.param(
            state_of(49, **NONE_UP),
            empty("0 of 1 (readyThreshold 49%) updated replicas are available"),
            id="a threshold below one pod wants one",
        ),
        pytest.param(
            state_of(0, **NONE_UP),
            empty("0 of 1 (readyThreshold 0%) updated replicas are available"),
            id="a threshold of zero wants one",
        ),
        pytest.param(
            state_of(readyReplicas=0),
            empty("0 of 2 (readyThreshold 100%) updated replicas are available"),
            id="available without being ready",
        ),
        pytest.param(
            state_of(replicas=0),
            Readiness(ReadyState.EMPTY, 'deployment "cart" is scaled to zero'),
            id="asked for none, and still there",
        ),
    ],
)
def test_a_workload_is_ready_only_with_pods_enough(found, wanted):
    assert found == wanted


def test_old_pods_hold_up_a_rollout():
    rolling = target(status={"replicas": 3})

    assert readiness(rolling, 100) == unready("1 old replicas are pending termination")


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(EXCEEDED, id="with pods"),
        pytest.param({**EXCEEDED, **NONE_UP, "updatedReplicas": 1}, id="without, and behind"),
    ],
)
def test_past_its_own_deadline_nothing_else_counts(status):
    reason = 'deployment "cart" exceeded its progress deadline'

    assert readiness(target(status=status), 100) == Readiness(ReadyState.STUCK, reason)


@pytest.mark.parametrize("name", recordings.NAMES)
def test_every_recorded_primary_was_ready(name):
    assert readiness(recordings.read(name).primary, 100) == Readiness(ReadyState.READY)


@given(
    st.fixed_dictionaries(
        {
            key: st.integers(0, 5)
            for key in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
        }
    ),
    st.integers(0, 5),
    st.integers(0, 100),
)
def test_a_ready_workload_has_a_ready_pod_and_any_other_a_reason(status, replicas, threshold):
    seen = target(spec={"replicas": replicas}, status=status)

    found = readiness(seen, threshold)

    if found.state is ReadyState.READY:
        assert min(seen.ready, seen.available) >= max(1, seen.updated * threshold // 100)
        assert replicas > 0
        assert not found.reason
    else:
        assert found.reason
        assert (found.state is ReadyState.EMPTY) == (seen.ready == 0 or replicas == 0)
