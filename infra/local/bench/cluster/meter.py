"""What the function servers use: processor time and memory, with all their processes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from infra.local.processes import Processes

_SAMPLE_SECONDS = 1.0


def cpu_seconds(processes: Processes) -> float:
    """Of all parts since their start, user and system."""
    return sum(_cpu(process) for pid in processes.pids().values() for process in _family(pid))


class Peak:
    """The most memory that the parts had at one moment, in MB."""

    megabytes = 0.0


@contextmanager
def watched(processes: Processes) -> Iterator[Peak]:
    """Looks once a second, until the block is left. Shared pages count in shares (PSS)."""
    peak, stop = Peak(), threading.Event()

    def look() -> None:
        while not stop.wait(_SAMPLE_SECONDS):
            peak.megabytes = max(peak.megabytes, _megabytes(processes))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()


def _megabytes(processes: Processes) -> float:
    found = 0
    for pid in processes.pids().values():
        for process in _family(pid):
            with suppress(psutil.Error):
                found += process.memory_full_info().pss
    return found / 1e6


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _cpu(process: psutil.Process) -> float:
    with suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0
