"""One JSON line per outcome on standard output, as Knative and Cloud Run collect them."""

import json
import sys

from shared.domain.fields import Json


def info(message: str, **fields: Json) -> None:
    """What was done."""
    _write("INFO", message, fields)


def warning(message: str, **fields: Json) -> None:
    """What somebody should mend."""
    _write("WARNING", message, fields)


def error(message: str, **fields: Json) -> None:
    """What did not work and is left to a later delivery."""
    _write("ERROR", message, fields)


def _write(severity: str, message: str, fields: dict[str, Json]) -> None:
    """One write, so that the lines of threads do not mix; flushed, as the process may freeze."""
    line = json.dumps({"severity": severity, "message": message, **fields}, default=str)
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
