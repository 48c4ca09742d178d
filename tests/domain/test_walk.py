"""The whole machine: every status it can be in, under every observation, keeps the invariants."""

import pytest

from shared.domain.machine import TRANSITIONS
from tests.domain.walks import SPECS, Found

pytestmark = [pytest.mark.walk, pytest.mark.timeout(900)]


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in SPECS])
def test_every_edge_keeps_every_invariant(
    walks: dict[str, Found], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = walks[name]

    with capsys.disabled():
        print(f"\n{name}: {found.states} states, {found.edges} edges")

    assert not found.broken, f"{found.broken}\n{found.examples}"
    assert found.states > 100


def test_every_cell_of_the_table_is_reached_and_no_other(walks: dict[str, Found]) -> None:
    written = {(phase, signal) for phase, row in TRANSITIONS.items() for signal in row}

    reached = set().union(*(found.cells for found in walks.values()))

    assert reached == written
