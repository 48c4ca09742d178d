"""Finds the programs of the real control plane, and builds those that are missing."""

import sys

from infra.local.controlplane import programs
from infra.local.processes import Failed


def main() -> None:
    """Prints where each program is; the exit code is 1 where one cannot be had."""
    try:
        for program in programs.ALL:
            path = programs.found(program, lambda said: print(said, flush=True))
            print(f"{program.name:24} {path}", flush=True)
    except Failed as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
