"""The body of a server-side apply, and whether it may be tried at all."""

import yaml

from infra.local.apiserver import errors
from infra.local.apiserver.errors import Cause
from infra.local.apiserver.messages import Request
from infra.local.apiserver.patch import APPLY
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.trees import Tree, Value

_LONGEST_MANAGER = 128


def check_options(request: Request) -> None:
    """Raises 422 where an apply has no manager, or another patch the force of one."""
    manager = request.query.get("fieldManager", "")
    if len(manager.encode()) > _LONGEST_MANAGER:
        why = f"Too long: may not be more than {_LONGEST_MANAGER} bytes"
        raise _refused(Cause("fieldManager", "FieldValueTooLong", why))
    if request.content_type == APPLY:
        if not manager:
            raise _refused(errors.required("fieldManager", "is required for apply patch"))
    elif "force" in request.query:
        why = "may not be specified for non-apply patch"
        raise _refused(errors.forbidden_field("force", why))


def read(request: Request, resource: Resource, name: str, namespace: str) -> Tree:
    """The configuration that is to be applied to the object of a name; YAML, or JSON as such."""
    config = _parsed(request)
    _check_type(resource, config)
    metadata = config.setdefault("metadata", {})
    own_name = metadata.get("name")
    if not own_name:
        raise errors.bad_request(
            f"the name of the object ({name} based on URL) was undeterminable: "
            "name must be provided"
        )
    if own_name != name:
        raise errors.bad_request(
            f"the name of the object ({own_name}) does not match the name on the URL ({name})"
        )
    if metadata.get("namespace", namespace) != namespace:
        raise errors.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    if metadata.get("managedFields") is not None:
        raise errors.bad_request("metadata.managedFields must be nil")
    return config


def _parsed(request: Request) -> Tree:
    try:
        found = yaml.load(request.data, Loader=_Loader)  # noqa: S506  a safe one
    except yaml.YAMLError as error:
        raise errors.bad_request(f"error encoding patch: yaml: {error}") from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        what = "array" if isinstance(found, list) else "string"
        raise errors.bad_request(
            "error decoding patch: error unmarshaling JSON: while decoding JSON: json: "
            f"cannot unmarshal {what} into Go value of type map[string]interface {{}}"
        )
    return found


def _check_type(resource: Resource, config: Tree) -> None:
    api_version, kind = str(config.get("apiVersion") or ""), config.get("kind") or ""
    if (api_version, kind) != (resource.api_version, resource.kind):
        group, _, version = api_version.rpartition("/")
        told = f"{group}/{version}"
        raise errors.bad_request(f"invalid object type: {told}, Kind={kind}")


def _refused(cause: Cause) -> errors.ApiError:
    return errors.refused_options("PatchOptions", cause)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen when run
    """YAML as JSON knows it: a date is a text."""


def _text(loader: _Loader, node: yaml.ScalarNode) -> Value:
    return loader.construct_scalar(node)


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _text)
