"""Envoy's routes and clusters out of the cluster's objects, as Istio would make them.

One listener stands for the ingress gateway and for every sidecar: a VirtualService is served
whatever gateways it names, a Service without one by its own name. Of two VirtualServices for one
host the first that is given wins. There are no retries, though istiod adds two to every route:
a retry would hide a failed request from the one who counts them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from infra.local.mesh.backends import Backend
from infra.local.mesh.istio import Condition, Destination, Match, Route, VirtualService
from shared.domain.fields import Object

ROUTES = "ingress"  # the route configuration's name
_DOMAIN = ".cluster.local"
_UNLIMITED: Object = dict.fromkeys(
    ("max_connections", "max_pending_requests", "max_requests", "max_retries"), 2**32 - 1
)  # as istiod has it: Envoy's own limit is 1,024


@dataclass(frozen=True, slots=True)
class Documents:
    """What Envoy is told: resources without the envelope and its version."""

    routes: Object
    clusters: tuple[Object, ...]
    endpoints: tuple[Object, ...]  # one for each cluster


def translate(services: Sequence[VirtualService], backends: Sequence[Backend]) -> Documents:
    """The routes of all hosts, and a cluster for each port of each Service."""
    ports: dict[str, list[int]] = {}
    for backend in backends:
        ports.setdefault(backend.host, []).append(backend.port)
    routes: Object = {
        "@type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
        "name": ROUTES,
        "virtual_hosts": tuple(_virtual_hosts(services, ports)),
        "ignore_port_in_host_matching": True,
    }
    return Documents(
        routes,
        clusters=tuple(_cluster(backend) for backend in backends),
        endpoints=tuple(_endpoints(backend) for backend in backends),
    )


def cluster_name(host: str, port: int) -> str:
    """The cluster of a Service's port, by Istio's name for it."""
    return f"outbound|{port}||{host}"


def stat_name(backend: Backend) -> str:
    """The name of a cluster's statistics: all that Prometheus has to know of it (no dots)."""
    return f"{backend.namespace}|{backend.workload}|{backend.service}"


def _virtual_hosts(
    services: Sequence[VirtualService], ports: Mapping[str, Sequence[int]]
) -> Iterator[Object]:
    """First come, first served: Envoy takes no name twice."""
    taken: set[str] = set()
    for service in services:
        entries = [entry for route in service.routes for entry in _entries(route, ports)]
        for host in service.hosts:
            names = [name for name in _names(host) if name not in taken]
            taken.update(names)
            if names:
                yield _virtual_host(names, entries)
    for host in ports:
        names = [name for name in _names(host) if name not in taken]
        if names:
            yield _virtual_host(names, list(_own_entries(host, ports[host])))


def _own_entries(host: str, ports: Sequence[int]) -> Iterator[Object]:
    """A Service without routes: each port goes to itself, a name without a port to the first.

    By its port a request comes to another listener of a sidecar; here its name tells it.
    """
    for port in ports[1:]:
        named: Object = {"name": ":authority", "string_match": {"suffix": f":{port}"}}
        yield _own_entry({**_match(Match()), "headers": [named]}, host, port)
    yield _own_entry(_match(Match()), host, ports[0])


def _own_entry(match: Object, host: str, port: int) -> Object:
    return {"match": match, "route": {"cluster": cluster_name(host, port), "timeout": "0s"}}


def _virtual_host(domains: Sequence[str], routes: Sequence[Object]) -> Object:
    return {"name": domains[0], "domains": domains, "routes": routes}


def _names(host: str) -> list[str]:
    """The names by which a Service is called from other namespaces; any other host has one."""
    if not host.endswith(f".svc{_DOMAIN}"):
        return [host]
    short = host.removesuffix(_DOMAIN)
    return [host, short, short.removesuffix(".svc")]


def _entries(route: Route, ports: Mapping[str, Sequence[int]]) -> Iterator[Object]:
    """A list of matches becomes as many entries, for Envoy knows one match per entry."""
    action = {
        **_target([(_chosen(one, ports), one.weight) for one in route.destinations]),
        "timeout": f"{route.timeout.total_seconds():.6f}s",
    }
    for match in route.matches:
        yield {"match": _match(match), "route": action}


def _target(clusters: Sequence[tuple[str, int]]) -> Object:
    if len(clusters) == 1:
        return {"cluster": clusters[0][0]}
    weighted: list[Object] = [{"name": name, "weight": weight} for name, weight in clusters]
    return {"weighted_clusters": {"clusters": weighted}}


def _chosen(destination: Destination, ports: Mapping[str, Sequence[int]]) -> str:
    """The cluster of a destination; one that does not exist answers 503."""
    known = ports.get(destination.host, (0,))
    return cluster_name(destination.host, destination.port or known[0])


def _match(match: Match) -> Object:
    headers = [{"name": name, **_header(condition)} for name, condition in match.headers.items()]
    return {**_path(match.uri), **({"headers": headers} if headers else {})}


def _path(condition: Condition) -> Object:
    match condition.kind:
        case "exact":
            return {"path": condition.value}
        case "regex":
            return {"safe_regex": {"regex": condition.value}}
        case _:
            return {"prefix": condition.value}


def _header(condition: Condition) -> Object:
    match condition.kind:
        case "present":
            return {"present_match": True}
        case "regex":
            return {"string_match": {"safe_regex": {"regex": condition.value}}}
        case kind:
            return {"string_match": {kind: condition.value}}


def _cluster(backend: Backend) -> Object:
    return {
        "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
        "name": cluster_name(backend.host, backend.port),
        "alt_stat_name": stat_name(backend),
        "type": "EDS",
        "connect_timeout": "10s",
        "lb_policy": backend.balancing,
        "circuit_breakers": {"thresholds": [_UNLIMITED]},
    }


def _endpoints(backend: Backend) -> Object:
    return {
        "@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
        "cluster_name": cluster_name(backend.host, backend.port),
        "endpoints": [{"lb_endpoints": [_endpoint(address) for address in backend.addresses]}],
    }


def _endpoint(address: str) -> Object:
    host, _, port = address.rpartition(":")
    return {"endpoint": {"address": {"socket_address": {"address": host, "port_value": int(port)}}}}
