"""What the parameters of a request ask for."""

import base64
import json

from infra.local.apiserver import errors
from infra.local.apiserver.deletion import Deletion
from infra.local.apiserver.trees import Key, Value, copied
from infra.local.apiserver.verbs import Mode
from infra.local.apiserver.wire import Request


def deletion(request: Request) -> Deletion:
    """How an object is to be deleted: the body says it, or the query."""
    body = request.body() or {}
    options: dict[str, Value] = {**copied(body), **request.query}
    policy = options.get("propagationPolicy")
    orphan = policy == "Orphan" if policy else bool(options.get("orphanDependents"))
    grace = options.get("gracePeriodSeconds")
    preconditions = body.get("preconditions") or {}
    return Deletion(
        uid=preconditions.get("uid") or "",
        resource_version=preconditions.get("resourceVersion") or "",
        orphan=orphan,
        grace_seconds=None if grace is None else int(grace),
        dry_run=bool(options.get("dryRun")),
    )


def mode(request: Request) -> Mode:
    """How a write is to be done, and by whom."""
    return Mode(
        dry_run=bool(request.query.get("dryRun")),
        strict=request.query.get("fieldValidation") == "Strict",
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
