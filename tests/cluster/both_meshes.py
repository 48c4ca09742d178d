"""Istio's own control plane and the lab's translator, told of the same objects."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local import apply
from infra.local.controlplane.plane import ControlPlane
from infra.local.croc_hunter import Behaviour, Server
from infra.local.istiod import __main__ as istiod
from infra.local.istiod import discovery
from infra.local.istiod.entries import Entries, entries
from infra.local.kube import Kube, Tree
from infra.local.mesh import envoy, view
from infra.local.mesh.envoy import Envoy
from infra.local.mesh.view import View
from infra.local.processes import Processes, free_ports
from shared.domain import manifest, routes, services, workload
from shared.domain.canary import CanarySpec
from shared.domain.ownership import Owner
from shared.domain.routes import Share
from tests.cluster import envoy_dump
from tests.cluster.route_shapes import SHAPES, Shape
from tests.cluster.sidecar import bootstrap

NAMESPACE = "meshes"
CORE = f"/api/v1/namespaces/{NAMESPACE}"
ROUTES = f"/apis/networking.istio.io/v1beta1/namespaces/{NAMESPACE}/virtualservices"
PORT = 80
_SECONDS = 20.0
_PODS = {"web": "2", "web-primary": "1", "idle-primary": "1"}  # versions, by the label app


@dataclass(frozen=True, slots=True)
class Both:
    """The admin addresses of three Envoys: two of istiod's, one of the translator's."""

    kube: Kube
    gateway: str
    sidecar: str
    ours: str
    ingress: str
    envoy: Envoy  # of the translator

    def translate(self) -> None:
        """Brings it up to date."""
        self.envoy.apply(View().documents(_found(self.kube)))

    def rules(self, shape: Shape, *rules: Tree) -> None:
        """Writes other rules, as somebody else may have."""
        self.kube.patch(f"{ROUTES}/{shape.name}", {"spec": {"http": list(rules)}})

    def route(self, shape: Shape, weight: int) -> None:
        """Writes another weight, as Spillway does: the whole route anew. Istio sees for itself."""
        seen = self.kube.get(f"{ROUTES}/{shape.name}") or {}
        shares = _shares(shape, weight)
        self.kube.replace(f"{ROUTES}/{shape.name}", dict(routes.reweighted(seen, shares)))
        self.translate()


@contextmanager
def both_meshes(plane: ControlPlane, kube: Kube, folder: Path) -> Iterator[Both]:
    """Every shape of route, seen by both, for as long as the block lasts."""
    ingress, gateway, sidecar, own = free_ports(4)
    with ExitStack() as undo:
        _bring(kube, ingress)
        pods = [_pod(kube, undo, number, app) for number, app in enumerate(_PODS, start=1)]
        for shape in SHAPES:
            _install(kube, shape)
        Entries(kube).bring(entries(pods, kube.list(f"{CORE}/services")[0]))
        processes = Processes(folder / "logs")
        undo.callback(processes.stop)
        _start(plane.kubeconfig(), folder, processes, gateway, sidecar)
        ours = Envoy(folder / "ours", admin=own)
        undo.callback(ours.stop)
        ours.start()
        both = Both(
            kube=kube,
            gateway=f"127.0.0.1:{gateway}",
            sidecar=f"127.0.0.1:{sidecar}",
            ours=f"127.0.0.1:{own}",
            ingress=f"127.0.0.1:{ingress}",
            envoy=ours,
        )
        _wait(lambda: _is_complete(both))
        both.translate()
        yield both


def _bring(kube: Kube, ingress: int) -> None:
    """A node, a namespace, and a Gateway on loopback."""
    for name in (discovery.NAMESPACE, NAMESPACE):
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        apply.bring(kube, space)
    apply.bring(kube, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "lab"}})
    port = {"number": ingress, "name": "http", "protocol": "HTTP"}
    gateway = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"namespace": discovery.NAMESPACE, "name": "public"},
        "spec": {
            "selector": discovery.GATEWAY,
            "servers": [{"port": port, "bind": "127.0.0.1", "hosts": ["*"]}],
        },
    }
    apply.bring(kube, gateway)
    _wait(lambda: kube.get(f"{CORE}/serviceaccounts/default") is not None)


def _pod(kube: Kube, undo: ExitStack, number: int, app: str) -> Tree:
    """One that is ready: behind its address of nobody's a server listens."""
    server = Server(Behaviour(_PODS[app]))
    server.start()
    undo.callback(server.stop)
    container = {"name": "app", "image": "croc-hunter:1"}
    port = {"name": "http", "containerPort": 8080}
    pod = {
        "metadata": {
            "name": app,
            "labels": {"app": app},
            "annotations": {"lab.spillway.dev/address": server.address},
        },
        "spec": {"nodeName": "lab", "containers": [{**container, "ports": [port]}]},
    }
    kube.create(f"{CORE}/pods", pod)
    ip = f"192.0.2.{number}"
    conditions = [{"type": "Ready", "status": "True"}]
    status = {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}], "conditions": conditions}
    return kube.patch(f"{CORE}/pods/{app}/status", {"status": status})


