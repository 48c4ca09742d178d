"""The lab, left running until Ctrl-C: the sample app in it, under load, for somebody to release."""

import argparse
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path

from infra.local import lab as labs
from infra.local import promote, rollout, stage
from infra.local.lab import Lab
from infra.local.processes import Part, memory

_RATE = 50  # requests per second: without any, no metric has a value


def main() -> None:
    """Runs the lab until SIGTERM or Ctrl-C."""
    options = argparse.ArgumentParser(prog="python -m infra.local.playground", description=__doc__)
    labs.choose(options)
    given = options.parse_args()
    begun = time.monotonic()
    print("Starting the lab …", flush=True)
    with labs.stopped_by_signals(), _lab(given) as lab:
        with stage.observed(lab) as seen:
            stage.bring(lab, seen)
        lab.processes.start(_load(lab))
        print(f"It runs, after {time.monotonic() - begun:.1f} s, in {memory():.0f} MB.\n")
        print(directions(lab), flush=True)
        while True:
            time.sleep(1)
            lab.processes.check()


def _lab(given: argparse.Namespace) -> AbstractContextManager[Lab]:
    """The lab with what an earlier one left behind."""
    return labs.running(given.state, given.control_plane, labs.Before.KEPT)


def directions(lab: Lab) -> str:
    """What somebody who sits before a running lab wants to copy."""
    promoting = f"{sys.executable} -m infra.local.promote --state {lab.state}"
    return f"""kubeconfig  export KUBECONFIG={lab.kubeconfig}
state       {Path(sys.executable).parent / "kubectl"} -n {promote.NAMESPACE} get canaries -w
webhook     {lab.ports.webhook}
app         curl -i -H 'Host: {rollout.HOST}' http://{lab.ports.gateway}/
logs        {lab.state / "logs"}

The next release, a good one and a bad one:
  {promoting} 1.1.0
  {promoting} 1.2.0-bad
or as a pipeline would send it:
{promote.curl(lab.ports.webhook, lab.secret, "1.1.0")}

Ctrl-C stops everything."""


def _load(lab: Lab) -> Part:
    options = ("--address", lab.ports.gateway, "--host", rollout.HOST, "--rate", str(_RATE))
    return Part("load", (sys.executable, "-m", "infra.local.load", *options), lambda: True)


if __name__ == "__main__":
    main()
