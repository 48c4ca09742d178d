"""Triggers as the broker reads them: which events they want, where to, and how stubbornly."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.message import Message

RETRIED = frozenset({0, 404, 408, 409, 429})  # and everything from 500; 0: no answer came
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")


@dataclass(frozen=True, slots=True)
class Delivery:
    """How often and after which pauses a delivery is tried again. Times in seconds."""

    retry: int = 10
    policy: str = "exponential"  # linear, or empty: at once
    delay: float = 0.2
    timeout: float = 30.0

    def pauses(self) -> Iterator[float]:
        """The pause before each further try; the first linear one is none, as in Knative."""
        for number in range(self.retry):
            match self.policy:
                case "exponential":
                    yield self.delay * 2**number
                case "linear":
                    yield self.delay * number
                case _:
                    yield 0.0


@dataclass(frozen=True, slots=True)
class Trigger:
    """One subscriber of a broker (its path: namespace and name)."""

    name: str
    broker: str
    wanted: tuple[tuple[str, str], ...]
    subscriber: str
    delivery: Delivery

    def wants(self, message: Message) -> bool:
        """Whether the filter's attributes are the event's; an empty value means any."""
        return all(
            name in message.attributes and value in ("", message.attributes[name])
            for name, value in self.wanted
        )


def trigger(obj: Mapping[str, Any]) -> Trigger:
    """The Trigger of an API object; ValueError where the lab cannot do what it asks for."""
    metadata, spec = obj["metadata"], obj["spec"]
    subscriber = spec.get("subscriber", {}).get("uri", "")
    if not subscriber or "filters" in spec:
        raise ValueError(f"Trigger {metadata['name']}: the lab wants subscriber.uri and filter")
    return Trigger(
        name=metadata["name"],
        broker=f"/{metadata['namespace']}/{spec.get('broker', 'default')}",
        wanted=tuple(spec.get("filter", {}).get("attributes", {}).items()),
        subscriber=subscriber,
        delivery=_delivery(spec.get("delivery", {})),
    )


def seconds(duration: str) -> float:
    """The seconds of an ISO 8601 duration such as PT0.5S."""
    found = _DURATION.fullmatch(duration)
    if not found or duration == "PT":
        raise ValueError(f"wanted a duration such as PT0.5S, found {duration!r}")
    hours, minutes, rest = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + rest


def _delivery(spec: Mapping[str, Any]) -> Delivery:
    timeout = seconds(spec.get("timeout", "PT30S"))
    if "retry" not in spec:
        return Delivery(timeout=timeout)
    if "backoffPolicy" not in spec or "backoffDelay" not in spec:
        return Delivery(spec["retry"], "", 0.0, timeout)
    return Delivery(spec["retry"], spec["backoffPolicy"], seconds(spec["backoffDelay"]), timeout)
