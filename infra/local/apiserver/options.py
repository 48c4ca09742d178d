"""What the parameters of a request ask for."""

import base64
import json

from infra.local.apiserver import errors
from infra.local.apiserver.deletion import Deletion
from infra.local.apiserver.messages import Request
from infra.local.apiserver.modes import Mode
from infra.local.apiserver.trees import Key, Value, copied

_OPTIONS = {"POST": "CreateOptions", "PUT": "UpdateOptions", "DELETE": "DeleteOptions"}
_VALIDATIONS = ("", "Ignore", "Strict", "Warn")


def deletion(request: Request) -> Deletion:
    """How an object is to be deleted: the body says it, or the query."""
    body = request.body() or {}
    options: dict[str, Value] = {**copied(body), **request.query}
    policy = options.get("propagationPolicy")
    orphan = policy == "Orphan" if policy else bool(options.get("orphanDependents"))
    mode(request)
    grace = options.get("gracePeriodSeconds")
    preconditions = body.get("preconditions") or {}
    return Deletion(
        uid=preconditions.get("uid") or "",
        resource_version=preconditions.get("resourceVersion") or "",
        orphan=orphan,
        foreground=policy == "Foreground",
        grace_seconds=None if grace is None else int(grace),
        dry_run=bool(options.get("dryRun")),
    )


def mode(request: Request) -> Mode:
    """How a write is to be done, and by whom; 422 for what is none of the choices."""
    kind = _OPTIONS.get(request.method, "PatchOptions")
    dry_run, validation = request.query.get("dryRun"), request.query.get("fieldValidation", "")
    if dry_run not in (None, "All"):
        cause = errors.not_supported("dryRun", f'["{dry_run}"]', ["All"])
        raise errors.refused_options(kind, cause)
    if validation not in _VALIDATIONS:
        cause = errors.not_supported("fieldValidation", f'"{validation}"', _VALIDATIONS)
        raise errors.refused_options(kind, cause)
    return Mode(
        dry_run=bool(dry_run),
        strict=validation == "Strict",
        warnings=None if validation in ("Ignore", "Strict") else [],
        manager=request.query.get("fieldManager") or request.agent,
        force=request.asks("force"),
    )


def token(key: Key) -> str:
    """The text by which a client asks for what follows from a key on."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def start(request: Request) -> Key | None:
    """Where a page begins."""
    token = request.query.get("continue")
    if not token:
        return None
    try:
        namespace, name = json.loads(base64.urlsafe_b64decode(token))
    except ValueError as error:
        raise errors.bad_request("continue key is not valid") from error
    return str(namespace), str(name)


def check_list(request: Request) -> None:
    """Raises 400 or 422 for parameters of a list or a watch that cannot be."""
    for name in ("limit", "timeoutSeconds"):
        request.number(name)
    version, match = request.query.get("resourceVersion"), request.query.get("resourceVersionMatch")
    if version and not version.isdecimal():
        why = f'resourceVersion: Invalid value: "{version}": strconv.ParseUint: parsing "{version}"'
        if request.asks("watch"):
            raise errors.ApiError(500, "", f"{why}: invalid syntax")
        raise errors.bad_request(f"invalid resource version: {why}: invalid syntax")
    if request.query.get("sendInitialEvents") and match != "NotOlderThan":
        _refuse_match("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
    if match and not version and not request.query.get("sendInitialEvents"):
        _refuse_match("resourceVersionMatch is forbidden unless resourceVersion is provided")


def _refuse_match(why: str) -> None:
    cause = errors.forbidden_field("resourceVersionMatch", why)
    raise errors.refused_options("ListOptions", cause)
