"""The drawing of the machine: nothing of the table is missing in it, nothing else is there."""

import re

from shared.domain.machine import TRANSITIONS, Act, Phase, Signal
from tests.domain.diagram import diagram, in_common

_NAMES = {phase.value or "New": phase for phase in Phase}


def test_what_is_drawn_is_the_table():
    drawn = dict([*boxes(), *arrows(), *rows()])

    assert drawn == {
        (phase, signal): cell for phase, row in TRANSITIONS.items() for signal, cell in row.items()
    }


def test_the_drawing_fits_on_a_screen():
    assert len(diagram().splitlines()) < 45
    assert len(in_common().splitlines()) < 15


def boxes():
    """The cells that the diagram shows inside of a phase."""
    for phase, text in re.findall(r"^ +(\w+): (.* / .*)$", diagram(), re.MULTILINE):
        yield from cells(phase, phase, text)


def arrows():
    """The cells that the diagram shows between two phases."""
    for phase, after, text in re.findall(r"^ +(\w+) --> (\w+): (.*)$", diagram(), re.MULTILINE):
        for said in text.split("<br/>"):
            yield from cells(phase, after, said)


def rows():
    """The cells that the table shows."""
    for line in in_common().splitlines()[2:]:
        where, texts = line.strip("| ").split(" | ")
        for name in where.split(", "):
            for said in texts.split("<br/>"):
                yield from cells(name, name, said)


def cells(phase, after, said):
    """The cells that one text speaks of."""
    signals, act = said.split(" / ")
    for signal in signals.split(" · "):
        yield (_NAMES[phase], Signal(signal)), (_NAMES[after], Act(act))
