"""The drawing of the machine: nothing of the table is missing in it, nothing else is there."""

import re

from shared.domain.machine import TRANSITIONS, Act, Phase, Signal
from tests.domain.diagram import diagram, in_common

_NAMES = {phase.value or "New": phase for phase in Phase}


def test_the_arrows_and_the_rows_are_the_table():
    drawn = dict([*arrows(), *rows()])

    assert drawn == {
        (phase, signal): cell for phase, row in TRANSITIONS.items() for signal, cell in row.items()
    }


def test_the_drawing_fits_on_a_screen():
    assert len(diagram().splitlines()) < 30
    assert len(in_common().splitlines()) < 15


def arrows():
    """The cells that the diagram shows."""
    for phase, after, text in re.findall(r" (\w+) --> (\w+): (.*)", diagram()):
        for said in text.split("<br/>"):
            signals, act = said.split(" / ")
            for signal in signals.split(" · "):
                yield (_NAMES[phase], Signal(signal)), (_NAMES[after], Act(act))


def rows():
    """The cells that the table shows."""
    for line in in_common().splitlines()[2:]:
        signal, act, where = line.strip("| ").split(" | ")
        for name in _NAMES if where == "every phase" else where.split(", "):
            yield (_NAMES[name], Signal(signal)), (_NAMES[name], Act(act))
