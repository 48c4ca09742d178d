"""What somebody sees of a rollout: a live screen, or plain lines where there is no terminal."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

_MESSAGES = 8  # the latest, on the screen
_BAR = 30  # characters that stand for the whole traffic
_COLOURS = {"Succeeded": "green", "Initialized": "green", "Failed": "red"}


@dataclass(frozen=True, slots=True)
class Frame:
    """One moment of a rollout."""

    title: str
    seconds: float
    phase: str
    weight: int
    failed_checks: int
    checks_allowed: int
    success: float | None  # percent, of the canary
    wanted: float
    versions: Mapping[str, int]
    failed: int
    messages: tuple[str, ...]


class View(Protocol):
    """A place to show things."""

    def say(self, text: str) -> None:
        """Shows something that stays."""

    def show(self, frame: Frame) -> None:
        """Shows what goes on now."""


@contextmanager
def opened(console: Console) -> Iterator[View]:
    """The view that fits: a screen on a terminal, else lines."""
    if not console.is_terminal:
        yield Lines(console)
        return
    with Live(console=console, refresh_per_second=5) as live:
        yield Screen(live)


class Lines:
    """Tells what is new, a line each."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: tuple[str, int] = ("", 0)
        self._told = 0

    def say(self, text: str) -> None:
        """Prints it."""
        self._print(text)

    def show(self, frame: Frame) -> None:
        """Prints each new message, and each change of phase or weight."""
        for message in frame.messages[self._told :]:
            self._print(f"{frame.seconds:5.1f} s  | {message}")
        self._told = len(frame.messages)
        if (frame.phase, frame.weight) != self._shown:
            self._shown = (frame.phase, frame.weight)
            self._print(f"{frame.seconds:5.1f} s  {_summary(frame)}")

    def _print(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


class Screen:
    """A panel that is drawn anew; what is said stands above it."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def say(self, text: str) -> None:
        """Prints it above the panel."""
        self._live.console.print(text, highlight=False, markup=False)

    def show(self, frame: Frame) -> None:
        """Draws the moment."""
        self._live.update(panel(frame))


def panel(frame: Frame) -> Panel:
    """A moment as the screen shows it."""
    table = Table.grid(padding=(0, 2))
    table.add_row("phase", Text(frame.phase or "-", style=_COLOURS.get(frame.phase, "yellow")))
    table.add_row("traffic", _bar(frame.weight))
    table.add_row("success rate", _metric(frame))
    table.add_row("failed checks", f"{frame.failed_checks} of {frame.checks_allowed}")
    table.add_row("requests", _requests(frame))
    told: list[RenderableType] = [Text(f"· {text}") for text in frame.messages[-_MESSAGES:]]
    body = Group(table, Text(), *told)
    return Panel(body, title=f"{frame.title}  {frame.seconds:.0f} s", title_align="left")


def _bar(weight: int) -> Text:
    canary = round(_BAR * weight / 100)
    bar = Text("█" * (_BAR - canary), style="blue") + Text("█" * canary, style="magenta")
    return bar + Text(f"  primary {100 - weight} %, canary {weight} %")


def _metric(frame: Frame) -> Text:
    if frame.success is None:
        return Text(f"- (wanted {frame.wanted:g} %)")
    style = "green" if frame.success >= frame.wanted else "red"
    return Text(f"{frame.success:.1f} % (wanted {frame.wanted:g} %)", style=style)


def _requests(frame: Frame) -> str:
    counts = ", ".join(f"{name or 'none'} {n}" for name, n in sorted(frame.versions.items()))
    return f"{counts or 'none'}; failed {frame.failed}"


def _summary(frame: Frame) -> str:
    return (
        f"{frame.phase}, primary {100 - frame.weight} %, canary {frame.weight} %, "
        f"success rate {_metric(frame).plain}, failed checks {frame.failed_checks} of "
        f"{frame.checks_allowed}, requests {_requests(frame)}"
    )
