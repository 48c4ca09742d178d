"""What a hundred releases at once may ask of a real API server, in numbers of calls.

Half of them are good and half are bad: five steps of ten, two builtin metrics, a beat of a second.
What one canary is written is its own; what is read is shared, so of that only the sum is held.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from infra.local.bench.cluster import fleet, measures, stand
from infra.local.bench.cluster.audit import Call, refused
from infra.local.bench.cluster.fleet import Fleet
from infra.local.controlplane.kubelet import a_kubelet
from infra.local.kube import Key

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

SIZE = 100
GOOD, BAD = 54, 45  # calls each
GOOD_WRITES, BAD_WRITES = 46, 40
_SECONDS = 400.0


@dataclass(frozen=True, slots=True)
class Played:
    """One release of all of them: what was asked meanwhile."""

    fleet: Fleet
    bad: frozenset[Key]
    calls: list[Call]
    queries: int


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    with (
        stand.running(tmp_path_factory.mktemp("budgets")) as running,
        a_kubelet(running.kube),
        fleet.made(running, SIZE, analysis={"interval": "10s"}) as canaries,
    ):
        measures.initialised(canaries)
        bad = frozenset(canaries.keys[::2])
        running.source.bad |= {name for _, name in bad}
        audit, asked = running.audit(), running.source.queries
        canaries.release("cart:2")
        canaries.wait(["Succeeded", "Failed"], _SECONDS)
        running.broker.wait_until_idle(_SECONDS)
        yield Played(canaries, bad, audit.calls(), running.source.queries - asked)


def writes(played: Played) -> Counter[Key]:
    """Of each canary's objects, which all bear its name, alone or with more."""
    return Counter(
        (call.namespace, call.name[: len("cart-0000")]) for call in played.calls if call.writes
    )


def test_half_of_them_were_good(played: Played):
    phases = Counter(status["phase"] for status in played.fleet.statuses())

    assert phases == {"Succeeded": SIZE / 2, "Failed": SIZE / 2}


def test_no_call_is_refused(played: Played):
    assert not list(refused(played.calls))


def test_a_release_is_so_many_calls_for_each(played: Played):
    assert len(played.calls) <= (GOOD + BAD) * SIZE / 2


def test_a_release_is_so_many_writes_for_each(played: Played):
    found = writes(played)
    good = [found[key] for key in played.fleet.keys if key not in played.bad]
    bad = [found[key] for key in played.bad]

    assert 0 < sum(good) / len(good) <= GOOD_WRITES
    assert 0 < sum(bad) / len(bad) <= BAD_WRITES


def test_a_query_is_asked_for_many(played: Played):
    assert 0 < played.queries <= SIZE
