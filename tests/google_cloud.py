"""Small stand-ins for Google Cloud's servers, on loopback, with the paths of their REST APIs."""

import base64
import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shared.domain.fields import Object, mapping, pairs, text
from tests.served import Reply, Request, served

QUEUE = "projects/p/locations/l/queues/beats"
ACCOUNT = "push@p.iam.gserviceaccount.com"
_NAME = re.compile(rf"{QUEUE}/tasks/[A-Za-z0-9_-]{{1,500}}")
_AGAIN = 0.5  # seconds until a task that was not taken is delivered again


@dataclass(slots=True)
class Metadata:
    """A metadata server: its host, and what it was asked. Each token it gives is another."""

    host: str = ""
    asked: list[Request] = field(default_factory=list)

    def answer(self, request: Request) -> Reply:
        self.asked.append(request)
        grant = {"access_token": f"t{len(self.asked)}", "expires_in": 3600, "token_type": "Bearer"}
        return Reply(200, json.dumps(grant).encode())


@contextmanager
def a_metadata_server() -> Iterator[Metadata]:
    """Runs one until the block is left."""
    metadata = Metadata()
    with served(metadata.answer) as url:
        metadata.host = url.removeprefix("http://")
        yield metadata


@dataclass(slots=True)
class CloudTasks:
    """One queue. A name is good for one task, for longer than a test; each is delivered when its
    time has come, and again until it is taken.
    """

    url: str = ""
    made: list[Object] = field(default_factory=list)
    replies: list[int] = field(default_factory=list)  # what its deliveries were answered
    waiting: dict[str, threading.Timer] = field(default_factory=dict)
    is_down: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> Reply:
        """https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks/create"""
        if self.is_down:
            return _error(503, "UNAVAILABLE")
        if not re.fullmatch(r"Bearer t\d+", request.headers.get("authorization", "")):
            return _error(401, "UNAUTHENTICATED")
        if (request.method, request.path) != ("POST", f"/v2/{QUEUE}/tasks"):
            return _error(404, "NOT_FOUND")
        task = mapping(json.loads(request.body), "task")
        if not _NAME.fullmatch(text(task, "name")):
            return _error(400, "INVALID_ARGUMENT")
        return self._create(task)

    def lose_all(self) -> None:
        """What waits is never delivered."""
        with self.lock:
            for timer in self.waiting.values():
                timer.cancel()
            self.waiting.clear()

    def _create(self, task: Object) -> Reply:
        with self.lock:
            if any(text(each, "name") == text(task, "name") for each in self.made):
                return _error(409, "ALREADY_EXISTS")
            self.made.append(task)
        due = datetime.fromisoformat(text(task, "scheduleTime"))
        self._later(task, (due - datetime.now(UTC)).total_seconds())
        return Reply(200, json.dumps(task).encode())

    def _later(self, task: Object, seconds: float) -> None:
        timer = threading.Timer(max(seconds, 0), self._deliver, (task,))
        timer.daemon = True
        with self.lock:
            self.waiting[text(task, "name")] = timer
        timer.start()

    def _deliver(self, task: Object) -> None:
        """As Cloud Tasks does it; the token stands for one of Google's."""
        wanted = mapping(task, "httpRequest")
        account = text(wanted, "oidcToken", "serviceAccountEmail")
        headers = pairs(wanted, "headers") | {
            "X-CloudTasks-TaskName": text(task, "name"),
            "Authorization": f"Bearer of {account}",
        }
        body = base64.b64decode(text(wanted, "body"))
        status = post(text(wanted, "url"), headers, body)
        self.replies.append(status)
        if not 200 <= status < 300:
            self._later(task, _AGAIN)
            return
        with self.lock:
            del self.waiting[text(task, "name")]


def post(url: str, headers: dict[str, str], body: bytes) -> int:
    """What a POST is answered; 0 where nobody does."""
    request = urllib.request.Request(url, body, headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            status: int = response.status
            return status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@contextmanager
def a_queue() -> Iterator[CloudTasks]:
    """Runs it until the block is left."""
    tasks = CloudTasks()
    with served(tasks.answer) as url:
        tasks.url = url
        try:
            yield tasks
        finally:
            tasks.lose_all()


def _error(code: int, status: str) -> Reply:
    return Reply(code, json.dumps({"error": {"code": code, "status": status}}).encode())
