"""Real Pub/Sub servers on loopback: Google's emulator, and Google's own server in memory.

The emulator pushes, but takes no notice of filters; the other one is only pulled from, so what it
has is pushed from here, as the emulator was recorded to push it.
"""

import os
import shutil
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from google.cloud import pubsub_v1
from google.cloud.pubsub_v1.types import PubsubMessage, PushConfig

from infra.local.controlplane import programs
from infra.local.processes import Failed, Part, Processes, free_ports

PROJECT = "projects/demo"
TOPIC = f"{PROJECT}/topics/spillway"
JAR = "SPILLWAY_PUBSUB_EMULATOR_JAR"
_INSTALLED = "platform/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar"
_SECONDS = 60.0


class Kind(StrEnum):
    """Which server."""

    EMULATOR = "emulator"
    IN_MEMORY = "in memory"


@dataclass(frozen=True, slots=True)
class PubSub:
    """A server that runs, with one topic."""

    kind: Kind
    publisher: pubsub_v1.PublisherClient
    subscriber: pubsub_v1.SubscriberClient
    over: threading.Event = field(default_factory=threading.Event)
    pumps: list[threading.Thread] = field(default_factory=list)

    def subscribe(self, name: str) -> str:
        """A subscription that is pulled from."""
        path = f"{PROJECT}/subscriptions/{name}"
        self.subscriber.create_subscription(name=path, topic=TOPIC, ack_deadline_seconds=60)
        return path

    def push(self, name: str, url: str) -> None:
        """A subscription like those of infra/cloudrun: messages come unwrapped, with metadata."""
        if self.kind is Kind.IN_MEMORY:
            pump = threading.Thread(target=self._pump, args=(self.subscribe(name), url))
            self.pumps.append(pump)
            pump.start()
            return
        bare = PushConfig.NoWrapper(write_metadata=True)
        self.subscriber.create_subscription(
            name=f"{PROJECT}/subscriptions/{name}",
            topic=TOPIC,
            ack_deadline_seconds=60,
            push_config=PushConfig(push_endpoint=url, no_wrapper=bare),
        )

    def stop(self) -> None:
        """Ends the pushing."""
        self.over.set()
        for pump in self.pumps:
            pump.join()

    def _pump(self, subscription: str, url: str) -> None:
        """A pull lasts half a second where there is nothing."""
        while not self.over.is_set():
            pulled = self.subscriber.pull(subscription=subscription, max_messages=10, timeout=30)
            for found in pulled.received_messages:
                if _pushed(url, subscription, found.message):
                    self.subscriber.acknowledge(subscription=subscription, ack_ids=[found.ack_id])
                else:
                    self.subscriber.modify_ack_deadline(
                        subscription=subscription, ack_ids=[found.ack_id], ack_deadline_seconds=0
                    )


def _pushed(url: str, subscription: str, message: PubsubMessage) -> bool:
    headers = dict(message.attributes) | {
        "x-goog-pubsub-subscription-name": subscription,
        "x-goog-pubsub-message-id": message.message_id,
    }
    request = urllib.request.Request(url, message.data, headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60):
            return True
    except urllib.error.HTTPError:
        return False


def emulator() -> Path | None:
    """The emulator, as gcloud installs it, or as the environment names it."""
    named, gcloud = os.environ.get(JAR), shutil.which("gcloud")
    if named:
        return Path(named)
    if not gcloud or not shutil.which("java"):
        return None
    return next(iter(sorted(Path(gcloud).resolve().parents[1].glob(_INSTALLED))), None)


def kinds() -> list[Kind]:
    """Those that can be had. Where there is neither, the one in memory fails, and says why."""
    if emulator() is None:
        return [Kind.IN_MEMORY]
    return [Kind.EMULATOR, Kind.IN_MEMORY] if shutil.which("go") else [Kind.EMULATOR]


@contextmanager
def running(kind: Kind, folder: Path) -> Iterator[str]:
    """Runs a server until the block is left; its host and port."""
    (port,) = free_ports(1)
    part = Part(kind.replace(" ", "-"), _command(kind, port), lambda: _listens(port))
    processes = Processes(folder)
    try:
        processes.start(part)
        processes.wait(_SECONDS)
        yield f"127.0.0.1:{port}"
    finally:
        processes.stop()


@contextmanager
def a_topic(kind: Kind) -> Iterator[PubSub]:
    """A new topic of the server that PUBSUB_EMULATOR_HOST names."""
    with pubsub_v1.SubscriberClient() as subscriber, pubsub_v1.PublisherClient() as publisher:
        publisher.create_topic(name=TOPIC)
        server = PubSub(kind, publisher, subscriber)
        try:
            yield server
        finally:
            server.stop()
            for path in publisher.list_topic_subscriptions(topic=TOPIC):
                subscriber.delete_subscription(subscription=path)
            publisher.delete_topic(topic=TOPIC)


def _command(kind: Kind, port: int) -> tuple[str, ...]:
    if kind is Kind.EMULATOR:
        jar = str(emulator())
        return ("java", "-Xmx256m", "-jar", jar, "--host=127.0.0.1", f"--port={port}")
    try:
        program = programs.found(programs.PUBSUB)
    except Failed as error:
        raise Failed(
            f"{error} Or install Google's emulator: gcloud components install pubsub-emulator, "
            f"and Java; {JAR} may name its jar."
        ) from error
    return (str(program), f"-port={port}")


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionError:
        return False
    return True
