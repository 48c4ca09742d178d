"""The mesh as the lab runs it: what is written to the API server is what requests meet."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest

from infra.local.apiserver.server import Server as ApiServer
from infra.local.croc_hunter import Behaviour, Server
from infra.local.kube import Kube, Tree
from infra.local.load import Load
from infra.local.processes import Part, Processes
from tests.lab import mesh_objects as objects
from tests.reconcile.kubeconfig import a_kubeconfig

pytestmark = pytest.mark.lab

HOST = "web.example.com"
CORE = "/api/v1/namespaces/shop"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices"
ROUTES = "/apis/networking.istio.io/v1beta1/namespaces/shop/virtualservices"


@dataclass(frozen=True, slots=True)
class Mesh:
    """A mesh that runs, its API server, and the log of what it says."""

    kube: Kube
    ingress: str
    pid: int
    log: Path

    def envoy(self) -> psutil.Process:
        (found,) = psutil.Process(self.pid).children(recursive=True)
        return found

    def ask(self) -> str:
        """The version that answers a request, or the status of a failure."""
        connection = HTTPConnection(self.ingress, timeout=5)
        connection.request("GET", "/", headers={"Host": HOST})
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.getheader("x-version", str(response.status))

    def route(self, route: Tree) -> None:
        self.kube.patch(f"{ROUTES}/web", {"spec": {"http": [route]}})


@pytest.fixture
def mesh(apiserver: ApiServer, tmp_path: Path) -> Iterator[Mesh]:
    """With a Service web-primary of version 1 and web-canary of version 2, all on the first."""
    kube = Kube(apiserver.url)
    kube.create("/api/v1/namespaces", {"metadata": {"name": "shop"}})
    servers = Server(Behaviour("1")), Server(Behaviour("2"))
    for number, (name, server) in enumerate(
        zip(("web-primary", "web-canary"), servers, strict=True)
    ):
        server.start()
        ip = f"192.0.2.{number + 1}"
        kube.create(f"{CORE}/services", objects.service(name))
        pod = objects.pod(name, ip, server.address)
        kube.create(f"{CORE}/pods", pod)
        kube.patch(f"{CORE}/pods/{name}/status", {"status": pod["status"]})
        kube.create(SLICES, objects.slice_of(name, ip))
    kube.create(ROUTES, objects.virtual_service(objects.split(100, 0), hosts=(HOST,)))
    processes = Processes(tmp_path / "logs")
    ready = tmp_path / "mesh.json"
    kubeconfig = a_kubeconfig(tmp_path / "kubeconfig", apiserver.url)
    command = (sys.executable, "-m", "infra.local.mesh")
    options = ("--kubeconfig", kubeconfig, "--state", str(tmp_path))
    processes.start(Part("mesh", (*command, *options), ready.exists))
    processes.wait(20)
    ingress = json.loads(ready.read_text())["ingress"]
    yield Mesh(kube, ingress, processes.pids()["mesh"], tmp_path / "logs" / "mesh.log")
    processes.stop()
    for server in servers:
        server.stop()
    kube.close()


def seconds_until(happens: Callable[[], bool]) -> float:
    begun = time.monotonic()
    while not happens():
        assert time.monotonic() - begun < 5
        time.sleep(0.002)
    return time.monotonic() - begun


def test_a_written_weight_is_live_within_two_seconds_without_a_lost_request(mesh: Mesh):
    load = Load(mesh.ingress, HOST, rate=100)
    load.start()
    seconds = []
    for _ in range(5):
        mesh.route(objects.split(0, 100))
        seconds.append(seconds_until(lambda: mesh.ask() == "2"))
        mesh.route(objects.split(100, 0))
        seconds.append(seconds_until(lambda: mesh.ask() == "1"))
    load.stop()

    assert max(seconds) < 2
    assert load.snapshot().failures == ()
    assert mesh.ask() == "1"


def test_a_deleted_pod_gets_no_more_requests(mesh: Mesh):
    mesh.route(objects.split(0, 100))
    seconds_until(lambda: mesh.ask() == "2")

    mesh.kube.delete(f"{CORE}/pods/web-canary")

    assert seconds_until(lambda: mesh.ask() == "503") < 2


def test_a_wrong_virtual_service_leaves_the_last_good_one_in_force(mesh: Mesh):
    mesh.route(objects.split(0, 0))
    seconds_until(lambda: "total destination weight = 0" in mesh.log.read_text())

    assert mesh.ask() == "1"
    mesh.route(objects.split(0, 100))
    assert seconds_until(lambda: mesh.ask() == "2") < 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_envoy_ends_with_the_mesh(mesh: Mesh, number: signal.Signals):
    envoy = mesh.envoy()

    os.kill(mesh.pid, number)

    assert seconds_until(lambda: not envoy.is_running() or envoy.status() == "zombie") < 5
