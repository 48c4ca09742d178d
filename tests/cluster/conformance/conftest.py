"""The two servers that are compared: one of each for the whole run."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from infra.local.apiserver import server
from infra.local.controlplane.plane import ADMIN, ControlPlane, User
from tests.cluster.conformance import suite
from tests.cluster.conformance.asking import Address
from tests.cluster.conformance.comparison import Difference

_AT_ONCE = 6  # most of the time probes wait: for a collector, for a watch


@pytest.fixture(scope="session")
def embedded() -> Iterator[Address]:
    """The lab's own API server."""
    running = server.start()
    address = Address(running.url)
    suite.prepare(address)
    yield address
    running.stop()


@pytest.fixture(scope="session")
def real(control_plane: ControlPlane) -> Address:
    """kube-apiserver, with its administrator's token."""
    address = Address(control_plane.url, User(ADMIN).token, control_plane.certificate)
    suite.prepare(address)
    return address


@pytest.fixture(scope="session")
def differences(
    request: pytest.FixtureRequest, embedded: Address, real: Address
) -> Iterator[Mapping[str, Future[list[Difference]]]]:
    """What comes of each probe that is to run; several are put at once."""
    asked = [item.name.partition("[")[2].rstrip("]") for item in request.session.items]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield {
            probe: pool.submit(suite.differences, probe, embedded, real)
            for probe in asked
            if probe in suite.PROBES
        }
        pool.shutdown(cancel_futures=True)
