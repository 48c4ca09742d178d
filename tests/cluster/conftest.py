"""One real control plane for all tests of a run; each test takes a namespace of its own.

And one without controllers, for the tests in which nobody but the test is to write.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from infra.local.apply import create
from infra.local.controlplane.plane import ControlPlane
from infra.local.kube import Kube, connected
from shared.adapters.cluster import Cluster
from tests.cluster.etcd import Etcd
from tests.cluster.lockstep import Shop
from tests.cluster.plane import a_bare_plane, a_control_plane
from tests.cluster.play.playing import Play, play
from tests.cluster.play.scenarios import SCENARIOS
from tests.cluster.play.servers import CLUSTER_WIDE, EMBEDDED, NAMESPACED

_numbers = itertools.count()

_EVERY_CALL_SECONDS = 3000
_GROUPS = {  # what shares what it starts, by file or folder; all others are one more
    "test_scenarios": "plays",
    "test_grants": "plays",
    "test_stops": "stops",
    "test_stalled": "stops",
    "test_races": "races",
    "test_defaulting": "defaulting",
    "infra": "infra",
}
_LONG = ("plays", "stops", "infra", "others", "races", "defaulting")  # the longest first


class ByPlane(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Where some processes share the tests out: those stay with one that need the same control
    plane, or look at the same plays. With --every-call each test is long enough to be on its own.
    """

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if is_whole(self.config) else group(nodeid)


def group(nodeid: str) -> str:
    """Tests of one group share what they need."""
    parts = Path(nodeid.partition("::")[0]).with_suffix("").parts
    return next((_GROUPS[part] for part in parts if part in _GROUPS), "others")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-call",
        action="store_true",
        help="the stop and the race test, not a share of them, on a real API server",
    )


def is_whole(config: pytest.Config) -> bool:
    """Whether that was asked for; where pytest was not started on this folder nobody could."""
    return bool(config.getoption("every_call", default=False))


@pytest.fixture
def every_call(pytestconfig: pytest.Config) -> bool:
    """Whether the program is stopped at every call, and every race is run."""
    return is_whole(pytestconfig)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByPlane:
    return ByPlane(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """None is to begin with what is long when the others are done."""
    if is_whole(config):
        for item in items:
            item.add_marker(pytest.mark.timeout(_EVERY_CALL_SECONDS), append=False)
    items.sort(key=lambda item: _LONG.index(group(item.nodeid)))


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """One that runs for as long as the tests do."""
    with a_control_plane(tmp_path_factory.mktemp("plane")) as running:
        yield running


@pytest.fixture(scope="session")
def bare_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """etcd and kube-apiserver with the kinds that a rollout needs, and nobody who reconciles."""
    with a_bare_plane(tmp_path_factory.mktemp("bare")) as running:
        yield running


@pytest.fixture(scope="session")
def shop(bare_plane: ControlPlane) -> Shop:
    """A namespace there that can be set back."""
    cluster = Cluster(str(bare_plane.kubeconfig()))
    cluster.create("/api/v1/namespaces", {"metadata": {"name": "shop"}})
    etcd = Etcd(bare_plane.etcd, "shop")
    return Shop(cluster, etcd, etcd.keep())


@pytest.fixture
def kube(control_plane: ControlPlane) -> Iterator[Kube]:
    """The control plane as its administrator sees it."""
    client = connected(control_plane.kubeconfig())
    yield client
    client.close()


@pytest.fixture
def cluster(control_plane: ControlPlane) -> Cluster:
    """The same through the product's own client."""
    return Cluster(str(control_plane.kubeconfig()))


@pytest.fixture
def namespace(kube: Kube) -> str:
    """A new one."""
    name = f"shop{next(_numbers)}"
    create(kube, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return name


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """All scenarios, played once for all tests on the lab's API server."""
    return play(EMBEDDED, tmp_path_factory.mktemp(EMBEDDED), SCENARIOS)


@pytest.fixture(scope="session")
def cluster_wide(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """The same on a real one, by an installation with rights in all namespaces."""
    return play(CLUSTER_WIDE, tmp_path_factory.mktemp(CLUSTER_WIDE), SCENARIOS)


@pytest.fixture(scope="session")
def namespaced(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """The same on a real one, by an installation with rights in the namespaces of the play."""
    return play(NAMESPACED, tmp_path_factory.mktemp(NAMESPACED), SCENARIOS)
