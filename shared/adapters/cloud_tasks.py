"""The beat on Google Cloud: a task of Cloud Tasks at the next beat at which somebody is due.

A task is one tick. Whoever passes over all and finds somebody waiting asks for the next one, so the
chain goes on for as long as somebody waits, and at rest nothing is queued. A task is delivered
again until the pass has answered; where one is lost all the same, the sweep asks for another.

It goes straight to analysis_tick, not through the topic: its request is the CloudEvent, its token
the one that a push has, and Cloud Tasks delivers again by itself. Of the API one POST is needed, so
it is made without Google's client: that would bring gRPC, 680 modules and half a second to a start.
https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks/create
"""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta

from shared.adapters import codec
from shared.adapters.exchange import exchange
from shared.adapters.settings import ClockSettings
from shared.domain.errors import Unavailable
from shared.domain.events import Origin, Tick, analysis_tick
from shared.domain.fields import Json, quoted
from shared.domain.instants import written
from shared.domain.observe import Moment
from shared.domain.schedule import next_beat

SOURCE = "/spillway/beat"
_SECONDS = 5.0
_CREATED, _THERE_ALREADY = 200, 409


class CloudTasksClock:
    """Ticks that are asked for one by one."""

    goes_on = False

    def __init__(self, settings: ClockSettings, token: Callable[[], str], beat: timedelta) -> None:
        self._settings = settings
        self._token = token
        self._beat = beat

    def version(self) -> str:
        """Nothing stands that would go on."""
        return ""

    def want(self, now: datetime, due: datetime) -> None:
        """Queues a tick for the next beat at which this is due; asked for twice, it is one."""
        beat = next_beat(due, Moment(now, self._beat))
        queue = f"{self._settings.endpoint.rstrip('/')}/v2/{self._settings.queue}/tasks"
        headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"}
        body = json.dumps({"task": self._task(beat)}).encode()
        answer = exchange("POST", queue, headers, body, seconds=_SECONDS)
        if answer.status not in (_CREATED, _THERE_ALREADY):
            said = quoted(answer.body.decode(errors="replace"))
            raise Unavailable(f"{self._settings.queue}: {answer.status}: {said}")

    def stop(self, version: str) -> None:
        """A task that comes for nothing finds nobody waiting, and is the last."""

    def _task(self, beat: datetime) -> Json:
        """Named by its moment: a name cannot be used again for an hour, a moment never is. Hashed,
        as names in a sequence are slow.
        """
        sink = self._settings.sink
        name = hashlib.sha256(f"{sink} {written(beat)}".encode()).hexdigest()[:32]
        headers, body = codec.encode(analysis_tick(Origin(name, SOURCE, beat), Tick()))
        return {
            "name": f"{self._settings.queue}/tasks/{name}",
            "scheduleTime": written(beat),
            "httpRequest": {
                "httpMethod": "POST",
                "url": sink,
                "headers": headers,
                "body": base64.b64encode(body).decode(),
                "oidcToken": {"serviceAccountEmail": self._settings.account, "audience": sink},
            },
        }
