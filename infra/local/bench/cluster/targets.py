"""What is to be reached, and what others were measured at, on a kube-apiserver of the same version.

Istio, 5 steps of 10 up to 50, two builtin metrics. Spillway with a beat of 1 s and a drain of 10 s.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Target:
    """One figure: what it is of, what Flagger 1.44 and Argo Rollouts 1.10-rc need, and the most."""

    name: str
    flagger: str
    argo: str
    most: float
    unit: str = ""


GOOD_CALLS = Target("good release, API calls each of 100 at once", "180", "78", 54)
GOOD_WRITES = Target("  writes among them", "28", "76", 46)
BAD_CALLS = Target("bad release, API calls each of 100 at once", "148", "69", 45)
QUERIES = Target("metric queries each of 100", "10", "12.8", 1)
REACTION = Target("promotion → new version scaled up, p50", "up to 10 s", "0.4 s", 0.3, "s")
MOVED = Target("one good release, 5 × 10 s: all traffic moved", "79 s", "49.7 s", 58, "s")
DONE = Target("  finished", "89.6 s", "79.7 s", 70, "s")
ALL_DONE = Target("100 good ones at once, 5 × 15 s: the last done", "142 s", "94 s", 95, "s")
CPU = Target("  processor time of the functions", "10 s", "26 s", 15, "s")
IDLE = Target("1,000 idle, calls a minute each", "8.9", "0.03", 0.002)
_HELD = (
    "Memory that 1,000 idle canaries hold: Flagger 122 MiB, Argo 185 MiB. Spillway has no process "
    "between sweeps where the platform scales to none: that is not measured here."
)


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured of a target."""

    target: Target
    found: float

    @property
    def reached(self) -> bool:
        """Whether it is at most the target, in as many digits as are shown."""
        return float(_digits(self.found)) <= self.target.most


def table(figures: Iterable[Figure]) -> Table:
    """The figures beside those of others."""
    made = Table(title="Spillway beside others", box=SIMPLE_HEAD, title_justify="left")
    made.add_column("figure")
    for name in ("Flagger", "Argo", "Spillway", "target", ""):
        made.add_column(name, justify="right")
    made.caption, made.caption_justify = _HELD, "left"
    for figure in figures:
        target = figure.target
        found, most = (f"{_digits(n)} {target.unit}".strip() for n in (figure.found, target.most))
        reached = "reached" if figure.reached else "[bold]missed[/]"
        made.add_row(target.name, target.flagger, target.argo, found, f"≤ {most}", reached)
    return made


def _digits(number: float) -> str:
    """Three digits, or as many as a whole number has."""
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"
