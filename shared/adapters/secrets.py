"""The webhook's secrets, as Kubernetes mounts them: read at each request, so rotation is live."""

from collections.abc import Mapping
from pathlib import Path

from shared.adapters import log
from shared.domain.errors import Unavailable
from shared.domain.signature import Secret

_LIMIT = ".namespaces"
_SHORTEST = 16  # bytes; with an empty key everybody could sign


def read(folder: Path) -> tuple[Secret, ...]:
    """All secrets that can be used; that there is none is not the fault of a request."""
    try:
        files = _files(folder)
    except OSError as error:
        raise Unavailable(f"secrets in {folder}: {error.strerror}") from error
    secrets = tuple(
        _secret(name, key, files.get(f"{name}{_LIMIT}"))
        for name, key in files.items()
        if not name.endswith(_LIMIT) and _is_long_enough(name, key)
    )
    if not secrets:
        raise Unavailable(f"secrets in {folder}: there is none")
    return secrets


def _files(folder: Path) -> Mapping[str, bytes]:
    """Without the line end that editors and `echo` leave behind."""
    link = folder / "..data"  # Kubernetes swaps it as a whole: one set, never half of two
    here = link.resolve() if link.exists() else folder
    return {
        file.name: file.read_bytes().rstrip(b"\r\n")
        for file in sorted(here.iterdir())
        if file.is_file() and not file.name.startswith(".")
    }


def _is_long_enough(name: str, key: bytes) -> bool:
    if len(key) < _SHORTEST:
        log.error(f"secret {name}: not used, as it is shorter than {_SHORTEST} bytes")
    return len(key) >= _SHORTEST


def _secret(name: str, key: bytes, limit: bytes | None) -> Secret:
    if limit is None:
        return Secret(name, key)
    listed = limit.decode(errors="replace").replace("\n", ",").split(",")
    return Secret(name, key, frozenset(item.strip() for item in listed))
