"""What an Envoy ends with, out of its own mouth, without names and defaults that mean nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.mesh import envoy

Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """A condition, who gets which share of the requests that meet it, and for how long."""

    path: tuple[str, str]  # path, prefix or regex, and what it must be
    headers: frozenset[tuple[str, str, str]]
    shares: tuple[tuple[str, int], ...]  # clusters, sorted
    timeout: str


@dataclass(frozen=True, slots=True)
class Routes:
    """All that an Envoy routes HTTP by."""

    hosts: Mapping[str, tuple[Entry, ...]]
    ignores_port: bool
    retries: frozenset[str]  # each policy that some route has; none is an empty one

    def of(self, host: str) -> tuple[Entry, ...] | None:
        """The entries for a host, as Envoy finds them: by its name, else by its longest suffix."""
        if host in self.hosts:
            return self.hosts[host]
        below = [name for name in self.hosts if name[:1] == "*" and host.endswith(name[1:])]
        return self.hosts[max(below, key=len)] if below else None


@dataclass(frozen=True, slots=True)
class Cluster:
    """How a cluster spreads requests, and over what."""

    balancing: str
    connect_timeout: str
    limits: str
    endpoints: frozenset[str]


def routes(admin: str) -> Routes:
    """Those of the Envoy whose admin interface is at an address."""
    found = [config["route_config"] for config in _dump(admin, "dynamic_route_configs")]
    hosts = [host for one in found for host in one.get("virtual_hosts", ())]
    return Routes(
        hosts={
            domain: tuple(_entry(route) for route in host.get("routes", ()) if "route" in route)
            for host in hosts
            for domain in host["domains"]
        },
        ignores_port=all(one.get("ignore_port_in_host_matching", False) for one in found),
        retries=frozenset(
            json.dumps(route["route"].get("retry_policy", {}), sort_keys=True)
            for host in hosts
            for route in host.get("routes", ())
            if "route" in route
        ),
    )


def clusters(admin: str) -> Mapping[str, Cluster]:
    """The clusters of Services, by their names."""
    found = [config["cluster"] for config in _dump(admin, "dynamic_active_clusters")]
    endpoints = _endpoints(admin)
    return {
        one["name"]: Cluster(
            balancing=one.get("lb_policy", "ROUND_ROBIN"),
            connect_timeout=one["connect_timeout"],
            limits=json.dumps(one.get("circuit_breakers", {}), sort_keys=True),
            endpoints=endpoints.get(one["name"], frozenset()),
        )
        for one in found
        if one["name"].startswith("outbound|")
    }


def _endpoints(admin: str) -> Mapping[str, frozenset[str]]:
    said = json.loads(envoy.ask(admin, "/clusters?format=json"))
    return {
        one["name"]: frozenset(
            f"{address['address']}:{address['port_value']}"
            for status in one.get("host_statuses", ())
            for address in [status["address"]["socket_address"]]
        )
        for one in said["cluster_statuses"]
    }


def _dump(admin: str, resource: str) -> list[Tree]:
    said = json.loads(envoy.ask(admin, f"/config_dump?resource={resource}") or "{}")
    found: list[Tree] = said.get("configs", [])
    return found


def _entry(route: Tree) -> Entry:
    match, action = route["match"], route["route"]
    return Entry(_path(match), _headers(match), _shares(action), action.get("timeout", "0s"))


def _path(match: Tree) -> tuple[str, str]:
    if "safe_regex" in match:
        return "regex", match["safe_regex"]["regex"]
    return next((kind, match[kind]) for kind in ("path", "prefix") if kind in match)


def _headers(match: Tree) -> frozenset[tuple[str, str, str]]:
    return frozenset(
        (header["name"], kind, value["regex"] if kind == "safe_regex" else value)
        for header in match.get("headers", ())
        for kind, value in header.get("string_match", {"present": "true"}).items()
    )


def _shares(action: Tree) -> tuple[tuple[str, int], ...]:
    if "cluster" in action:
        return ((action["cluster"], 100),)
    weighted = action["weighted_clusters"]["clusters"]
    return tuple(sorted((one["name"], one["weight"]) for one in weighted if one.get("weight")))
