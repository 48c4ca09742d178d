"""What single passes and whole releases ask of the outside, in numbers of calls."""

import io
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from infra.local.bench.fleet import Spread, grow
from infra.local.bench.outside import Call, Kind, an_api_server
from infra.local.bench.trial import Pass, Trial, a_trial, has_weight, is_at_rest

SIZES = (1, 10, 100, 1000)
_FIRST_WEIGHT = 10


class Work(StrEnum):
    """What the canaries of a pass are about."""

    IDLE = "idle"
    ACTIVE = "active"  # each moves a step


@dataclass(frozen=True, slots=True)
class Cost:
    """The calls of one pass, or of several."""

    calls: Mapping[Kind, int]
    size: int  # bytes of the answers
    passes: int = 1

    def number(self, kinds: Iterable[Kind] = Kind) -> int:
        """How many calls are of these kinds."""
        return sum(self.calls.get(kind, 0) for kind in kinds)


def cost(calls: Iterable[Call], passes: int = 1) -> Cost:
    """The sum of some calls."""
    made = tuple(calls)
    return Cost(Counter(call.kind for call in made), sum(call.size for call in made), passes)


def over(size: int, spread: Spread, work: Work) -> Cost:
    """One pass over so many canaries."""
    with a_fresh_trial() as trial:
        if work is Work.ACTIVE:
            trial.release("cart:2")
            trial.until(lambda status: has_weight(status, _FIRST_WEIGHT))
        grow(trial, size, spread)
        return cost(trial.next_pass().calls)


def releases() -> tuple[Cost, Cost]:
    """A whole good release of one canary, and a whole bad one, until each is at rest."""
    with a_fresh_trial() as trial:
        return _all_of(good_release(trial)), _all_of(bad_release(trial))


def good_release(trial: Trial) -> list[Pass]:
    """Every pass of a release that is promoted."""
    trial.release("cart:2")
    return trial.until(_ended("Succeeded"))


def bad_release(trial: Trial) -> list[Pass]:
    """Every pass of a release whose requests fail from its first step on."""
    trial.release("cart:3")
    trial.outside.bad = True
    return trial.until(_ended("Failed"))


def _ended(phase: str) -> Callable[[dict[str, object]], bool]:
    return lambda status: is_at_rest(status, phase)


def _all_of(passes: list[Pass]) -> Cost:
    return cost((call for one in passes for call in one.calls), len(passes))


@contextmanager
def a_fresh_trial() -> Iterator[Trial]:
    """A trial on an API server of its own. The log of its passes is nobody's."""
    with (
        redirect_stdout(io.StringIO()),
        tempfile.TemporaryDirectory() as folder,
        an_api_server() as api,
        a_trial(api, Path(folder)) as trial,
    ):
        yield trial
