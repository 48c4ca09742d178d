"""spec.service: names, ports, hosts and matches, with Flagger's defaults (specs §1.2)."""

import re
from datetime import timedelta

from shared.domain import durations, fields, unsupported
from shared.domain.canary import Metadata, ServiceSpec
from shared.domain.errors import Refused
from shared.domain.fields import Json, Object

_SERVICE = ("spec", "service")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,53}[a-z0-9])?")  # 63 characters with "-primary"
_PORT_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?")  # RFC 6335


def read_service(canary: Object, target: str) -> ServiceSpec:
    """How the app is reached; its Services are named like the target where nothing else is said."""
    name = _read_name(canary, target)
    port = _read_port(canary)
    return ServiceSpec(
        name=name,
        port=port,
        port_name=fields.text(canary, *_SERVICE, "portName") or "http",
        target_port=_read_target_port(canary) or port,
        port_discovery=fields.truth(canary, *_SERVICE, "portDiscovery"),
        app_protocol=_read_app_protocol(canary),
        hosts=_read_hosts(canary, name),
        gateways=fields.texts(canary, *_SERVICE, "gateways") or ("mesh",),
        timeout=_read_timeout(canary),
        match=_read_match(canary),
        apex=_read_metadata(canary, "apex"),
        primary=_read_metadata(canary, "primary"),
        canary=_read_metadata(canary, "canary"),
        unmanaged_labels=fields.texts(canary, *_SERVICE, "unmanagedMetadata", "labels"),
        unmanaged_annotations=fields.texts(canary, *_SERVICE, "unmanagedMetadata", "annotations"),
    )


def _read_name(canary: Object, target: str) -> str:
    name = fields.text(canary, *_SERVICE, "name") or target
    if not _NAME.fullmatch(name):
        raise fields.wrong((*_SERVICE, "name"), name, "a Service's name of at most 55 characters")
    return name


def _read_port(canary: Object) -> int:
    if fields.at(canary, *_SERVICE, "port") is None:
        raise Refused("spec.service.port: wanted 1 to 65535, but it is not there")
    port = fields.whole(canary, *_SERVICE, "port")
    if not 1 <= port <= 65535:
        raise fields.wrong((*_SERVICE, "port"), port, "1 to 65535")
    return port


def _read_target_port(canary: Object) -> int | str:
    """0 where it is unset: Flagger knows no other word for that."""
    found = fields.at(canary, *_SERVICE, "targetPort")
    if found in ("", "0"):
        return 0
    if isinstance(found, str):
        if not _PORT_NAME.fullmatch(found):
            raise fields.wrong((*_SERVICE, "targetPort"), found, "a port's number or name")
        return found
    port = fields.whole(canary, *_SERVICE, "targetPort")
    if not 0 <= port <= 65535:
        raise fields.wrong((*_SERVICE, "targetPort"), port, "1 to 65535")
    return port


def _read_app_protocol(canary: Object) -> str | None:
    protocol = fields.text(canary, *_SERVICE, "appProtocol")
    if protocol.lower() not in {"", "http"}:
        raise fields.wrong((*_SERVICE, "appProtocol"), protocol, "http")
    return protocol or None


def _read_hosts(canary: Object, apex: str) -> tuple[str, ...]:
    """The hosts, and the apex where neither it nor `*` is among them."""
    hosts = fields.texts(canary, *_SERVICE, "hosts")
    return hosts if apex in hosts or "*" in hosts else (*hosts, apex)


def _read_timeout(canary: Object) -> str | None:
    timeout = fields.text(canary, *_SERVICE, "timeout")
    if not timeout:
        return None
    length = durations.parse(timeout)
    if length is None or length < timedelta():
        raise fields.wrong((*_SERVICE, "timeout"), timeout, "a duration such as 15s")
    return timeout


def _read_match(canary: Object) -> tuple[Object, ...]:
    return tuple(
        _read_rule(rule, f"spec.service.match.{index}")
        for index, rule in enumerate(fields.objects(canary, *_SERVICE, "match"))
    )


def _read_rule(rule: Object, where: str) -> Object:
    """One of Istio's HTTPMatchRequests, as far as it speaks of uri and headers."""
    for key, value in rule.items():
        if key not in {"uri", "headers"} and unsupported.is_used(value):
            raise Refused(f"{where}.{fields.quoted(key)}: not supported, only uri and headers are")
    root = {where: rule}
    read: dict[str, Json] = {}
    if rule.get("uri") is not None:
        read["uri"] = _read_string_match(root, where, "uri")
    headers = fields.mapping(root, where, "headers")
    if headers:
        read["headers"] = {name: _read_header(root, where, name) for name in headers}
    return read


def _read_header(root: Object, where: str, name: str) -> Object:
    """A StringMatch; an empty one asks that the header is there."""
    path = (where, "headers", name)
    return _read_string_match(root, *path) if fields.mapping(root, *path) else {}


def _read_string_match(root: Object, *path: str) -> Object:
    """Istio's StringMatch: exactly one way to compare."""
    found = fields.pairs(root, *path)
    if len(found) != 1 or not found.keys() <= {"exact", "prefix", "regex"}:
        raise fields.wrong(path, found, "one of exact, prefix, regex")
    return found


def _read_metadata(canary: Object, service: str) -> Metadata:
    return Metadata(
        labels=fields.pairs(canary, *_SERVICE, service, "labels"),
        annotations=fields.pairs(canary, *_SERVICE, service, "annotations"),
    )
