"""The route and the DestinationRules that Istio reads (specs §3.4)."""

from dataclasses import dataclass

from shared.domain.canary import CanarySpec
from shared.domain.errors import Refused
from shared.domain.fields import Json, Object, mapping, objects, pairs, text, whole
from shared.domain.ownership import (
    HANDS_OFF,
    Owner,
    controlled_by_canary,
    reference,
    taken_over,
)
from shared.domain.primary import DECISION

_API = "networking.istio.io/v1beta1"
_ALL = 100
_MESH = "mesh"


@dataclass(frozen=True, slots=True)
class Share:
    """How many percent of the traffic a Service gets."""

    host: str
    weight: int


def virtual_service(spec: CanarySpec, owner: Owner, shares: tuple[Share, ...]) -> Object:
    """The route by which the traffic is shared; the shares must come to 100 (I8)."""
    service = spec.service
    if sum(share.weight for share in shares) != _ALL or any(share.weight < 0 for share in shares):
        raise ValueError(f"route {owner.namespace}/{service.name}: not 100 in all: {shares}")
    rule: dict[str, Json] = {"route": [_destination(spec, share) for share in shares]}
    if service.match:
        rule["match"] = list(service.match)
    if service.timeout:
        rule["timeout"] = service.timeout
    labels = {"labels": service.apex.labels} if service.apex.labels else {}
    annotations = {"annotations": {**service.apex.annotations, **HANDS_OFF}}
    return {
        "apiVersion": _API,
        "kind": "VirtualService",
        "metadata": {**_metadata(service.name, owner), **labels, **annotations},
        "spec": {
            "hosts": list(service.hosts),
            "gateways": list(service.gateways),
            "http": [rule],
        },
    }


def destination_rules(spec: CanarySpec, owner: Owner) -> tuple[Object, Object]:
    """One for the canary, one for the primary."""
    service = spec.service
    return (
        _destination_rule(service.canary_name, owner),
        _destination_rule(service.primary_name, owner),
    )


def shares_of(route: Object, spec: CanarySpec) -> tuple[Share, ...] | None:
    """What a seen route sends where; None where it is not one rule for our two Services."""
    try:
        shares = _shares(route)
    except Refused:
        return None
    hosts = sorted(share.host for share in shares)
    ours = sorted((spec.service.primary_name, spec.service.canary_name))
    return shares if hosts == ours and sum(share.weight for share in shares) == _ALL else None


def route_matches(seen: Object, desired: Object) -> bool:
    """Whether a seen route does what is asked, weights included; what others noted on it may stay.

    Flagger takes a foreign label or annotation for drift, and sets the weights back.
    """
    found, said = mapping(seen, "metadata"), mapping(desired, "metadata")
    return mapping(seen, "spec") == mapping(desired, "spec") and all(
        pairs(found, kind).items() >= pairs(said, kind).items()
        for kind in ("labels", "annotations")
    )


def route_change(seen: Object | None, desired: Object, owner: Owner) -> Object:
    """The whole object to write, on what was seen."""
    if seen is None:
        return desired
    found, said = mapping(seen, "metadata"), mapping(desired, "metadata")
    metadata: dict[str, Json] = {**found, "ownerReferences": list(taken_over(seen, owner))}
    for kind in ("labels", "annotations"):
        entries = pairs(found, kind) | pairs(said, kind)
        if entries:
            metadata[kind] = entries
    return {**seen, "metadata": metadata, "spec": desired["spec"]}


def stamped(route: Object, decision: int) -> Object:
    """With the decision it is written by: a write that changes nothing else is a write all the
    same, and whoever read the route before it comes too late (design §3, fenced).
    """
    metadata = mapping(route, "metadata")
    annotations = pairs(metadata, "annotations") | {DECISION: str(decision)}
    return {**route, "metadata": {**metadata, "annotations": annotations}}


def reweighted(seen: Object, shares: tuple[Share, ...]) -> Object:
    """A seen route with other weights and nothing else changed: for a spec that is refused.

    Each rule that leads to one of the hosts leads to all of them, so that it is 100 in all (I8).
    """

    def rule(found: Object) -> Object:
        seen_at = {text(item, "destination", "host"): item for item in objects(found, "route")}
        if not any(share.host in seen_at for share in shares):
            return found
        route: list[Json] = [
            {
                **seen_at.get(share.host, {"destination": {"host": share.host}}),
                "weight": share.weight,
            }
            for share in shares
        ]
        return {**found, "route": route}

    rules: list[Json] = [rule(item) for item in objects(seen, "spec", "http")]
    return {**seen, "spec": {**mapping(seen, "spec"), "http": rules}}


def is_foreign(seen: Object, owner: Owner) -> bool:
    """Whether a route of our name is somebody else's: no Canary of this name controls it."""
    return not controlled_by_canary(seen, owner.name)


def _destination_rule(host: str, owner: Owner) -> Object:
    return {
        "apiVersion": _API,
        "kind": "DestinationRule",
        "metadata": _metadata(host, owner),
        "spec": {"host": host},
    }


def _metadata(name: str, owner: Owner) -> dict[str, Json]:
    return {
        "name": name,
        "namespace": owner.namespace,
        "ownerReferences": [reference(owner)],
    }


def _shares(route: Object) -> tuple[Share, ...]:
    rules = objects(route, "spec", "http")
    if len(rules) != 1:
        return ()
    return tuple(
        Share(text(item, "destination", "host"), whole(item, "weight"))
        for item in objects(rules[0], "route")
    )


def _destination(spec: CanarySpec, share: Share) -> Object:
    """Flagger names the port only where a gateway leads to a Service of several ports."""
    destination: dict[str, Json] = {"host": share.host}
    if spec.service.port_discovery and spec.service.gateways[:1] not in ((), (_MESH,)):
        destination["port"] = {"number": spec.service.port}
    return {"destination": destination, "weight": share.weight}
