"""The stop test against a real API server: at a call of a pass the program is stopped, or an answer
is lost, and the real server then stands as the one in memory does, from where every rollout was
seen to end well.
"""

import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from tests.cluster.lockstep import Moment, expect_same, moments
from tests.reconcile.outside import Life, When, failing_at, stopped_at
from tests.reconcile.rollout import Point, rollout
from tests.reconcile.stories import STORIES
from tests.reconcile.world import deliver, ending, finish, go_on

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

_WRITES = ("create", "replace", "patch", "merge", "delete")
_TO_THE_END = 50  # of the stops, after one in so many the rollout goes on to its end


@dataclass(slots=True)
class Troubles:
    """Each kind of call of a story, where it comes first: the program is stopped before and after
    it, and of a write the answer is lost. Or each call of each pass, and all of them fail too.
    """

    every_call: bool
    kinds: set[tuple[str, When]] = field(default_factory=set)
    stops: int = 0
    failures: int = 0

    def of(self, point: Point) -> Iterator[Life]:
        """Those of a pass; of calls of a kind that a pass before had, only where all are wanted."""
        for (index, name), when in itertools.product(enumerate(point.calls), When):
            is_new = (_kind(name), when) not in self.kinds
            self.kinds.add((_kind(name), when))
            if not (is_new or self.every_call):
                continue
            sys.stdout.write(f"{point.delivery}, {name} {when}\n")
            self.stops += 1
            yield stopped_at(index, when)
            if self._fails(name, when):
                self.failures += 1
                yield failing_at(index, when)

    def _fails(self, name: str, when: When) -> bool:
        """A metrics server that fails is an answer like any other."""
        if self.every_call:
            return not name.startswith("gather")
        return when is When.AFTER and name.startswith(_WRITES)

    def play(self, point: Point, moment: Moment, life: Life) -> None:
        real, made_up = moment.again(), point.world.copy()
        for world in (real, made_up):
            taken = deliver(world, point.delivery, replace(life, calls=[]))
            finish(world, point.delivery, taken=taken, started=point.world.now)
        expect_same(real, made_up)
        if (self.stops + self.failures) % _TO_THE_END == 0:
            go_on(real)
            go_on(made_up)
            assert ending(real) == ending(made_up)


def _kind(call: str) -> str:
    """Of which kind a call is: events of Kubernetes have names of their own."""
    return call.rpartition("/")[0] if "/events/" in call else call


@pytest.mark.parametrize("name", STORIES)
def test_a_stop_leaves_the_real_server_as_it_leaves_the_one_in_memory(
    name, shop, every_call, capsys
):
    """Before and after each kind of call of each story, or each call of each pass: 850 of the 5,572
    stops in memory, and 146 lost answers. And undisturbed: pass by pass the two stand the same,
    with their generations and decisions.
    """
    undisturbed = rollout(STORIES[name])
    troubles = Troubles(every_call)

    for point, moment in zip(
        undisturbed.points, moments(STORIES[name], undisturbed, shop), strict=True
    ):
        for life in troubles.of(point):
            troubles.play(point, moment, life)

    calls = [call for point in undisturbed.points for call in point.calls]
    assert troubles.kinds == set(itertools.product(map(_kind, calls), When))
    assert troubles.stops == len(When) * len(calls) or not every_call
    with capsys.disabled():
        stops, failures = troubles.stops, troubles.failures
        sys.stdout.write(f"\n{name}: {stops} stops and {failures} failing calls, really\n")
