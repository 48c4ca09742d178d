"""Calls by verb and resource, as tables."""

from collections.abc import Callable, Mapping

from rich.box import SIMPLE_HEAD
from rich.table import Table

from infra.local.bench import flagger
from infra.local.bench.cluster.measures import Release, Use


def idle(sweeps: Mapping[int, Use]) -> Table:
    """Sweeps over canaries at rest."""
    table = _table("One sweep with nothing to do: calls of all canaries", "canaries")
    kinds = sorted({kind for use in sweeps.values() for kind in use.calls})
    for verb, resource in kinds:
        table.add_column(f"{verb} {resource}", justify="right", overflow="fold")
    for name in ("all", "kB read", "CPU s", "peak MB", "Flagger's"):
        table.add_column(name, justify="right")
    for size, use in sweeps.items():
        table.add_row(
            f"{size:,}",
            *(str(use.calls[kind]) for kind in kinds),
            str(use.calls.total()),
            f"{use.answered / 1e3:,.0f}",
            f"{use.cpu:.2f}",
            f"{use.peak:.0f}",
            f"{flagger.IDLE_CALLS[size]:,}",
        )
    table.caption = f"{flagger.ORIGIN}: in one interval."
    return table


def releases(found: Mapping[str, Release]) -> Table:
    """Calls each, of whole releases of some at once."""
    table = _table("Whole releases: calls of each canary", "call")
    for name in found:
        table.add_column(name, justify="right")
    for kind in sorted({kind for one in found.values() for kind in one.use.calls}):
        shares = (one.each(one.use.calls[kind]) for one in found.values())
        table.add_row(" ".join(kind), *(f"{share:.2f}" for share in shares))
    table.add_section()
    rows: dict[str, Callable[[Release], str]] = {
        "all": lambda one: f"{one.each(one.use.calls.total()):.1f}",
        "writes": lambda one: f"{one.each(one.use.writes):.1f}",
        "metric queries": lambda one: f"{one.each(one.use.queries):.2f}",
        "kB sent": lambda one: f"{one.each(one.use.sent) / 1e3:,.0f}",
        "kB answered": lambda one: f"{one.each(one.use.answered) / 1e3:,.0f}",
        "CPU ms": lambda one: f"{one.each(one.use.cpu) * 1e3:,.0f}",
        "peak MB, all four functions": lambda one: f"{one.use.peak:,.0f}",
        "the last done, s": lambda one: f"{one.done:.1f}",
    }
    for name, shown in rows.items():
        table.add_row(name, *(shown(one) for one in found.values()))
    return table


def _table(title: str, first: str) -> Table:
    table = Table(title=title, box=SIMPLE_HEAD, padding=(0, 0, 0, 1), min_width=len(title) + 2)
    table.title_justify = table.caption_justify = "left"
    table.add_column(first)
    return table
