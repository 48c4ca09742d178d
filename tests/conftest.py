"""For all tests: no network but where a marker says so, and an API server for those that ask."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from infra.local.apiserver import server
from infra.local.apiserver.server import Server
from infra.local.apiserver.trees import Tree, copied

_INFRA = Path(__file__).parent.parent / "infra"
_CRDS = (_INFRA / "crds", _INFRA / "local" / "crds")
_ON_LOOPBACK = ("loopback", "lab", "cluster")
_LONG = (  # the longest first, one for each process; the next has to wait for the first of them
    "lab/test_real_time.py",
    "lab/test_rollouts.py",
    "lab/test_lab.py",
    "lab/test_lab_again.py",
    "infra/test_alerts.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sockets: none for a test without a marker, 127.0.0.1 only for the others. And none is to
    begin with what is long when the others are done.
    """
    order = {name: number for number, name in enumerate(_LONG)}
    items.sort(key=lambda item: order.get("/".join(item.path.parts[-2:]), len(order)))
    for item in items:
        if any(item.get_closest_marker(name) for name in _ON_LOOPBACK):
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1"]))
        else:
            item.add_marker(pytest.mark.disable_socket)


@pytest.fixture
def apiserver() -> Iterator[Server]:
    """A fresh API server with the kinds of the product and of the lab."""
    with an_apiserver() as running:
        yield running


@contextmanager
def an_apiserver() -> Iterator[Server]:
    """The same, for as long as the block lasts."""
    running = server.start()
    try:
        running.install([copied(manifest) for manifest in _definitions()])
        yield running
    finally:
        running.stop()


@cache
def _definitions() -> tuple[Tree, ...]:
    return tuple(
        manifest
        for folder in _CRDS
        for manifest in server.manifests(folder)
        if manifest["kind"] == "CustomResourceDefinition"
    )
