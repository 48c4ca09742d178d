"""Who answers for a Service: the ready pods behind it, and the workload that is judged for them.

The workload of a Service is the Deployment whose pods its selector takes, also while there are
none: so requests for a canary without pods are failures of the canary. Where several Deployments
fit, the first by name stands for all; where none does, the Service itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from infra.local.mesh.istio import DestinationRule, full_host
from shared.domain import fields
from shared.domain.fields import Object

ADDRESS = "lab.spillway.dev/address"  # where the process of a pod really listens
_SERVICE = "kubernetes.io/service-name"


@dataclass(frozen=True, slots=True)
class Backend:
    """One port of a Service."""

    namespace: str
    service: str
    port: int
    workload: str
    addresses: tuple[str, ...] = ()  # host:port each
    balancing: str = "LEAST_REQUEST"

    @property
    def host(self) -> str:
        """The whole name of the Service."""
        return full_host(self.service, self.namespace)


@dataclass(frozen=True, slots=True)
class Seen:
    """The objects that backends are made from."""

    services: Sequence[Object] = ()
    endpoint_slices: Sequence[Object] = ()
    pods: Sequence[Object] = ()
    deployments: Sequence[Object] = ()


def backends(seen: Seen, rules: Sequence[DestinationRule]) -> tuple[Backend, ...]:
    """Every port of every Service, in the order of their names."""
    listening = dict(_listening(seen.pods))
    balancing = {rule.host: rule.balancing for rule in reversed(rules)}
    found = (
        Backend(
            namespace=_namespace(service),
            service=_name(service),
            port=fields.whole(port, "port"),
            workload=workload_of(service, seen.deployments),
            addresses=_addresses(service, port, seen.endpoint_slices, listening),
            balancing=balancing.get(
                full_host(_name(service), _namespace(service)), "LEAST_REQUEST"
            ),
        )
        for service in seen.services
        for port in fields.objects(service, "spec", "ports")
    )
    return tuple(sorted(found, key=lambda backend: (backend.namespace, backend.service)))


def workload_of(service: Object, deployments: Sequence[Object]) -> str:
    """The name of the workload that stands behind a Service."""
    selector = fields.pairs(service, "spec", "selector").items()
    fitting = [
        _name(deployment)
        for deployment in deployments
        if selector
        and _namespace(deployment) == _namespace(service)
        and selector <= fields.pairs(deployment, "spec", "template", "metadata", "labels").items()
    ]
    return min(fitting, default=_name(service))


def _listening(pods: Sequence[Object]) -> Iterator[tuple[str, str]]:
    """The pods' addresses and where their processes listen, without the pods that go."""
    for pod in pods:
        address = fields.text(pod, "metadata", "annotations", ADDRESS)
        if address and not fields.text(pod, "metadata", "deletionTimestamp"):
            yield fields.text(pod, "status", "podIP"), address


def _addresses(
    service: Object, port: Object, slices: Sequence[Object], listening: Mapping[str, str]
) -> tuple[str, ...]:
    found = {
        listening[address]
        for one in slices
        if _namespace(one) == _namespace(service)
        and fields.text(one, "metadata", "labels", _SERVICE) == _name(service)
        and any(_port_name(offered) == _port_name(port) for offered in fields.objects(one, "ports"))
        for endpoint in fields.objects(one, "endpoints")
        if _takes_requests(endpoint)
        for address in fields.texts(endpoint, "addresses")
        if address in listening
    }
    return tuple(sorted(found))


def _takes_requests(endpoint: Object) -> bool:
    """Ready (which absent means, too) and not on its way out."""
    conditions = fields.mapping(endpoint, "conditions")
    return conditions.get("ready") is not False and not fields.truth(conditions, "terminating")


def _name(obj: Object) -> str:
    return fields.text(obj, "metadata", "name")


def _namespace(obj: Object) -> str:
    return fields.text(obj, "metadata", "namespace")


def _port_name(port: Object) -> str:
    return fields.text(port, "name")
