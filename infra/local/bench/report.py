"""The figures as tables."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from rich.box import SIMPLE_HEAD
from rich.table import Table

from infra.local.bench import flagger
from infra.local.bench.fleet import Spread
from infra.local.bench.outside import READS, WRITES, Kind
from infra.local.bench.passes import Cost, Work
from infra.local.bench.starts import Probed

MUST_ANSWER = {"promotion_webhook": 450, "analysis_tick": 1000}  # ms, on a machine of two cores


def passes(work: Work, costs: Mapping[tuple[Spread, int], Cost]) -> Table:
    """The calls of single passes, by kind; kinds of which there are none are left out."""
    kinds = [kind for kind in Kind if any(cost.number([kind]) for cost in costs.values())]
    words = ("namespaces", *(kind.value for kind in kinds), "all", "kB read", "Flagger's")
    table = _table(f"One pass, {_WORDS[work]}: outside calls", *words, first="canaries")
    for (spread, size), cost in costs.items():
        table.add_row(
            f"{size:,}",
            f"{size if spread is Spread.MANY else 1:,}",
            *(_number(cost.number([kind])) for kind in kinds),
            _number(cost.number()),
            f"{cost.size / 1e3:,.0f}",
            _flaggers(work, size),
        )
    table.caption = f"There are no calls of other kinds. {_CAPTIONS[work]}"
    return table


def releases(good: Cost, bad: Cost) -> Table:
    """The calls of whole releases of one canary."""
    table = _table("A whole release of one canary", "good", "bad")
    rows: tuple[tuple[str, Iterable[Kind]], ...] = (
        ("reads of the API server", READS),
        ("writes", WRITES),
        ("queries", [Kind.QUERY]),
        ("events published", [Kind.PUBLISH]),
    )
    table.add_row("passes", str(good.passes), str(bad.passes))
    for name, kinds in rows:
        table.add_row(name, *(_number(cost.number(kinds)) for cost in (good, bad)))
    calls = [*READS, *WRITES]
    table.add_row("calls of the API server", *(str(cost.number(calls)) for cost in (good, bad)))
    table.add_section()
    table.add_row("Flagger's", str(flagger.GOOD_CALLS), str(flagger.BAD_CALLS))
    table.add_row("  writes among them", str(flagger.GOOD_WRITES), "")
    table.add_row("Flagger's queries", str(flagger.GOOD_QUERIES), str(flagger.BAD_QUERIES))
    table.caption = f"{flagger.ORIGIN}."
    return table


def starts(probed: Mapping[str, Probed], answers: Mapping[str, Sequence[float]]) -> Table:
    """Modules and first answers of the functions."""
    columns = ("modules", "first answer, median", "best", "must")
    table = _table("A start: its modules, and the time until a real event is answered", *columns)
    for function, found in probed.items():
        must = MUST_ANSWER.get(function)
        times = answers[function]
        table.add_row(
            function,
            str(len(found.modules)),
            _milliseconds(median(times)),
            _milliseconds(min(times)),
            f"≤ {must} ms" if must else "",
        )
    return table


def memory(peak: float) -> Table:
    """What a tick needs."""
    table = _table("Memory, in a fresh process", "peak", "must")
    name = "a tick over 1,000 idle canaries and 10,000 other Deployments"
    table.add_row(name, f"{peak:.0f} MB", "≤ 150 MB")
    return table


def reactions(scale_ups: Sequence[float], shifts: Sequence[float]) -> Table:
    """How fast a lab reacts."""
    table = _table("In the lab", "median", "worst", "of", "beside it")
    flaggers = f"Flagger's, at an interval of 10 s: {flagger.BEGUN_SECONDS} s"
    rows = (
        ("webhook → target scaled up", scale_ups, flaggers),
        ("weight written → traffic follows", shifts, "goal: 50 ms; must, at worst: 2 s"),
    )
    for name, times, beside in rows:
        figures = (_milliseconds(median(times)), _milliseconds(max(times)), str(len(times)))
        table.add_row(name, *figures, beside)
    table.caption = f"{flagger.ORIGIN}."
    return table


_WORDS = {Work.IDLE: "nothing to do", Work.ACTIVE: "every canary moves a step"}
_CAPTIONS = {
    Work.IDLE: f"{flagger.ORIGIN}: GETs in one interval; at 1,000 its own limits throttle it.",
    Work.ACTIVE: "Flagger 1.44, counted in its source: for each 16 GETs, 3 writes and 2 queries.",
}


def _flaggers(work: Work, size: int) -> str:
    if work is Work.ACTIVE:
        return _number(flagger.STEP_CALLS * size)
    return _number(flagger.IDLE_CALLS.get(size, 0))


def _table(title: str, *columns: str, first: str = "") -> Table:
    table = Table(title=title, box=SIMPLE_HEAD, padding=(0, 0, 0, 1), min_width=len(title) + 2)
    table.title_justify = table.caption_justify = "left"
    table.add_column(first, justify="right" if first else "left", overflow="fold")
    for name in columns:
        table.add_column(name, justify="right", overflow="fold")
    return table


def _number(count: int) -> str:
    return f"{count:,}" if count else "-"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"
