"""The lab as a whole: one per folder, and a start that fails says why and leaves nothing behind."""

import fcntl
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from infra.local import lab
from infra.local.parts import ROOT
from infra.local.processes import Failed

pytestmark = pytest.mark.lab


def test_a_folder_holds_one_lab(tmp_path: Path):
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        with pytest.raises(Failed, match=f"another lab runs in {tmp_path}"), lab.running(tmp_path):
            pytest.fail("it runs")


def test_a_part_that_does_not_start_is_shown_and_the_others_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SPILLWAY_POOL", "none")

    with pytest.raises(Failed) as caught, lab.running(tmp_path):
        pytest.fail("it runs")

    assert "ended with code" in str(caught.value)
    assert "SPILLWAY_POOL='none': wanted a whole number" in str(caught.value)
    assert psutil.Process().children(recursive=True) == []


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGINT, 130, id="Ctrl-C"),
        pytest.param(signal.SIGTERM, 143, id="SIGTERM"),
        pytest.param(signal.SIGKILL, -9, id="SIGKILL"),
    ],
)
def test_however_it_ends_nothing_survives(tmp_path: Path, number: signal.Signals, code: int):
    command = [sys.executable, "-m", "infra.local.playground", "--state", str(tmp_path)]
    out = tmp_path / "out"
    with out.open("w") as screen:
        process = subprocess.Popen(command, cwd=ROOT, stdout=screen, stderr=screen)
    try:
        until(lambda: "It runs" in out.read_text())
        started = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        process.wait(30)
    finally:
        process.kill()

    assert process.returncode == code
    assert len(started) > 15
    until(lambda: not any(part.is_running() for part in started))


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)
