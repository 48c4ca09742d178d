"""The machine, drawn: its table as a Mermaid diagram, and what several phases have in common.

Each text says what was found and, after the slash, what is done to the status. What changes no
phase in three of them or more stands in a table below; so nothing of the machine is left out.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator

from shared.domain.machine import TRANSITIONS, Act, Phase, Signal

_HEAD = (  # with room enough that no text hides another
    '%%{init: {"state": {"nodeSpacing": 100, "rankSpacing": 80}}}%%',
    "stateDiagram-v2",
)
_MANY = 3  # phases in which a signal that changes none gets a row of the table
_CELLS = tuple(
    (phase, signal, after, act)
    for phase, row in TRANSITIONS.items()
    for signal, (after, act) in row.items()
)
_STAYS = Counter((signal, act) for phase, signal, after, act in _CELLS if phase is after)


def diagram() -> str:
    """The phases with what is particular to them, and an arrow for every change of phase."""
    first = f"    [*] --> {_name(Phase.NEW)}"
    return "\n".join(("```mermaid", *_HEAD, *_boxes(), first, *_arrows(), "```"))


def in_common() -> str:
    """What stays in many phases, as a Markdown table."""
    return "\n".join(("| in | |", "|---|---|", *_rows()))


def _boxes() -> Iterator[str]:
    """A phase with nothing of its own needs no box: its arrows name it."""
    for phase in Phase:
        own = tuple(_said(phase, phase))
        yield from (f"    {_name(phase)}: {text}" for text in (_name(phase), *own) if own)


def _arrows() -> Iterator[str]:
    for phase, after in dict.fromkeys((cell[0], cell[2]) for cell in _CELLS):
        if phase is not after:
            yield f"    {_name(phase)} --> {_name(after)}: {'<br/>'.join(_said(phase, after))}"


def _said(phase: Phase, after: Phase) -> Iterator[str]:
    """What leads from one phase to the other; signals with the same act are told in one."""
    acts: dict[Act, list[Signal]] = defaultdict(list)
    for signal, (to, act) in TRANSITIONS[phase].items():
        if to is after and not _is_common(phase, signal):
            acts[act].append(signal)
    for act, signals in acts.items():
        yield f"{' · '.join(signals)} / {act}"


def _rows() -> Iterator[str]:
    """One row for each group of phases."""
    phases: dict[tuple[Signal, Act], list[str]] = defaultdict(list)
    for phase, signal, _, act in _CELLS:
        if _is_common(phase, signal):
            phases[signal, act].append(_name(phase))
    groups: dict[str, list[str]] = defaultdict(list)
    for (signal, act), names in phases.items():
        groups[", ".join(names)].append(f"{signal} / {act}")
    for where, texts in groups.items():
        yield f"| {where} | {'<br/>'.join(texts)} |"


def _is_common(phase: Phase, signal: Signal) -> bool:
    after, act = TRANSITIONS[phase][signal]
    return after is phase and _STAYS[signal, act] >= _MANY


def _name(phase: Phase) -> str:
    return phase.value or "New"
