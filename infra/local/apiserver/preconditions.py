"""What a body must agree with: the path that it was sent to, and the object that it changes."""

from infra.local.apiserver import errors
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.trees import Tree, shown


def check_type(resource: Resource, obj: Tree) -> None:
    """Custom objects must say what they are; the type of builtin ones follows from the path."""
    if not resource.custom:
        obj.setdefault("apiVersion", resource.api_version)
        obj.setdefault("kind", resource.kind)
    api_version, kind = obj.get("apiVersion"), obj.get("kind")
    if not kind:
        raise errors.bad_request("Object 'Kind' is missing")
    if resource.custom and api_version != resource.api_version:
        raise errors.bad_request(
            f"the API version in the data ({api_version}) does not match the expected API version "
            f"({resource.api_version})"
        )
    if resource.custom and kind != resource.kind:
        name = obj.get("metadata", {}).get("name", "")
        cause = errors.invalid_value("kind", shown(kind), f"must be {resource.kind}")
        raise errors.invalid(resource.group, str(kind), name, [cause])
    if (api_version, kind) != (resource.api_version, resource.kind):
        raise errors.bad_request(
            f"the object provided is {kind} in {api_version}, "
            f"but the path serves {resource.kind} in {resource.api_version}"
        )


def check_identity(resource: Resource, old: Tree, new: Tree) -> None:
    """Raises 400 for another name or namespace, and 409 for another uid."""
    before, metadata = old["metadata"], new.setdefault("metadata", {})
    if not isinstance(metadata, dict):
        raise errors.bad_request("metadata: wanted an object")
    name, namespace = before["name"], before.get("namespace", "")
    if not metadata.get("name"):
        raise errors.bad_request(
            f"the name of the object ({name} based on URL) was undeterminable: "
            "name must be provided"
        )
    if metadata.get("name") != name:
        raise errors.bad_request(
            f"the name of the object ({metadata.get('name', '')}) "
            f"does not match the name on the URL ({name})"
        )
    check_namespace(metadata, namespace)
    if namespace:
        metadata["namespace"] = namespace
    if metadata.get("uid", before["uid"]) not in ("", before["uid"]):
        why = (
            f"StorageError: invalid object, Code: 4, Key: /registry/{resource.plural}/{namespace}/"
            f"{name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: "
            f"UID in precondition: {metadata['uid']}, UID in object meta: {before['uid']}"
        )
        raise errors.conflict(resource.group, resource.plural, name, why)


def check_namespace(metadata: Tree, namespace: str) -> None:
    """Raises 400 for an object of another namespace than the path's."""
    if metadata.get("namespace", namespace) not in ("", namespace):
        raise errors.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )


def check_version(resource: Resource, old: Tree, new: Tree) -> None:
    """Raises 409 for a change that was made from another version than the stored one."""
    name, version = old["metadata"]["name"], new["metadata"].get("resourceVersion")
    if not version and resource.custom:
        why = "must be specified for an update"
        cause = errors.invalid_value("metadata.resourceVersion", "0", why)
        raise errors.invalid(resource.group, resource.plural, name, [cause])
    if version and version != old["metadata"]["resourceVersion"]:
        raise errors.conflict(resource.group, resource.plural, name)
