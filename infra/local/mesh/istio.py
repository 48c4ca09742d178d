"""Istio's objects as values; what the lab's mesh cannot do is refused by its path.

A short host is the Service of that name in the object's own namespace; a host with a dot in it
is taken as it stands, as Istio takes it.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType

from shared.domain import durations, fields
from shared.domain.errors import Refused
from shared.domain.fields import Object

_ROUTE = frozenset({"name", "match", "route", "timeout", "retries"})
_MATCH = frozenset({"name", "uri", "method", "authority", "headers"})
_DESTINATION = frozenset({"destination", "weight"})
_KINDS = ("exact", "prefix", "regex")
_BALANCING = {
    "": "LEAST_REQUEST",
    "UNSPECIFIED": "LEAST_REQUEST",
    "LEAST_REQUEST": "LEAST_REQUEST",
    "LEAST_CONN": "LEAST_REQUEST",
    "ROUND_ROBIN": "ROUND_ROBIN",
    "RANDOM": "RANDOM",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """What a string must be: kind is exact, prefix, regex (of the whole string), or present."""

    kind: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """Conditions that all hold; the method and the authority are headers, as in HTTP/2."""

    uri: Condition = Condition("prefix", "/")
    headers: Mapping[str, Condition] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a share of the requests goes."""

    host: str
    port: int  # 0 where none is named
    weight: int


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes for which any of the matches holds."""

    matches: tuple[Match, ...]
    destinations: tuple[Destination, ...]
    timeout: timedelta  # 0: none


@dataclass(frozen=True, slots=True)
class VirtualService:
    """The routes of some hosts: the first one that matches is taken."""

    hosts: tuple[str, ...]
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class DestinationRule:
    """How requests are spread over the endpoints of a host, in Envoy's word for it."""

    host: str
    balancing: str


def virtual_service(obj: Object) -> VirtualService:
    """Reads a VirtualService; Refused with the path of what is wrong or unknown here."""
    for key in ("tcp", "tls"):
        if fields.sequence(obj, "spec", key):
            raise Refused(f"spec.{key}: the lab's mesh routes HTTP only")
    namespace = fields.text(obj, "metadata", "namespace")
    return VirtualService(
        hosts=tuple(full_host(host, namespace) for host in fields.texts(obj, "spec", "hosts")),
        routes=tuple(
            _route(route, namespace, f"spec.http.{index}")
            for index, route in enumerate(fields.objects(obj, "spec", "http"))
        ),
    )


def destination_rule(obj: Object) -> DestinationRule:
    """Reads a DestinationRule: its load balancer; the rest of a traffic policy is left out."""
    path = ("spec", "trafficPolicy", "loadBalancer", "simple")
    wanted = fields.text(obj, *path)
    if wanted not in _BALANCING:
        raise fields.wrong(path, wanted, f"one of {', '.join(filter(None, _BALANCING))}")
    host = fields.text(obj, "spec", "host")
    return DestinationRule(
        host=full_host(host, fields.text(obj, "metadata", "namespace")),
        balancing=_BALANCING[wanted],
    )


def full_host(host: str, namespace: str) -> str:
    """The whole name of a host that may be short for a Service's."""
    return host if "." in host or host == "*" else f"{host}.{namespace}.svc.cluster.local"


def _route(obj: Object, namespace: str, path: str) -> Route:
    _know(obj, _ROUTE, path)
    found = fields.objects(obj, "match")
    matches = [_match(match, f"{path}.match.{index}") for index, match in enumerate(found)]
    return Route(
        matches=tuple(matches) or (Match(),),
        destinations=_destinations(obj, namespace, path),
        timeout=_timeout(obj, path),
    )


def _destinations(obj: Object, namespace: str, path: str) -> tuple[Destination, ...]:
    """Those that get requests: a single one gets all of them, weight or not, as Istio has it."""
    found = [
        _destination(one, namespace, f"{path}.route.{index}")
        for index, one in enumerate(fields.objects(obj, "route"))
    ]
    if len(found) > 1:
        found = [one for one in found if one.weight]
    if not found:
        raise Refused(f"{path}.route: total destination weight = 0")
    return tuple(found)


def _destination(obj: Object, namespace: str, path: str) -> Destination:
    _know(obj, _DESTINATION, path)
    _know(fields.mapping(obj, "destination"), {"host", "port"}, f"{path}.destination")
    weight = fields.whole(obj, "weight")
    host = fields.text(obj, "destination", "host")
    if weight < 0 or not host:
        raise Refused(f"{path}: wanted a host and a weight of 0 or more, found {host!r}, {weight}")
    port = fields.whole(obj, "destination", "port", "number")
    return Destination(full_host(host, namespace), port, weight)


def _timeout(obj: Object, path: str) -> timedelta:
    text = fields.text(obj, "timeout", default="0s")
    found = durations.parse(text)
    if found is None or found < timedelta(0):
        raise fields.wrong((path, "timeout"), text, "a duration such as 1.5s")
    return found


def _match(obj: Object, path: str) -> Match:
    _know(obj, _MATCH, path)
    headers = {
        name: _condition(fields.mapping(obj, "headers", name), f"{path}.headers.{name}")
        for name in fields.mapping(obj, "headers")
    }
    for key in ("method", "authority"):
        if fields.mapping(obj, key):
            headers[f":{key}"] = _condition(fields.mapping(obj, key), f"{path}.{key}")
    uri = fields.mapping(obj, "uri")
    return Match(_condition(uri, f"{path}.uri"), headers) if uri else Match(headers=headers)


def _condition(obj: Object, path: str) -> Condition:
    """A StringMatch; an empty one asks only that the header be there."""
    _know(obj, _KINDS, path)
    if len(obj) > 1:
        raise fields.wrong((path,), obj, f"one of {', '.join(_KINDS)}")
    return next((Condition(kind, fields.text(obj, kind)) for kind in obj), Condition("present"))


def _know(obj: Object, known: Set[str] | tuple[str, ...], path: str) -> None:
    for key in obj:
        if key not in known:
            raise Refused(f"{path}.{key}: the lab's mesh does not know this field")
