"""Refusals as the API tells them: a Status object with the real server's reason and words."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra.local.apiserver.trees import Tree


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that is wrong with an object: where, why, and in words."""

    field: str
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class ApiError(Exception):
    """A request that was not done, with its HTTP status."""

    def __init__(self, code: int, reason: str, message: str, details: Tree | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.details = details  # an empty one is told, too, as the real server does

    def status(self) -> Tree:
        """The Status object that the client gets."""
        told: Tree = {"reason": self.reason} if self.reason else {}
        if self.details is not None:
            told["details"] = self.details
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": str(self),
            **told,
            "code": self.code,
        }


def required(field: str, detail: str = "") -> Cause:
    """A field that must be there."""
    return Cause(field, "FieldValueRequired", f"Required value{detail and f': {detail}'}")


def invalid_value(field: str, shown: str, detail: str) -> Cause:
    """A field with a value that cannot be."""
    return Cause(field, "FieldValueInvalid", f"Invalid value: {shown}: {detail}")


def forbidden_field(field: str, detail: str) -> Cause:
    """A field that may not be set or changed now."""
    return Cause(field, "FieldValueForbidden", f"Forbidden: {detail}")


def bad_request(message: str) -> ApiError:
    """A request that cannot be understood."""
    return ApiError(400, "BadRequest", message)


def no_such_path() -> ApiError:
    """A path that nothing is served at."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def no_such_method() -> ApiError:
    """A verb that the resource does not have."""
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", message, {})


def no_such_verb(verb: str, group: str, plural: str) -> ApiError:
    """A verb that a part of a custom object does not have."""
    message = f'{verb} is not supported on resources of kind "{_qualified(group, plural)}"'
    return ApiError(405, "MethodNotAllowed", message, {"group": group, "kind": plural})


def not_acceptable(message: str, details: Tree | None = None) -> ApiError:
    """A form that an object is not served in."""
    return ApiError(406, "NotAcceptable", message, details)


def refused_options(kind: str, cause: Cause) -> ApiError:
    """A parameter that cannot be; kind is that of the options, such as CreateOptions."""
    return invalid("meta.k8s.io", kind, "", [cause])


def not_supported(field: str, shown: str, choices: Sequence[str]) -> Cause:
    """A field with a value that is none of its choices."""
    supported = ", ".join(f'"{choice}"' for choice in choices)
    why = f"Unsupported value: {shown}: supported values: {supported}"
    return Cause(field, "FieldValueNotSupported", why)


def duplicate(field: str, shown: str) -> Cause:
    """A value that was there before."""
    return Cause(field, "FieldValueDuplicate", f"Duplicate value: {shown}")


def unprocessable() -> ApiError:
    """A JSON patch that does not fit the object: a failed `test`, or a path that is not there."""
    message = "the server rejected our request due to an error in our request"
    return ApiError(422, "Invalid", message, {})


def unsupported_media(supported: Sequence[str]) -> ApiError:
    """A body in a format that the server does not read."""
    message = (
        "the body of the request was in an unknown format - "
        f"accepted media types include: {', '.join(supported)}"
    )
    return ApiError(415, "UnsupportedMediaType", message)


def unsupported_patch() -> ApiError:
    """A patch of no kind at all."""
    return ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})


def too_new(version: int, current: int) -> ApiError:
    """A version that was not written yet."""
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    message = f"Timeout: Too large resource version: {version}, current: {current}"
    return ApiError(504, "Timeout", message, {"causes": [cause], "retryAfterSeconds": 1})


def gone(message: str) -> ApiError:
    """A version that is no longer known: list again."""
    return ApiError(410, "Expired", message)


def not_found(group: str, plural: str, name: str) -> ApiError:
    """An object that is not there."""
    message = f'{_qualified(group, plural)} "{name}" not found'
    return ApiError(404, "NotFound", message, _details(group, plural, name))


def already_exists(group: str, plural: str, name: str, *, dying: bool) -> ApiError:
    """An object that was there before; one that is dying still has its name."""
    message = f'{_qualified(group, plural)} "{name}" already exists'
    if dying:
        message = f"object is being deleted: {message}"
    return ApiError(409, "AlreadyExists", message, _details(group, plural, name))


def conflict(group: str, plural: str, name: str, why: str = "") -> ApiError:
    """A write that lost a race."""
    why = why or (
        "the object has been modified; "
        "please apply your changes to the latest version and try again"
    )
    message = f'Operation cannot be fulfilled on {_qualified(group, plural)} "{name}": {why}'
    return ApiError(409, "Conflict", message, _details(group, plural, name))


def invalid(group: str, kind: str, name: str, causes: Sequence[Cause]) -> ApiError:
    """An object that breaks the rules of its kind."""
    told = str(causes[0]) if len(causes) == 1 else f"[{', '.join(map(str, causes))}]"
    details = _details(group, kind, name)
    details["causes"] = [listed(cause) for cause in causes]
    message = f'{_qualified(group, kind)} "{name}" is invalid: {told}'
    return ApiError(422, "Invalid", message, details)


def terminating(group: str, plural: str, name: str, namespace: str) -> ApiError:
    """A new object in a namespace that ends."""
    why = f"unable to create new content in namespace {namespace} because it is being terminated"
    message = f'{_qualified(group, plural)} "{name}" is forbidden: {why}'
    told = f"namespace {namespace} is being terminated"
    cause = listed(Cause("metadata.namespace", "NamespaceTerminating", told))
    details = {**_details(group, plural, name), "causes": [cause]}
    return ApiError(403, "Forbidden", message, details)


def listed(cause: Cause) -> Tree:
    """A cause as a Status object lists it."""
    return {"reason": cause.reason, "message": cause.message, "field": cause.field}


def _qualified(group: str, word: str) -> str:
    return f"{word}.{group}" if group else word


def _details(group: str, word: str, name: str) -> Tree:
    details = {"name": name, "group": group, "kind": word}
    return {key: value for key, value in details.items() if value}
