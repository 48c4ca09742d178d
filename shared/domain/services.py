"""The three Services of a canary, and what an existing one is changed to (specs §3.3)."""

from collections.abc import Mapping, Sequence

from shared.domain.canary import PRIMARY, Metadata, ServiceSpec
from shared.domain.fields import Json, Object, mapping, objects, pairs, text, whole
from shared.domain.ownership import (
    HANDS_OFF,
    Owner,
    controlled_by_canary,
    reference,
    taken_over,
)
from shared.domain.workload import Workload, selector_label

_SIDECARS = frozenset({"istio-proxy", "envoy"})


def services(spec: ServiceSpec, target: Workload, owner: Owner) -> tuple[Object, Object, Object]:
    """Canary, primary and apex. The apex leads to the primary; the route refines that."""
    label, value = selector_label(target)
    ports = [_first_port(spec), *discovered_ports(spec, target.template)]

    def service(name: str, selected: str, said: Metadata) -> Object:
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": name,
                "namespace": owner.namespace,
                "labels": {**said.labels, label: name},
                "annotations": {**said.annotations, **HANDS_OFF},
                "ownerReferences": [reference(owner)],
            },
            "spec": {"type": "ClusterIP", "selector": {label: selected}, "ports": ports},
        }

    primary = value + PRIMARY
    return (
        service(spec.canary_name, value, spec.canary),
        service(spec.primary_name, primary, spec.primary),
        service(spec.name, primary, spec.apex),
    )


def discovered_ports(spec: ServiceSpec, template: Object) -> list[Json]:
    """The containers' other ports, where portDiscovery is on; of one name the last, as in Flagger,
    of one number the first.
    """
    if not spec.port_discovery:
        return []
    taken: set[Json] = {spec.port, spec.port_name}
    found: list[Json] = []
    for name, number in _other_ports(spec, template).items():
        if number in taken or name in taken:
            continue
        taken |= {number, name}
        found.append({"name": name, "protocol": "TCP", "port": number, "targetPort": number})
    return found


def service_change(
    seen: Object | None, desired: Object, spec: ServiceSpec, owner: Owner
) -> Object | None:
    """The whole object to write, on what was seen; None where that is right.

    A Service that a Canary of this name controls has exactly the desired labels and annotations,
    but for those the spec leaves to others. A foreign one is given ports and selector only.
    """
    if seen is None:
        return desired
    wanted = {**seen, "spec": _with_wanted(mapping(seen, "spec"), mapping(desired, "spec"))}
    if controlled_by_canary(seen, owner.name):
        wanted["metadata"] = _own_metadata(seen, desired, spec, owner)
    elif wanted != seen:
        wanted["metadata"] = _foreign_metadata(seen)
    return None if wanted == seen else wanted


def _first_port(spec: ServiceSpec) -> Object:
    port: Object = {
        "name": spec.port_name,
        "protocol": "TCP",
        "port": spec.port,
        "targetPort": _target_port(spec),
    }
    return {**port, "appProtocol": spec.app_protocol} if spec.app_protocol else port


def _target_port(spec: ServiceSpec) -> int | str:
    return spec.target_port or spec.port


def _other_ports(spec: ServiceSpec, template: Object) -> dict[str, int]:
    """Those that are not served yet, by their name or the one that Flagger gives them."""
    served = _target_port(spec)
    return {
        text(port, "name") or f"tcp-{text(container, 'name')}-{index}": number
        for container in objects(template, "spec", "containers")
        if text(container, "name") not in _SIDECARS
        for index, port in enumerate(objects(container, "ports"))
        if served not in ((number := whole(port, "containerPort")), text(port, "name"))
    }


def _with_wanted(seen: Object, wanted: Object) -> Object:
    """A Service's spec with the ports and selector it should have; in whatever order, it stays."""
    ports = _with_node_ports(objects(wanted, "ports"), objects(seen, "ports"))
    if _by_number(ports) == _by_number(objects(seen, "ports")):
        return {**seen, "selector": wanted["selector"]}
    return {**seen, "selector": wanted["selector"], "ports": ports}


def _with_node_ports(ports: Sequence[Object], seen: Sequence[Object]) -> list[Object]:
    """What the cluster allotted to a port stays with its name."""
    allotted = {text(port, "name"): port["nodePort"] for port in seen if port.get("nodePort")}
    return [
        {**port, "nodePort": allotted[name]} if (name := text(port, "name")) in allotted else port
        for port in ports
    ]


def _by_number(ports: Sequence[Object]) -> list[Object]:
    return sorted(ports, key=lambda port: (whole(port, "port"), text(port, "name")))


def _own_metadata(seen: Object, desired: Object, spec: ServiceSpec, owner: Owner) -> Object:
    found, said = mapping(seen, "metadata"), mapping(desired, "metadata")
    return {
        **found,
        "labels": pairs(said, "labels") | _kept(pairs(found, "labels"), spec.unmanaged_labels),
        "annotations": pairs(said, "annotations")
        | _kept(pairs(found, "annotations"), spec.unmanaged_annotations)
        | HANDS_OFF,
        "ownerReferences": list(taken_over(seen, owner)),
    }


def _foreign_metadata(seen: Object) -> Object:
    found = mapping(seen, "metadata")
    return {**found, "annotations": {**pairs(found, "annotations"), **HANDS_OFF}}


def _kept(entries: Mapping[str, str], keys: Sequence[str]) -> dict[str, str]:
    return {key: value for key, value in entries.items() if key in keys}
