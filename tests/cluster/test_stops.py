"""The stop test against a real API server: at a call of a pass the program is stopped, and the real
server then stands as the one in memory does, from where every rollout was seen to end well.
"""

import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.cluster.lockstep import Moment, expect_same, moments
from tests.reconcile.outside import When, stopped_at
from tests.reconcile.rollout import Point, rollout
from tests.reconcile.stories import STORIES
from tests.reconcile.world import Ending, deliver, ending, finish, go_on

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

_TO_THE_END = 50  # of the stops, after one in so many the rollout goes on to its end


@dataclass(slots=True)
class Stops:
    """Stops a story at each kind of call: where it comes first, before it and after it."""

    wanted: Ending
    kinds: set[tuple[str, When]] = field(default_factory=set)

    def new_in(self, point: Point) -> Iterator[tuple[int, When]]:
        """The calls of a pass that are of a kind that no pass before it had."""
        for (index, name), when in itertools.product(enumerate(point.calls), When):
            kind = _kind(name), when
            if kind not in self.kinds:
                self.kinds.add(kind)
                yield index, when

    def at(self, point: Point, moment: Moment, index: int, when: When) -> None:
        sys.stdout.write(f"{point.delivery}, {point.calls[index]} {when}\n")
        real, made_up = moment.again(), point.world.copy()
        for world in (real, made_up):
            life = stopped_at(index, when)
            taken = deliver(world, point.delivery, life)
            finish(world, point.delivery, taken=taken, started=point.world.now)
            assert life.is_over
        expect_same(real, made_up)
        if len(self.kinds) % _TO_THE_END == 0:
            go_on(real)
            assert ending(real) == self.wanted


def _kind(call: str) -> str:
    """Of which kind a call is: events of Kubernetes have names of their own."""
    return call.rpartition("/")[0] if "/events/" in call else call


@pytest.mark.parametrize("name", STORIES)
def test_a_stop_leaves_the_real_server_as_it_leaves_the_one_in_memory(name, shop, capsys):
    """Before and after each kind of call of each story: 850 of the 5,810 stops in memory. And
    undisturbed: pass by pass the two stand the same, with their generations and decisions.
    """
    undisturbed = rollout(STORIES[name])
    stops, stages = Stops(undisturbed.ending), moments(STORIES[name], undisturbed, shop)

    for point, moment in zip(undisturbed.points, stages, strict=True):
        for index, when in stops.new_in(point):
            stops.at(point, moment, index, when)

    calls = {_kind(call) for point in undisturbed.points for call in point.calls}
    assert stops.kinds == set(itertools.product(calls, When))
    with capsys.disabled():
        sys.stdout.write(f"\n{name}: {len(stops.kinds)} stops on a real server\n")
