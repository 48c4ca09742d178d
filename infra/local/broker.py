"""The lab's bus: takes CloudEvents by POST and brings them to the Triggers' subscribers.

It keeps to what Knative's broker promises, the unpleasant parts too: at least once, in no order,
again after an error or a conflict, and a reply that is neither empty nor an event is an error.
All in memory. Events are posted to /<namespace>/<broker>; GET /delivered, /dead and /triggers
show what became of them.
"""

import argparse
import json
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from pathlib import Path
from typing import Any

from infra.local import message as wire
from infra.local.background import in_background
from infra.local.kube import Informed, connected, informer
from infra.local.message import Message, Reply
from infra.local.triggers import RETRIED, Trigger, trigger

TRIGGERS = "/apis/eventing.knative.dev/v1/triggers"
_TTL = "knativebrokerttl"  # how often an event may still come back as a reply
_HOPS = 255
_LONGEST = 1 << 20  # bytes of an event
_QUOTED = 1024  # characters of an answer kept with a dead letter


class Broker:
    """What is subscribed, what is under way, and what became of the rest."""

    def __init__(self) -> None:
        self.triggers: tuple[Trigger, ...] = ()
        self.delivered: Counter[str] = Counter()
        self.dead: list[dict[str, Any]] = []
        self.pending = 0
        self._lock = threading.Lock()

    def publish(self, address: str, message: Message) -> None:
        """Takes an event: one delivery, in its own time, for each Trigger that wants it."""
        for found in self.triggers:
            if found.broker == address and found.wants(message):
                with self._lock:
                    self.pending += 1
                threading.Thread(target=self._deliver, args=(found, message), daemon=True).start()

    def report(self, path: str) -> dict[str, Any] | None:
        """What GET shows at a path; None where there is nothing."""
        with self._lock:
            match path:
                case "/delivered":
                    return dict(self.delivered)
                case "/dead":
                    letters = list(self.dead)
                    return {"count": len(letters), "pending": self.pending, "letters": letters}
                case "/triggers":
                    return {found.name: found.subscriber for found in self.triggers}
                case _:
                    return None

    def _deliver(self, to: Trigger, message: Message) -> None:
        reply = Reply(0, {}, b"")
        for pause in chain((0.0,), to.delivery.pauses()):
            time.sleep(pause)
            reply = _attempt(to, message)
            if reply.status < 500 and reply.status not in RETRIED:
                break
        self._finish(to, message, reply)

    def _finish(self, to: Trigger, message: Message, reply: Reply) -> None:
        if 200 <= reply.status < 300:
            if reply.body:
                self._publish_reply(to.broker, message, reply)
            with self._lock:
                self.delivered[message.type] += 1
                self.pending -= 1
            return
        letter = {
            **message.attributes,
            "knativeerrordest": to.subscriber,
            "knativeerrorcode": str(reply.status),
            "knativeerrordata": reply.body.decode(errors="replace")[:_QUOTED],
            "data": message.body.decode(errors="replace"),
        }
        print(f"dead letter: {json.dumps(letter)}", flush=True)
        with self._lock:
            self.dead.append(letter)
            self.pending -= 1

    def _publish_reply(self, address: str, message: Message, reply: Reply) -> None:
        hops = int(message.attributes.get(_TTL, str(_HOPS))) - 1
        answer = wire.parse(reply.headers, reply.body)
        if hops > 0:
            attributes = {**answer.attributes, _TTL: str(hops)}
            self.publish(address, Message(attributes, answer.content_type, answer.body))


def subscribe(broker: Broker, store: Informed) -> None:
    """Makes the Triggers of the API server the broker's."""
    broker.triggers = tuple(_readable(store.values()))


class Server(ThreadingHTTPServer):
    """The broker's HTTP server."""

    daemon_threads = True

    def __init__(self, broker: Broker, port: int = 0) -> None:
        self.broker = broker
        super().__init__(("127.0.0.1", port), _Handler)


@contextmanager
def serving(broker: Broker) -> Iterator[str]:
    """Takes events in threads of this process until the block is left; yields the address."""
    with in_background(Server(broker)) as port:
        yield f"http://127.0.0.1:{port}"


def main() -> None:
    """Serves until SIGTERM or Ctrl-C."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kubeconfig", type=Path, required=True, help="of the API server")
    options.add_argument("--port", type=int, default=0)
    given = options.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit())
    broker = Broker()
    server = Server(broker, given.port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"broker on http://127.0.0.1:{server.server_port}", flush=True)
    always = threading.Event()
    informer(connected(given.kubeconfig), TRIGGERS, lambda store: subscribe(broker, store), always)


def _attempt(to: Trigger, message: Message) -> Reply:
    """One try. A reply that is neither empty nor an event is what Knative makes of it: 502."""
    reply = wire.post(
        to.subscriber, message, timeout=to.delivery.timeout, headers={"Prefer": "reply"}
    )
    if not (200 <= reply.status < 300 and reply.body):
        return reply
    try:
        wire.parse(reply.headers, reply.body)
    except ValueError:
        return Reply(502, {}, b"the reply is neither empty nor an event: " + reply.body)
    return reply


def _readable(objects: Iterable[dict[str, Any]]) -> Iterable[Trigger]:
    for obj in objects:
        try:
            yield trigger(obj)
        except ValueError as error:
            print(f"left out: {error}", flush=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        """Takes an event: 202 once it is the broker's."""
        length = int(self.headers.get("content-length", "0"))
        if length > _LONGEST:
            self.close_connection = True
            self._answer(413)
            return
        body = self.rfile.read(length)
        try:
            self.server.broker.publish(self.path, wire.parse(dict(self.headers), body))
        except ValueError as error:
            self._answer(400, {"message": str(error)})
            return
        self._answer(202)

    def do_GET(self) -> None:
        """Shows what became of the events."""
        report = self.server.broker.report(self.path)
        self._answer(404 if report is None else 200, report)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: deliveries that fail for good are said by the broker."""

    def _answer(self, status: int, body: object = None) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    main()
