"""Services: the address they get, and what may not change about it."""

import zlib

from infra.local.apiserver import errors
from infra.local.apiserver.errors import Cause
from infra.local.apiserver.trees import Tree, objects_at, shown

_HEADLESS = "None"
_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_NAMED = "ExternalName"  # a type without an address


def fill(obj: Tree) -> None:
    """Sets the defaults of a Service."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    for port in objects_at(spec, "ports"):
        port.setdefault("protocol", "TCP")
        if not port.get("targetPort") and port.get("port"):
            port["targetPort"] = port["port"]
    if spec["type"] != _NAMED:
        spec.setdefault("internalTrafficPolicy", "Cluster")


def allot(obj: Tree) -> None:
    """Gives a Service its address; its uid says which."""
    spec = obj["spec"]
    if spec["type"] == _NAMED:
        return
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    if not spec.get("clusterIP"):
        spec["clusterIP"] = _address(obj["metadata"]["uid"])
    spec.setdefault("clusterIPs", [spec["clusterIP"]])


def carry_over(old: Tree, new: Tree) -> None:
    """Lets a change leave out the address that the server gave."""
    spec, before = new.setdefault("spec", {}), old["spec"]
    if spec.get("type", "ClusterIP") == _NAMED or before["type"] == _NAMED:
        return
    for field in ("clusterIP", "clusterIPs"):
        if not spec.get(field) and field in before:
            spec[field] = before[field]


def check(new: Tree, old: Tree | None) -> list[Cause]:
    """What is wrong with a Service."""
    spec = new["spec"]
    causes = []
    if spec["type"] not in _TYPES:
        causes.append(errors.not_supported("spec.type", shown(spec["type"]), _TYPES))
    ports = list(objects_at(spec, "ports"))
    if not ports and spec["type"] != _NAMED and spec.get("clusterIP") != _HEADLESS:
        causes.append(errors.required("spec.ports"))
    for index, port in enumerate(ports):
        if not isinstance(port.get("port"), int) or not 0 < port["port"] < 65536:
            found = shown(port.get("port", 0))
            why = "must be between 1 and 65535, inclusive"
            places = ["port"] if port.get("targetPort") else ["port", "targetPort"]
            causes += [
                errors.invalid_value(f"spec.ports[{index}].{place}", found, why) for place in places
            ]
        if len(ports) > 1 and not port.get("name"):
            causes.append(errors.required(f"spec.ports[{index}].name"))
    causes += _twice(ports)
    if old is not None and _NAMED not in (spec["type"], old["spec"]["type"]):
        before = old["spec"].get("clusterIPs")
        if spec.get("clusterIPs") != before or spec["clusterIP"] != old["spec"]["clusterIP"]:
            found = shown([spec["clusterIP"]])
            why = "may not change once set"
            causes.append(errors.invalid_value("spec.clusterIPs[0]", found, why))
    return causes


def _twice(ports: list[Tree]) -> list[Cause]:
    """Ports that are there before, as Go writes them."""
    seen: set[tuple[object, object]] = set()
    causes = []
    for index, port in enumerate(ports):
        number, protocol = port.get("port"), port.get("protocol")
        if (number, protocol) in seen:
            told = {"Name": "", "Protocol": protocol, "AppProtocol": None, "Port": number}
            told |= {"TargetPort": 0, "NodePort": 0}
            causes.append(errors.duplicate(f"spec.ports[{index}]", shown(told)))
        seen.add((number, protocol))
    return causes


def _address(uid: str) -> str:
    """An address of 10.96.0.0/12: always the same one for a uid, and hardly ever one for two."""
    number = zlib.crc32(uid.encode())
    return f"10.{96 + (number >> 16) % 16}.{(number >> 8) % 256}.{1 + number % 254}"
