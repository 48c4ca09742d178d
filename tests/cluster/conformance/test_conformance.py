"""Each probe gets the same answers from both servers, but for the differences that are listed."""

from collections.abc import Mapping
from concurrent.futures import Future

import pytest

from tests.cluster.conformance import known, suite
from tests.cluster.conformance.comparison import Difference

pytestmark = pytest.mark.cluster


@pytest.mark.parametrize("probe", suite.PROBES)
def test_both_servers_answer_alike(
    probe: str, differences: Mapping[str, Future[list[Difference]]]
) -> None:
    found = differences[probe].result()

    assert [str(one) for one in known.unknown(probe, found)] == []
    assert known.gone(probe, found) == [], "listed, but not there any more"
