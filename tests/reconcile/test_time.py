"""What a pass does with its time, where something takes too much of it."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.reconcile.run import pass_over_all
from tests.reconcile.outside import Life
from tests.reconcile.rollout import rollout
from tests.reconcile.stories import STORIES
from tests.reconcile.world import World


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    """Set when the test is over, whatever becomes of it."""
    event = threading.Event()
    yield event
    event.set()


def before_its_next_step() -> World:
    """A canary with a weight, that is to be judged in the pass that comes."""
    points = rollout(STORIES["good"]).points
    asks = [point for point in points if any(call.startswith("gather") for call in point.calls)]
    return next(point.world.copy() for point in asks if point.world.status["canaryWeight"] == 25)


def test_lookups_that_hang_keep_no_canary_waiting(hanging):
    world = before_its_next_step()

    def gather(questions, *, deadline, pool):
        for _ in range(8):
            pool.submit(hanging.wait, 20)
        return {}

    started = time.monotonic()
    (outcome,) = pass_over_all(replace(world.scope(Life()), gather=gather), world.now, sweep=False)

    assert outcome.status.inconclusive == 1
    assert time.monotonic() - started < 10
