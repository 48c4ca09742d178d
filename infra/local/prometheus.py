"""A real Prometheus that scrapes the mesh and shows what Envoy counts under Istio's names.

Both count durations in milliseconds; Envoy leaves out those of requests that it answered itself.
There is `reporter="destination"` only. Targets are first scraped about 6 s after the start.
"""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from infra.local.alone import alone
from infra.local.istio_names import OURS, Names, label
from infra.local.processes import Failed, Part, Processes, free_ports
from shared.domain.fields import Object

_START_SECONDS = 10.0
_FETCH_SECONDS = 300.0
_ASK_SECONDS = 1.0
_RELOAD_SECONDS = 10.0
_BY_HAND = "Prometheus is missing: put the program `prometheus` on the PATH (https://prometheus.io/download)"
_BY_APT = "Prometheus is missing, and apt-get does not find it; run: sudo apt-get update"


@dataclass(frozen=True, slots=True)
class Prometheus:
    """One that runs."""

    url: str
    processes: Processes

    def stop(self) -> None:
        """Ends it."""
        self.processes.stop()


def start(folder: Path, scraped: str, port: int = 0, *, programs: Path | None = None) -> Prometheus:
    """Starts with empty memory and returns when it answers; a port of 0 means any free one.

    `scraped` is the address of Envoy's admin interface; `programs` is where a fetched program is
    kept, if not in the folder.
    """
    port = port or free_ports(1)[0]
    command = prepare(fetched(programs or folder), folder, scraped, port)
    processes = Processes(folder)
    with ExitStack() as undo:
        undo.callback(processes.stop)
        processes.start(Part("prometheus", command, lambda: is_ready(f"127.0.0.1:{port}")))
        processes.wait(_START_SECONDS)
        undo.pop_all()
    return Prometheus(f"http://127.0.0.1:{port}", processes)


def fetched(folder: Path) -> Path:
    """The program: the one on the PATH, else Debian's, unpacked in the folder and not installed."""
    found = shutil.which("prometheus")
    if found:
        return Path(found)
    package = folder / "package"
    with alone(folder):
        if not package.exists():
            _fetch(package)
    return package / "usr" / "bin" / "prometheus"


def prepare(
    program: Path, folder: Path, scraped: str, port: int, names: Names = OURS
) -> tuple[str, ...]:
    """Writes the configuration; the command that runs with it, and with nothing remembered."""
    data = folder / "data"
    shutil.rmtree(data, ignore_errors=True)  # another lab's requests are not this one's
    folder.mkdir(parents=True, exist_ok=True)
    config = write(folder, scraped, names)
    return (
        str(program),
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=2h",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-lifecycle",
        "--log.level=warn",
    )


def write(folder: Path, scraped: str, names: Names) -> Path:
    """Writes the configuration, in one step; one that runs is told of it by `reload`."""
    config, draft = folder / "prometheus.json", folder / "prometheus.draft"
    draft.write_text(json.dumps(configuration(scraped, names), indent=2) + "\n")
    return draft.replace(config)


def reload(address: str) -> None:
    """Makes the Prometheus at an address take its configuration anew; Failed where it does not."""
    connection = HTTPConnection(address, timeout=_RELOAD_SECONDS)
    try:
        connection.request("POST", "/-/reload")
        answer = connection.getresponse()
        if answer.status != 200:
            raise Failed(f"Prometheus does not reload: {answer.read().decode()}")
    except (OSError, HTTPException) as error:
        raise Failed(f"Prometheus does not reload: {error}") from error
    finally:
        connection.close()


def configuration(scraped: str, names: Names) -> Object:
    """One scrape a second, of what Istio's two metrics are made from."""
    every = "1s"
    job: Object = {
        "job_name": "mesh",
        "metrics_path": "/stats/prometheus",
        "params": {"usedonly": [""], "filter": [names.statistics]},
        "static_configs": [{"targets": [scraped], "labels": {"reporter": "destination"}}],
        "metric_relabel_configs": [
            *names.rules,
            label("response_code", "envoy_response_code", "(.+)", "$1"),
            label("__name__", "__name__", "envoy_cluster_upstream_rq", "istio_requests_total"),
            label(
                "__name__",
                "__name__",
                "envoy_cluster_upstream_rq_time_(bucket|sum|count)",
                "istio_request_duration_milliseconds_$1",
            ),
            {"action": "labeldrop", "regex": "envoy_.*"},
        ],
    }
    return {
        "global": {"scrape_interval": every, "scrape_timeout": every},
        "scrape_configs": [job],
    }


def is_ready(address: str) -> bool:
    """Whether the Prometheus at an address takes queries."""
    connection = HTTPConnection(address, timeout=_ASK_SECONDS)
    try:
        connection.request("GET", "/-/ready")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def main() -> None:
    """Becomes a Prometheus: the process is the same, so are its parent and its signals."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.prometheus", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="the folder to work in")
    parser.add_argument("--scrape", help="host:port of Envoy's admin interface; none: only fetch")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    options = parser.parse_args()
    try:
        program = fetched(options.state)
    except Failed as error:
        raise SystemExit(str(error)) from error
    if options.scrape is None:
        print(program)
        return
    port = options.port or free_ports(1)[0]
    command = prepare(program, options.state, options.scrape, port)
    print(f"Prometheus on http://127.0.0.1:{port}", flush=True)
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


def _fetch(package: Path) -> None:
    """Downloads and unpacks Debian's or Ubuntu's package; appears whole or not at all."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise Failed(_BY_HAND)
    with tempfile.TemporaryDirectory(dir=package.parent) as name:
        folder = Path(name)
        if not (_download(folder) or (_may_update() and _download(folder))):
            raise Failed(_BY_APT)
        (archive,) = folder.glob("prometheus_*.deb")
        if not _run(folder, "dpkg-deb", "-x", archive.name, "unpacked"):
            raise Failed(_BY_HAND)
        (folder / "unpacked").rename(package)


def _download(folder: Path) -> bool:
    return _run(folder, "apt-get", "download", "prometheus")


def _may_update() -> bool:
    """Brings the package lists up to date where that needs nobody's password."""
    return os.geteuid() == 0 and _run(Path("/"), "apt-get", "update")


def _run(folder: Path, *command: str) -> bool:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=_FETCH_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


if __name__ == "__main__":
    main()
