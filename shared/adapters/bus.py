"""Where events go: an HTTP sink such as Knative's, or a topic of Pub/Sub."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from shared.adapters import codec
from shared.adapters.exchange import exchange
from shared.adapters.variables import BusKind
from shared.domain.errors import Unavailable
from shared.domain.events import Event

if TYPE_CHECKING:
    from google.pubsub_v1 import PublisherClient

_DEADLINE = 5.0  # seconds, for an exchange with the sink, for a publish


class Bus(Protocol):
    """Takes events. Once `publish` returns, the event is the bus's to deliver."""

    def publish(self, event: Event) -> None:
        """Hands one event over; Unavailable where the bus did not take it."""


class BusSettings(Protocol):
    """What the settings of every function say of the bus."""

    @property
    def bus(self) -> BusKind:
        """The kind."""

    @property
    def sink(self) -> str:
        """The address, of an HTTP sink."""

    @property
    def sink_token(self) -> str:
        """The file with the token that it wants; empty: it wants none."""

    @property
    def topic(self) -> str:
        """The topic, of Pub/Sub."""


def open_bus(settings: BusSettings) -> Bus:
    """The bus that the settings choose; Unavailable without the credentials that it wants. Opened
    at the first event, as its clients cost a start.
    """
    if settings.bus is BusKind.HTTP:
        return HttpBus(settings.sink, settings.sink_token)
    from google.auth.exceptions import GoogleAuthError
    from google.pubsub_v1 import PublisherClient

    try:
        return PubSubBus(PublisherClient(), settings.topic)
    except (OSError, GoogleAuthError) as error:
        raise Unavailable(f"topic {settings.topic}: {error}") from error
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        malformed = f"malformed credentials ({type(error).__name__})"
        raise Unavailable(f"topic {settings.topic}: {malformed}") from error


class HttpBus:
    """A sink that takes binary CloudEvents by POST."""

    def __init__(self, sink: str, token: str = "") -> None:
        """With a file whose token goes along; Kubernetes writes it anew before it is too old."""
        self._sink = sink
        self._token = token

    def publish(self, event: Event) -> None:
        """Any success is the sink's word that it has the event."""
        headers, body = codec.encode(event)
        try:
            headers |= self._authorization()
            answer = exchange("POST", self._sink, headers, body, seconds=_DEADLINE)
        except Unavailable as error:
            raise Unavailable(f"event {event.id}: sink {error}") from error
        if not answer.is_success:
            raise Unavailable(f"event {event.id}: sink {self._sink} answered {answer.status}")

    def _authorization(self) -> dict[str, str]:
        if not self._token:
            return {}
        try:
            token = Path(self._token).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Unavailable(f"token {self._token}: {error}") from error
        if not re.fullmatch("[!-~]+", token):  # http.client would raise, and quote it
            raise Unavailable(f"token {self._token}: wanted one word of printable ASCII")
        return {"Authorization": f"Bearer {token}"}


class PubSubBus:
    """A topic; what a push subscription delivers is a CloudEvent, wrapped or not.

    Each event is one call of the API, not the batch of google.cloud.pubsub_v1: that one tries again
    behind the caller's back for ten minutes, though the process can be frozen after the reply, and
    raises an AssertionError for what is published soon after an event that was refused.
    """

    def __init__(self, publisher: "PublisherClient", topic: str) -> None:
        self._publisher = publisher
        self._topic = topic

    def publish(self, event: Event) -> None:
        """Waits until the topic has it. It is asked once: who called us delivers again."""
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError
        from google.pubsub_v1.types import PubsubMessage

        attributes, body = codec.encode(event)
        message = PubsubMessage(data=body, attributes=attributes)
        try:
            self._publisher.publish(
                topic=self._topic, messages=[message], retry=None, timeout=_DEADLINE
            )
        except (GoogleAPIError, GoogleAuthError) as error:
            raise Unavailable(f"event {event.id}: topic {self._topic}: {error!r}") from error
