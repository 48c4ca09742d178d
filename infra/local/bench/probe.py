"""Run in a fresh process: a function is loaded as its server loads it, and given one event.

What it cost is printed: modules after the start, the reply, the peak of the memory in MB.
"""

import json
import sys
from pathlib import Path

from functions_framework import create_app

_EVENT = {
    "ce-specversion": "1.0",
    "ce-id": "1",
    "ce-source": "/bench",
    "ce-type": "dev.cdeventsx.spillway-analysis.tick.0.1.0",
    "content-type": "application/json",
}


def main() -> None:
    """The function is that of FUNCTION_TARGET and FUNCTION_SOURCE."""
    app = create_app()  # type: ignore[no-untyped-call]  # untyped
    modules = sorted(sys.modules)
    status = app.test_client().post("/", headers=_EVENT, data=b"{}").status_code
    print(json.dumps({"modules": modules, "status": status, "peak": _peak()}))


def _peak() -> float:
    """Of this process alone: what getrusage says begins with the process that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (kilobytes,) = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(kilobytes) * 1024 / 1e6


if __name__ == "__main__":
    main()
