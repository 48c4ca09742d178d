"""`make bench`: what Spillway costs, table after table. Counts are the same on every machine."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from infra.local import lab, stage
from infra.local.bench import passes, report, starts, traffic
from infra.local.bench.fleet import Spread, crowd, grow
from infra.local.bench.passes import SIZES, Work
from infra.local.bench.trial import environ
from infra.local.kube import connected
from infra.local.parts import FUNCTIONS

_STARTS = 9  # of each function
_SCALE_UPS = 5
_SHIFTS = 21
_WIDTH = 120  # where there is no terminal


class Step(Protocol):
    """Shows how far the bench is."""

    def __call__(self, doing: str, done: int = 0, of: int = 1) -> None:
        """What is done next, and how much of it is behind."""


def main() -> None:
    """Measures, and prints each table as soon as it is known."""
    options = argparse.ArgumentParser(prog="python -m infra.local.bench", description=__doc__)
    options.add_argument("--state", type=Path, default=lab.STATE, help="the lab's folder")
    options.add_argument("--no-lab", action="store_true", help="leaves out what needs the lab")
    given = options.parse_args()
    console = Console(file=sys.stdout)  # this one, whatever the log of a pass is sent to
    if not console.is_terminal:
        console.width = _WIDTH
    with lab.stopped_by_signals(), _progress(console) as step:
        _passes(console, step)
        _starts(console, step)
        if not given.no_lab:
            _reactions(console, step, given.state)


@contextmanager
def _progress(console: Console) -> Iterator[Step]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as progress:
        task = progress.add_task("", total=None)
        begun: set[str] = set()

        def step(doing: str, done: int = 0, of: int = 1) -> None:
            progress.update(task, description=doing, completed=done, total=of)
            if not (console.is_terminal or doing in begun):
                console.print(doing)
            begun.add(doing)

        yield step


def _passes(console: Console, step: Step) -> None:
    for work in Work:
        costs = {}
        cases = [(Spread.ONE, 1), *product(Spread, SIZES[1:])]  # one is the same anywhere
        for number, (spread, size) in enumerate(cases):
            step(f"Passes over 1 to 1,000 canaries, {work}", number, len(cases))
            costs[spread, size] = passes.over(size, spread, work)
        console.print(report.passes(work, costs))
    step("A good and a bad release")
    console.print(report.releases(*passes.releases()))


def _starts(console: Console, step: Step) -> None:
    with passes.a_fresh_trial() as trial, tempfile.TemporaryDirectory() as secrets:
        folder = Path(secrets)
        settings = environ(trial.folder, trial.outside)
        step("The modules of each function")
        probed = {function: starts.probe(function, settings) for function in FUNCTIONS}
        answers: dict[str, list[float]] = {function: [] for function in FUNCTIONS}
        for _, function in product(range(_STARTS), FUNCTIONS):  # in turn, for equal chances
            step("Starts of each function", len(answers[function]), _STARTS)
            answers[function].append(starts.first_answer(function, settings, folder))
        console.print(report.starts(probed, answers))
        step("A tick over 1,000 idle canaries among 10,000 other Deployments")
        grow(trial, 1000, Spread.MANY)
        crowd(trial, 10_000)
        console.print(report.memory(starts.probe("analysis_tick", settings).peak))


def _reactions(console: Console, step: Step, state: Path) -> None:
    step("The lab starts")
    with lab.running(state) as running, stage.observed(running) as seen:
        kube = connected(running.kubeconfig)
        step("The sample app is initialised")
        stage.install(running, seen, stage.shortened())
        traffic.bring_versions(running, kube)
        shifts = []
        for number in range(_SHIFTS):
            step("Weights to and fro", number, _SHIFTS)
            shifts.append(traffic.shift(running, kube, (number + 1) % 2))
        scale_ups = []
        for number in range(_SCALE_UPS):
            step("Promotions, each of which is then taken back", number, _SCALE_UPS)
            scale_ups.append(traffic.scale_up(running, seen, kube, f"1.{number + 1}.0"))
        kube.close()
        console.print(report.reactions(scale_ups, shifts))


if __name__ == "__main__":
    main()
