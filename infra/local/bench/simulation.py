"""Ten thousand canaries, by simulation: how late a step comes, and what it is that holds it up.

Pure arithmetic over beats. In each, the tick over all lists every Canary; what is due waits in one
queue, handed out fifty at a time; it is worked off as fast as the scarcest of two allows: the
functions' processors, or the API server's. What remains is due at the next beat, and late.
"""

import argparse
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

PASS = 50  # canaries that one tick names
PAGE = 500  # objects of a LIST
BATCH = 100  # workloads of one metric query


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds of a processor. docs/scale.md says what each was derived from."""

    listed_function: float = 70e-6  # for a Canary in the list of a beat: fetched, and its times
    listed_server: float = 150e-6
    step_function: float = 10e-3  # for a decision: looked at, judged, saved, applied, told, settled
    step_server: float = 20e-3  # and what the API server and etcd do for it
    overlap: float = 1.0  # how often a decision is begun: more than once where passes race


@dataclass(frozen=True, slots=True)
class Scale:
    """How many there are, how many of them are released, and what there is to do it with."""

    canaries: int = 10_000
    active: int = 10_000
    at_once: bool = False  # all of them due in the same beat, or evenly over the interval
    interval: int = 60  # seconds
    beat: int = 5
    functions: int = 4  # instances, of one processor each
    server: int = 8  # processors of the API server and etcd


class Limit(StrEnum):
    """What there is least of."""

    FUNCTIONS = "functions"
    SERVER = "API server"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went, once it goes the same way in every interval."""

    late: float  # seconds, of the step that came last
    keeps_up: bool  # no step is still to do when the next one is due
    functions: float  # share of their processors that was used
    server: float
    limit: Limit


def simulated(scale: Scale, costs: Costs = Costs(), intervals: int = 5) -> Outcome:
    """Beat by beat; the queue is of (when it was due, how many)."""
    beats = scale.interval // scale.beat
    limit, per_beat = _capacity(scale, costs)
    queue: deque[tuple[int, float]] = deque()
    late, done = 0.0, 0.0
    for beat in range(intervals * beats):
        queue.append((beat, _due(scale, beat, beats)))
        left = per_beat
        while queue and left > 0:
            since, count = queue.popleft()
            taken = min(count, left)
            left -= taken
            done += taken
            used = 1 - left / per_beat if per_beat else 1.0
            late = max(late, (beat - since + used) * scale.beat)
            if count > taken:
                queue.appendleft((since, count - taken))
    waiting = sum(count for _, count in queue)
    seconds = intervals * scale.interval
    return Outcome(
        late=late,
        keeps_up=waiting == 0 and late <= scale.interval,
        functions=_load(scale, costs.listed_function, costs.step_function, done, seconds)
        / scale.functions,
        server=_load(scale, costs.listed_server, costs.step_server, done, seconds) / scale.server,
        limit=limit,
    )


def calls_of_a_sweep(canaries: int) -> int:
    """Pages of Canaries, of twice as many Deployments, of as many routes; and one look at the
    beat.
    """
    return 2 * -(-canaries // PAGE) + -(-2 * canaries // PAGE) + 1


def queries_of_a_step(canaries: int, metrics: int = 2) -> int:
    """Of all that are judged in one beat: a pass asks for each metric once."""
    return metrics * -(-canaries // min(PASS, BATCH))


def _due(scale: Scale, beat: int, beats: int) -> float:
    if not scale.at_once:
        return scale.active / beats
    return scale.active if beat % beats == 0 else 0


def _capacity(scale: Scale, costs: Costs) -> tuple[Limit, float]:
    """Who holds a beat up, and how many decisions fit into one beside its list."""
    step = costs.overlap
    fits = {
        Limit.FUNCTIONS: (scale.functions * scale.beat - scale.canaries * costs.listed_function)
        / (costs.step_function * step),
        Limit.SERVER: (scale.server * scale.beat - scale.canaries * costs.listed_server)
        / (costs.step_server * step),
    }
    limit = min(fits, key=lambda name: fits[name])
    return limit, max(0.0, fits[limit])


def _load(scale: Scale, listed: float, step: float, done: float, seconds: int) -> float:
    """Processors that are busy."""
    return scale.canaries * listed / scale.beat + done * step / seconds


def _rows() -> Sequence[tuple[str, Scale]]:
    ten = Scale()
    return (
        ("1,000, evenly", replace(ten, canaries=1000, active=1000)),
        ("1,000, all in one beat", replace(ten, canaries=1000, active=1000, at_once=True)),
        ("10,000, 1 in 10 released", replace(ten, active=1000)),
        ("10,000, 1 in 10, in one beat", replace(ten, active=1000, at_once=True)),
        ("10,000, evenly", ten),
        ("10,000, all in one beat", replace(ten, at_once=True)),
        ("10,000, evenly, a beat of 1 s", replace(ten, beat=1)),
        ("10,000, evenly, one instance", replace(ten, functions=1)),
        ("10,000, evenly, 2 processors", replace(ten, functions=1, server=2)),
        ("10,000, evenly, 16 instances", replace(ten, functions=16)),
    )


def main() -> None:
    """Prints one line for each case."""
    argparse.ArgumentParser(
        prog="python -m infra.local.bench.simulation", description=__doc__
    ).parse_args()
    out = sys.stdout
    out.write(
        f"{'':34}{'last step late':>16}{'keeps up':>10}{'functions':>11}{'server':>8}  limit\n"
    )
    for name, scale in _rows():
        found = simulated(scale)
        out.write(
            f"{name:34}{found.late:14.1f} s{'yes' if found.keeps_up else 'no':>10}"
            f"{found.functions:11.0%}{found.server:8.0%}  {found.limit}\n"
        )


if __name__ == "__main__":
    main()
