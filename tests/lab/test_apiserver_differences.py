"""docs/lab.md lists the known differences from a real API server, all of them and no others."""

from pathlib import Path

from tests.cluster.conformance import suite
from tests.cluster.conformance.known import KNOWN

_PAGE = Path(__file__).parents[2] / "docs" / "lab.md"


def test_the_page_lists_every_known_difference_with_its_reason():
    page = _PAGE.read_text()
    table = page.split("<!-- differences -->")[1].split("<!-- end of differences -->")[0]

    rows = [f"| {known.what} | {known.why} |" for known in KNOWN]

    assert table.strip().splitlines()[2:] == rows


def test_every_listed_place_is_that_of_a_probe():
    named = {probe for known in KNOWN for probe, _ in known.places}

    assert named <= set(suite.PROBES)


def test_there_are_enough_probes():
    assert len(suite.PROBES) >= 250
