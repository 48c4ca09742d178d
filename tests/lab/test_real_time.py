"""A release at the speed that its user asked for, in a whole lab."""

from pathlib import Path

import pytest

from infra.local import apply, rollout, stage
from tests.lab.staged import staged, steps

pytestmark = pytest.mark.lab

GOOD = "1.1.0"


@pytest.mark.timeout(420)
def test_the_manifest_of_a_flagger_user_runs_as_it_is_in_real_time(tmp_path: Path):
    (canary,) = apply.read("canary.yaml")

    with staged(tmp_path, canary) as running:
        good, _ = running.play(GOOD, limit=300)

        assert (good.phase, good.counts.failed) == ("Succeeded", 0)
        assert rollout.route_faults(running.seen.routes) == ()
        assert stage.dead(running.lab) == []
        assert steps(running.seen) == [10, 20, 30, 40, 50]
        assert good.seconds > 5 * 15  # four steps after the first, and the promotion
