"""A good and a bad release in the lab, watched; exit code 0 only if both went as they should."""

import argparse
import difflib
import math
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial

import yaml
from rich.console import Console

from infra.local import apply, lab, rollout, stage, view
from infra.local.kube import Tree
from infra.local.lab import Lab
from infra.local.load import Counts
from infra.local.processes import memory
from infra.local.promote import APP, NAMESPACE
from infra.local.rollout import Outcome
from infra.local.view import Frame, View
from infra.local.watching import Watching

GOOD, BAD = "1.1.0", "1.2.0-bad"
_RELEASE_SECONDS = 60.0
_NO_REQUESTS = partial(Counts, {}, {}, 0, ())
_SUCCESS = (
    'sum(rate(istio_requests_total{{reporter="destination",destination_workload="{workload}",'
    'response_code!~"5.."}}[5s])) / sum(rate(istio_requests_total{{reporter="destination",'
    'destination_workload="{workload}"}}[5s])) * 100'
)


def main() -> None:
    """Plays the demo."""
    options = argparse.ArgumentParser(prog="python -m infra.local.demo", description=__doc__)
    lab.choose(options)
    options.set_defaults(state=lab.STATE / "demo")  # what `make lab` keeps is not the demo's
    given = options.parse_args()
    begun, console = time.monotonic(), Console()
    with lab.stopped_by_signals():
        console.print(f"Starting the lab, on the {given.control_plane} control plane …")
        with lab.running(given.state, given.control_plane) as running:
            console.print(f"The lab runs, after {time.monotonic() - begun:.1f} s.")
            wrong = play(running, console)
        console.print(f"All in {time.monotonic() - begun:.1f} s.")
    for text in wrong:
        console.print(f"WRONG: {text}", style="red", markup=False)
    sys.exit(bool(wrong))


def play(running: Lab, console: Console) -> tuple[str, ...]:
    """Both releases; what was not as it should be."""
    canary = stage.shortened()
    console.print("\ninfra/local/manifests/canary.yaml, with shorter times:")
    _tell(console, *difference())
    with stage.observed(running) as seen:
        with view.opened(console) as screen:
            good, bad = _releases(running, seen, screen, canary)
        letters = stage.dead(running)
        _tell(console, summary(good), summary(bad), _balance(seen, len(letters)))
    wrong = rollout.faults(good, bad, GOOD)
    return (*wrong, *rollout.route_faults(seen.routes), *letters)


def difference() -> Iterator[str]:
    """What the demo changes in the manifest, as a diff."""
    (canary,) = apply.read("canary.yaml")
    before, after = (
        yaml.safe_dump(obj, sort_keys=False).splitlines() for obj in (canary, stage.shortened())
    )
    return (
        line
        for line in difflib.unified_diff(before, after, n=0)
        if line[:2] not in ("--", "++", "@@")
    )


def summary(outcome: Outcome) -> str:
    """What became of a release, and why."""
    return (
        f"\n{outcome.version}: {outcome.phase} after {outcome.seconds:.1f} s, "
        f"{outcome.counts.requests} requests ({_shares(outcome)}), {outcome.counts.failed} failed\n"
        + "\n".join(f"  | {message}" for message in outcome.messages[-4:])
    )


def _releases(running: Lab, seen: Watching, screen: View, canary: Tree) -> tuple[Outcome, Outcome]:
    looking = partial(_looking, running, seen, screen, canary)
    screen.say(f"\nThe app and its Canary are applied: {NAMESPACE}/{APP}")
    stage.install(running, seen, canary, looking(_NO_REQUESTS, "1.0.0"))
    with stage.loaded(running) as load:

        def release(version: str) -> Outcome:
            screen.say(f"\n{version} is promoted: a signed POST to {running.ports.webhook}")
            look, limit = looking(load.snapshot, version), _RELEASE_SECONDS
            return rollout.play(running, seen, load, version, limit=limit, look=look)

        return release(GOOD), release(BAD)


def _looking(
    running: Lab,
    seen: Watching,
    screen: View,
    canary: Tree,
    counts: Callable[[], Counts],
    title: str,
) -> Callable[[], None]:
    begun, before = time.monotonic(), counts()
    analysis = canary["spec"]["canaryAnalysis"]

    def look() -> None:
        running.processes.check()
        since, stand = counts().since(before), seen.stand
        screen.show(
            Frame(
                title=title,
                seconds=time.monotonic() - begun,
                phase=stand.phase,
                weight=stand.weight,
                failed_checks=stand.failed_checks,
                checks_allowed=analysis["threshold"],
                success=_success(running),
                wanted=analysis["metrics"][0]["threshold"],
                versions=since.versions,
                failed=since.failed,
                messages=tuple(seen.messages),
            )
        )

    return look


def _balance(seen: Watching, letters: int) -> str:
    return (
        f"\n{len(seen.routes)} routes were written, {_sums(seen)}; {letters} events died; "
        f"{memory():.0f} MB were in use."
    )


def _sums(seen: Watching) -> str:
    return "not all to 100" if rollout.route_faults(seen.routes) else "each with a sum of 100"


def _tell(console: Console, *lines: str) -> None:
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _success(running: Lab) -> float | None:
    """The canary's success rate, for the eye; Spillway asks for itself."""
    query = urllib.parse.urlencode({"query": _SUCCESS.format(workload=APP)})
    found = stage.fetch(f"{running.ports.metrics}/api/v1/query?{query}")["data"]["result"]
    value = float(found[0]["value"][1]) if found else float("nan")
    return None if math.isnan(value) else value  # not a number: there was no traffic


def _shares(outcome: Outcome) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(outcome.counts.versions.items()))


if __name__ == "__main__":
    main()
