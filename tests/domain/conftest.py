"""What the tests of the machine share."""

import pytest

from tests.domain.walks import Found, walk_all


@pytest.fixture(scope="session")
def walks() -> dict[str, Found]:
    """Every status and edge of the machine, walked once for all tests."""
    return walk_all()