def _install(kube: Kube, shape: Shape) -> None:
    """What Spillway makes of a canary: Services, DestinationRules, a route."""
    made = kube.create(
        f"/apis/flagger.app/v1beta1/namespaces/{NAMESPACE}/canaries",
        {
            "apiVersion": "flagger.app/v1beta1",
            "kind": "Canary",
            "metadata": {"name": shape.name},
            "spec": {
                "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": shape.name},
                "service": {"port": PORT, "targetPort": 8080, **shape.service},
                "analysis": {"interval": "1m", "threshold": 5, "maxWeight": 50, "stepWeight": 10},
            },
        },
    )
    spec, owner = manifest.parse(made), Owner(NAMESPACE, shape.name, made["metadata"]["uid"])
    assert isinstance(spec, CanarySpec), spec
    for obj in (
        *services.services(spec.service, workload.from_object(_deployment(shape)), owner),
        *routes.destination_rules(spec, owner),
        routes.virtual_service(spec, owner, _shares(shape, shape.weight)),
    ):
        apply.create(kube, dict(obj))


def _deployment(shape: Shape) -> Tree:
    """The target, of which the Services take the label, and its further ports where asked."""
    ports = [{"name": "http", "containerPort": 8080}, {"name": "more", "containerPort": 9090}]
    template = {"spec": {"containers": [{"name": "app", "image": "a:1", "ports": ports}]}}
    spec = {"selector": {"matchLabels": {"app": shape.app}}, "template": template}
    return {"metadata": {"name": shape.name, "namespace": NAMESPACE}, "spec": spec}


def _shares(shape: Shape, weight: int) -> tuple[Share, Share]:
    primary, canary = f"{shape.name}-primary", f"{shape.name}-canary"
    return Share(primary, 100 - weight), Share(canary, weight)


def _start(
    kubeconfig: Path, folder: Path, processes: Processes, gateway: int, sidecar: int
) -> None:
    """istiod, and an Envoy of each kind."""
    (folder / "mesh").mkdir()
    grpc = istiod.start(kubeconfig, folder / "mesh", gateway, processes)
    config = folder / "mesh" / "sidecar.json"
    config.write_text(json.dumps(bootstrap(sidecar, grpc, PORT)))
    part = envoy.part(config, f"127.0.0.1:{sidecar}")
    processes.start(part)
    processes.wait(_SECONDS)


def _found(kube: Kube) -> Mapping[str, Sequence[Tree]]:
    """What the translator reads, of this namespace: other tests have routes, too."""
    return {
        path: [obj for obj in kube.list(path)[0] if obj["metadata"]["namespace"] == NAMESPACE]
        for path in view.PATHS
    }


def _is_complete(both: Both) -> bool:
    """Whether each side has all there is: a slice for each Service with pods, a route each."""
    slices, _ = both.kube.list(f"/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices")
    with_pods = [one for one in slices if one.get("endpoints")]
    canaries = sum(shape.app == "web" for shape in SHAPES)
    gateway, sidecar = envoy_dump.routes(both.gateway), envoy_dump.routes(both.sidecar)
    names = {name for one in SHAPES for name in (one.name, f"{one.name}-primary")}
    return (
        len(with_pods) == 2 * len(SHAPES) + canaries
        and all(gateway.of(shape.host) for shape in SHAPES if shape.is_called_from_without)
        and all(sidecar.of(f"{name}.{NAMESPACE}.svc.cluster.local") for name in names)
    )


def _wait(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + _SECONDS
    while not holds():
        assert time.monotonic() < ends, "not in time"
        time.sleep(0.05)
