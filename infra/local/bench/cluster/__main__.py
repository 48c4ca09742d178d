"""`make bench-cluster`: what Spillway costs on a real control plane, beside what others cost."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console

from infra.local.bench.cluster import fleet, measures, report, rollouts, stand, targets
from infra.local.bench.cluster.measures import Release, Use, quantile
from infra.local.bench.cluster.stand import Stand
from infra.local.bench.cluster.targets import Figure
from infra.local.controlplane.kubelet import a_kubelet
from infra.local.lab import stopped_by_signals

_WIDTH = 140  # where there is no terminal
_SWEEP_MINUTES = 5
_SECONDS_10, _SECONDS_15 = {"interval": "10s"}, {"interval": "15s"}
_PROMOTIONS = 60
_ONE_NAMESPACE_HOLDS = 100


def main() -> None:
    """Measures, and prints each table as soon as it is known; 1 where a target is missed."""
    options = argparse.ArgumentParser(
        prog="python -m infra.local.bench.cluster", description=__doc__
    )
    options.add_argument("--fleet", type=int, default=100, help="canaries that are released")
    options.add_argument("--idle", type=int, default=1000, help="the most canaries at rest")
    given = options.parse_args()
    console = Console(file=sys.stdout)
    if not console.is_terminal:
        console.width = _WIDTH
    with stopped_by_signals():
        figures = [*_released(console, given.fleet), *_at_rest(console, given.idle)]
    console.print(targets.table(figures))
    sys.exit(any(not figure.reached for figure in figures))


@contextmanager
def _stand(*, controllers: bool) -> Iterator[Stand]:
    """Pods without processes, or Deployments without pods where there are no controllers."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        running = stack.enter_context(stand.running(folder, controllers=controllers))
        stack.enter_context((a_kubelet if controllers else rollouts.at_once)(running.kube))
        yield running


def _released(console: Console, size: int) -> Iterator[Figure]:
    """One by itself, many at once, good and bad; then promotions."""
    with _stand(controllers=True) as running:
        one = _one(console, running)
        good, bad = _many(console, running, size)
        console.print(report.releases({"1, good": one, f"{size}, good": good, f"{size}, bad": bad}))
        times = _promoted(console, running)
    console.print(
        f"promotion → scaled up, {len(times)} of them: p50 {quantile(times, 0.5):.3f} s, "
        f"p99 {quantile(times, 0.99):.3f} s"
    )
    yield Figure(targets.GOOD_CALLS, good.each(good.use.calls.total()))
    yield Figure(targets.GOOD_WRITES, good.each(good.use.writes))
    yield Figure(targets.BAD_CALLS, bad.each(bad.use.calls.total()))
    yield Figure(targets.QUERIES, good.each(good.use.queries))
    yield Figure(targets.REACTION, quantile(times, 0.5))
    yield Figure(targets.MOVED, one.moved)
    yield Figure(targets.DONE, one.done)
    yield Figure(targets.ALL_DONE, good.done)
    yield Figure(targets.CPU, good.use.cpu)


def _one(console: Console, running: Stand) -> Release:
    console.print("One canary, released by itself")
    with fleet.made(running, 1, analysis=_SECONDS_10) as canaries:
        measures.initialised(canaries)
        return measures.release(canaries, "cart:2", ends="Succeeded")


def _many(console: Console, running: Stand, size: int) -> tuple[Release, Release]:
    console.print(f"{size} canaries are initialised")
    with fleet.made(running, size, analysis=_SECONDS_15) as canaries:
        measures.initialised(canaries)
        console.print(f"{size} good releases at once")
        good = measures.release(canaries, "cart:2", ends="Succeeded")
        console.print(f"{size} bad releases at once")
        running.source.bad |= {name for _, name in canaries.keys}
        bad = measures.release(canaries, "cart:3", ends="Failed")
        running.source.bad.clear()
        return good, bad


def _promoted(console: Console, running: Stand) -> list[float]:
    console.print(f"{_PROMOTIONS} promotions, one after the other")
    with fleet.made(running, _PROMOTIONS, analysis=_SECONDS_10) as canaries:
        measures.initialised(canaries)
        return measures.reactions(canaries, "cart:4")


def _at_rest(console: Console, most: int) -> Iterator[Figure]:
    """Sweeps over 1, 100 and the most, each beside those before."""
    sweeps: dict[int, Use] = {}
    with _stand(controllers=False) as running:
        made = 0
        for size in sorted({1, min(100, most), most}):
            console.print(f"{size} canaries at rest")
            added, namespaces = size - made, -(-(size - made) // _ONE_NAMESPACE_HOLDS)
            with fleet.multiplied(
                running, added, namespaces=namespaces, analysis=_SECONDS_10
            ) as canaries:
                sweeps[size] = measures.sweep(canaries)
            made = size
        console.print(report.idle(sweeps))
    largest = sweeps[most]
    yield Figure(targets.IDLE, largest.calls.total() / _SWEEP_MINUTES / most)


if __name__ == "__main__":
    main()
