"""The machine, drawn: its table as a Mermaid diagram, and what several phases have in common.

An arrow says what was found and, after the slash, what is done to the status. What changes no phase
in three of them or more stands in a table below; so nothing of the machine is left out.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator

from shared.domain.machine import TRANSITIONS, Act, Phase, Signal

_MANY = 3  # phases in which a signal that changes none gets a row of the table
_CELLS = tuple(
    (phase, signal, after, act)
    for phase, row in TRANSITIONS.items()
    for signal, (after, act) in row.items()
)
_STAYS = Counter((signal, act) for phase, signal, after, act in _CELLS if phase is after)


def diagram() -> str:
    """The arrows: every change of phase, and what is particular to a phase."""
    lines = ("```mermaid", "stateDiagram-v2", f"    [*] --> {_name(Phase.NEW)}", *_arrows(), "```")
    return "\n".join(lines)


def in_common() -> str:
    """What stays in many phases, as a Markdown table."""
    return "\n".join(("| found | done | in |", "|---|---|---|", *_rows()))


def _arrows() -> Iterator[str]:
    """One arrow for each pair of phases; signals with the same act share a line of its text."""
    arrows: dict[tuple[Phase, Phase], dict[Act, list[Signal]]] = {}
    for phase, signal, after, act in _CELLS:
        if not _is_common(phase, signal):
            arrows.setdefault((phase, after), {}).setdefault(act, []).append(signal)
    for (phase, after), acts in arrows.items():
        text = "<br/>".join(f"{' · '.join(signals)} / {act}" for act, signals in acts.items())
        yield f"    {_name(phase)} --> {_name(after)}: {text}"


def _rows() -> Iterator[str]:
    rows: dict[tuple[Signal, Act], list[Phase]] = defaultdict(list)
    for phase, signal, _, act in _CELLS:
        if _is_common(phase, signal):
            rows[signal, act].append(phase)
    for (signal, act), phases in rows.items():
        where = ", ".join(map(_name, phases)) if len(phases) < len(Phase) else "every phase"
        yield f"| {signal} | {act} | {where} |"


def _is_common(phase: Phase, signal: Signal) -> bool:
    after, act = TRANSITIONS[phase][signal]
    return after is phase and _STAYS[signal, act] >= _MANY


def _name(phase: Phase) -> str:
    return phase.value or "New"
