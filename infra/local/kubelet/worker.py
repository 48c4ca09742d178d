"""One pod's life, in a thread of its own: bound, started, probed, restarted, ended.

A pod that is deleted is first only waited for: its deletionTimestamp makes the endpoints
controller take it out of the routes, and not before the mesh has certainly followed does its
process hear SIGTERM. So no request meets a closed door.
"""

import http.client
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from infra.local.kube import Kube, KubeError, Tree
from infra.local.kubelet import pod as pods
from infra.local.kubelet.pod import Ended, Health, Probe, Program, Running, Waiting

NODE = "lab"
_LOOK_SECONDS = 0.1  # how late the end of a process may be noticed
_UNBORN_SECONDS = 0.1  # between probes of a process that does not listen yet
_RETRY_SECONDS = 0.5  # between two tries of a call that the API server did not take
_STOP_SECONDS = 5.0  # for a process to end when the whole lab ends
_ROOT = Path(__file__).parents[3]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pod lives: the address that the API tells, and the one that it really has."""

    ip: str
    port: int


class Worker:
    """Runs one pod until it is deleted, is gone, or the kubelet ends."""

    def __init__(self, kube: Kube, pod: Tree, place: Place, drain_seconds: float) -> None:
        metadata = pod["metadata"]
        self.place = place
        self._kube, self._pod, self._drain = kube, pod, drain_seconds
        self._path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
        self._deleted = threading.Event()  # it has to go, but may finish what it does
        self._dropped = threading.Event()  # it has to go now, and nothing more is to be told
        self._grace = 0.0
        self._ready = False
        self._restarts = pods.restarts(pod)
        self._last: Ended | None = None
        self._thread = threading.Thread(target=self._run, name=metadata["name"])

    def start(self) -> None:
        """Begins the pod's life in the background, once."""
        if self._thread.ident is None:
            self._thread.start()

    def retire(self, grace: float) -> None:
        """Ends the pod within its grace: out of the routes first, then out of the world."""
        self._grace = grace
        self._deleted.set()

    def drop(self) -> None:
        """Ends the process at once: the object is gone, or the kubelet is going."""
        self._dropped.set()
        self._deleted.set()

    def is_over(self) -> bool:
        """Whether the pod's process has ended for good."""
        return not self._thread.is_alive()

    def wait(self) -> None:
        """Returns when the pod's life is over."""
        self._thread.join()

    def _run(self) -> None:
        self._bind()
        wanted = pods.program(self._pod)
        if isinstance(wanted, Waiting):
            self._tell(wanted)
            self._deleted.wait()
        while isinstance(wanted, Program) and not self._deleted.is_set():
            self._run_once(wanted)
        if not self._dropped.is_set():
            self._insist(lambda: self._kube.delete(self._path, grace_seconds=0))

    def _bind(self) -> None:
        if self._pod["spec"].get("nodeName"):
            return
        binding = pods.binding(self._pod, NODE)
        self._insist(lambda: self._kube.create(f"{self._path}/binding", binding))

    def _run_once(self, wanted: Program) -> None:
        """Starts the process and stays with it until it has ended, by itself or as told."""
        started = datetime.now(UTC)
        address = f"127.0.0.1:{self.place.port}"
        note = {"metadata": {"annotations": {pods.ADDRESS: address}}}
        self._insist(lambda: self._kube.patch(self._path, note))
        process = _start(wanted, self._pod["metadata"]["name"], self.place.port)
        self._tell(Running(started))
        self._watch_over(process, wanted.probe, started)
        if self._deleted.is_set():
            self._end(process)
            return
        self._last = Ended(process.returncode, started, datetime.now(UTC))
        message = f"the process ended with code {process.returncode} and will start again"
        self._tell(Waiting("CrashLoopBackOff", message))
        self._deleted.wait(pods.backoff(self._restarts))
        self._restarts += 1

    def _watch_over(
        self, process: subprocess.Popen[bytes], probe: Probe, started: datetime
    ) -> None:
        """Probes the process until it ends or has to."""
        health, due = Health(), time.monotonic() + probe.delay
        while not self._deleted.wait(_LOOK_SECONDS) and process.poll() is None:
            if time.monotonic() < due:
                continue
            found = _ask(self.place.port, probe)
            due = time.monotonic() + (_UNBORN_SECONDS if found is None else probe.period)
            before, health = health, pods.judged(health, bool(found), probe)
            if health.ready != before.ready:
                self._tell(Running(started, health.ready))

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """Waits until the pod has left the routes, if it was in them; then ends the process."""
        until = time.monotonic() + self._grace
        if self._ready:
            self._dropped.wait(min(self._drain, self._grace))
        process.terminate()
        try:
            process.wait(max(_STOP_SECONDS, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _tell(self, state: Running | Waiting) -> None:
        """Writes the pod's status."""
        self._ready = isinstance(state, Running) and state.ready
        body = {
            "status": pods.status(
                self._pod,
                self.place.ip,
                state,
                restarts=self._restarts,
                last=self._last,
                now=datetime.now(UTC),
            )
        }
        self._pod = {**self._pod, **body}
        self._insist(lambda: self._kube.patch(f"{self._path}/status", body))

    def _insist(self, call: Callable[[], object]) -> None:
        """Repeats a call until it is taken; what is gone, or was done before, needs none."""
        while not self._dropped.is_set():
            try:
                call()
            except KubeError as error:
                if error.status in (404, 409):
                    return
                _log.warning("%s: %s", self._path, error)
                time.sleep(_RETRY_SECONDS)
            else:
                return


def _start(wanted: Program, name: str, port: int) -> subprocess.Popen[bytes]:
    environ = {**wanted.environ, "VERSION": wanted.version, "POD_NAME": name, "PORT": str(port)}
    return subprocess.Popen(
        [sys.executable, "-m", "infra.local.croc_hunter"],
        stdin=subprocess.DEVNULL,
        cwd=_ROOT,
        env={"PATH": os.environ.get("PATH", ""), **environ},
    )


def _ask(port: int, probe: Probe) -> bool | None:
    """Whether a process says that it is ready; None while it does not even listen."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=probe.timeout)
    try:
        connection.request("GET", probe.path, headers=dict(probe.headers))
        return 200 <= connection.getresponse().status < 400
    except ConnectionRefusedError:
        return None
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
