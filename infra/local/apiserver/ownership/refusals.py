"""How an apply is refused."""

from collections.abc import Sequence

from infra.local.apiserver.errors import ApiError, Cause, listed
from infra.local.apiserver.trees import Tree


def apply_conflict(message: str, causes: Sequence[Cause]) -> ApiError:
    """An applied value that another manager owns and wants otherwise."""
    return ApiError(409, "Conflict", message, {"causes": [listed(cause) for cause in causes]})


def untyped(api_version: str, kind: str, obj: Tree, why: str) -> ApiError:
    """An applied object that does not fit its type."""
    metadata = obj.get("metadata") or {}
    place = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
    version = api_version if "/" in api_version else f"/{api_version}"
    message = f"failed to create typed patch object ({place}; {version}, Kind={kind}): {why}"
    return ApiError(500, "", message)
