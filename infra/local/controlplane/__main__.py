"""Finds the programs of the real control plane, or those that are named; builds what is missing."""

import sys

from infra.local.controlplane import programs
from infra.local.controlplane.programs import Program
from infra.local.processes import Failed


def main() -> None:
    """Prints where each program is; the exit code is 1 where one cannot be had."""
    try:
        for program in _wanted(sys.argv[1:]):
            path = programs.found(program, lambda said: print(said, flush=True))
            print(f"{program.name:24} {path}", flush=True)
    except Failed as error:
        sys.exit(str(error))


def _wanted(names: list[str]) -> list[Program]:
    others = (programs.GOOGLE_PROVIDER, programs.ARGO)
    known = {program.name: program for program in (*programs.ALL, *others)}
    if unknown := [name for name in names if name not in known]:
        raise Failed(f"{', '.join(unknown)}: not known here; these are: {', '.join(known)}")
    return [known[name] for name in names] or [*programs.ALL]


if __name__ == "__main__":
    main()
