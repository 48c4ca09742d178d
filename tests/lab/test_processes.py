"""The lab's processes start together, tell why one failed, and leave nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.local.processes import Failed, Part, Processes, free_ports

pytestmark = pytest.mark.loopback


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    found = Processes(tmp_path / "logs", grace=0.3)
    yield found
    found.stop()


def test_a_part_that_becomes_ready_is_waited_for(processes: Processes, tmp_path: Path):
    sign = tmp_path / "sign"
    script = f"import time; time.sleep(0.1); open({str(sign)!r}, 'w'); time.sleep(60)"
    processes.start(python("slow", script, ready=sign.exists))

    processes.wait(5)

    assert sign.exists()


def test_a_part_that_ends_is_named_and_its_log_is_shown(processes: Processes):
    processes.start(python("loud", "print('no such file: x'); raise SystemExit(3)"))

    with pytest.raises(Failed, match=r"loud ended with code 3\n  loud \| no such file: x"):
        processes.wait(5)


def test_a_part_that_ends_later_is_found_by_a_check(processes: Processes):
    processes.start(python("brief", "import time; time.sleep(0.1)", ready=lambda: True))
    processes.wait(5)

    time.sleep(0.5)

    with pytest.raises(Failed, match="brief ended with code 0"):
        processes.check()


def test_a_part_that_never_is_ready_is_given_up(processes: Processes):
    processes.start(python("mute", "import time; time.sleep(60)"))

    with pytest.raises(Failed, match=r"mute is not ready after 0\.1 s"):
        processes.wait(0.1)


def test_a_part_sees_its_environment_and_ours(processes: Processes, tmp_path: Path):
    out = tmp_path / "out"
    script = f"import os; open({str(out)!r}, 'w').write(os.environ['X'] + os.environ['HOME'])"
    part = python("env", script, ready=lambda: out.exists() and bool(out.read_text()))

    processes.start(Part(part.name, part.command, part.ready, {"X": "1"}))

    until(part.ready)
    assert out.read_text() == "1" + os.environ["HOME"]


def test_the_last_one_started_is_stopped_first(processes: Processes, tmp_path: Path):
    out = tmp_path / "order"
    script = """
        import signal, sys, time
        def end(*_):
            print(sys.argv[1], file=open(sys.argv[2], "a"))
            sys.exit()
        signal.signal(signal.SIGTERM, end)
        open(sys.argv[2] + sys.argv[1], "w")
        time.sleep(60)
    """
    for name in ("first", "second"):
        sign = Path(f"{out}{name}")
        processes.start(python(name, textwrap.dedent(script), name, str(out), ready=sign.exists))
    processes.wait(5)

    processes.stop()

    assert out.read_text().split() == ["second", "first"]


def test_what_ignores_sigterm_is_killed_with_its_children(processes: Processes, tmp_path: Path):
    pids = tmp_path / "pids"
    script = f"""
        import os, signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = os.fork()
        if child:
            open({str(pids)!r}, "w").write(f"{{os.getpid()}} {{child}}")
        time.sleep(60)
    """
    written = lambda: pids.exists() and len(pids.read_text().split()) == 2  # noqa: E731
    processes.start(python("parent", textwrap.dedent(script), ready=written))
    processes.wait(5)

    processes.stop()

    until(lambda: not any(is_running(int(pid)) for pid in pids.read_text().split()))


@pytest.mark.parametrize(
    ("orphaned", "wait"),
    [
        pytest.param("TERM", "", id="so that it can end what it started"),
        pytest.param(
            "KILL",
            "signal.signal(signal.SIGTERM, signal.SIG_IGN); ",
            id="at once where it would wait for the others",
        ),
    ],
)
def test_the_parts_hear_it_when_the_lab_is_killed(tmp_path: Path, orphaned: str, wait: str):
    lab = textwrap.dedent(f"""
        import sys, time
        from pathlib import Path
        from infra.local.processes import Part, Processes
        processes = Processes(Path({str(tmp_path)!r}))
        command = [sys.executable, "-c", "import signal, time; {wait}time.sleep(60)"]
        processes.start(Part("part", command, lambda: True, orphaned={orphaned!r}))
        print(processes.pids()["part"], flush=True)
        time.sleep(60)
    """)
    with subprocess.Popen([sys.executable, "-c", lab], stdout=subprocess.PIPE) as process:
        pid = int((process.stdout or pytest.fail("no output")).readline())
        time.sleep(0.2)  # setpriv has set the signal before the part itself is there
        process.send_signal(signal.SIGKILL)

    until(lambda: not is_running(pid))


def test_free_ports_are_free_and_not_the_systems_own():
    ports = free_ports(5)

    assert len(set(ports)) == 5
    assert all(20000 <= port <= 32000 for port in ports)
    for port in ports:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))


def test_a_port_is_not_chosen_twice():
    assert not set(free_ports(5)) & set(free_ports(5))


def python(
    name: str, script: str, *arguments: str, ready: Callable[[], bool] = lambda: False
) -> Part:
    return Part(name, [sys.executable, "-c", script, *arguments], ready)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)
