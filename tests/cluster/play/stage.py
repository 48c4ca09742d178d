"""Everything around the rollouts of a play: functions, bus, clock, metrics, kubelet, and a witness.

The functions are real servers, the Prometheus is real, the bus and the clock are the lab's: what a
function publishes goes on to the others, and the beat is the PingSource that the functions make.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from infra.local import broker, clock
from infra.local.controlplane.kubelet import a_kubelet
from infra.local.informed import See, informed
from infra.local.kube import Informed, Kube
from infra.local.processes import free_ports
from infra.local.watching import CANARIES, ROUTES
from tests.cluster.plane import SYSTEM
from tests.cluster.play.bus import subscribe
from tests.cluster.play.functions import Functions, functions
from tests.cluster.play.metrics import Metrics, metrics
from tests.cluster.play.servers import Server
from tests.cluster.play.traffic import Traffic, exposed
from tests.cluster.play.witness import Witness

_BEAT = f"/apis/sources.knative.dev/v1/namespaces/{SYSTEM}/pingsources/spillway-beat"
_DEPLOYMENTS = "/apis/apps/v1/deployments"


@dataclass(frozen=True, slots=True)
class Stage:
    """Where it all runs, and the ways in."""

    kube: Kube
    functions: Functions
    bus: broker.Broker
    address: str  # of the bus
    witness: Witness
    traffic: Traffic
    flickering: Metrics  # a second Prometheus: the one that is stopped for a while

    def beats(self) -> bool:
        """Whether some canary waits for its next tick."""
        return self.kube.get(_BEAT) is not None


@contextmanager
def a_stage(server: Server) -> Iterator[Stage]:
    """All of it, for as long as the block lasts."""
    with ExitStack() as stack:
        kube = server.kube()
        stack.callback(kube.close)
        traffic, witness, bus = Traffic(), Witness(), broker.Broker()
        steady, flickering = _both_metrics(server, stack.enter_context(exposed(traffic)), stack)
        address = stack.enter_context(broker.serving(bus))
        running = stack.enter_context(functions(server, address, steady.url))
        followed: Mapping[str, See] = {
            CANARIES: witness.see_canaries,
            ROUTES: _each(witness.see_routes, traffic.see_routes),
            _DEPLOYMENTS: traffic.see_workloads,
            broker.TRIGGERS: lambda store: broker.subscribe(bus, store),
            clock.PING_SOURCES: stack.enter_context(clock.running(address)),
        }
        stack.enter_context(informed(kube, followed))
        stack.enter_context(a_kubelet(kube))
        subscribe(kube, running.addresses)
        for one in (steady, flickering):
            one.wait_until_they_flow()
        yield Stage(kube, running, bus, address, witness, traffic, flickering)


def _both_metrics(server: Server, scraped: str, stack: ExitStack) -> list[Metrics]:
    ports = free_ports(2)
    both = [metrics(server.folder / f"metrics-{port}", scraped, port) for port in ports]
    for one in both:
        stack.callback(one.stop)
        one.start()
    return both


def _each(*seers: See) -> See:
    """Shows a change to everybody who wants to see it."""

    def see(store: Informed) -> None:
        for one in seers:
            one(store)

    return see
