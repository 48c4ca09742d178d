"""What is wrong with names, labels, owners and finalizers, in the server's words."""

import re
from collections.abc import Iterator

from infra.local.apiserver import errors
from infra.local.apiserver.errors import Cause
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.trees import Tree, Value, shown

_SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_NAME_PART = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL = rf"({_NAME_PART})?"
_DOTLESS = r"[a-z]([-a-z0-9]*[a-z0-9])?"  # the names of Services, which become names of hosts
_FREE_NAMES = "rbac.authorization.k8s.io"  # a group whose names may hold colons and capitals
_LONGEST_NAME, _LONGEST_LABEL = 253, 63
_STANDARD_FINALIZERS = ("foregroundDeletion", "orphan", "kubernetes")
_ALNUM = "must start and end with an alphanumeric character"
_NAME_RULE = (
    f"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    f"'.', and {_ALNUM} (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
)
_PART_RULE = (
    f"alphanumeric characters, '-', '_' or '.', and {_ALNUM} "
    f"(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{_NAME_PART}')"
)
_KEY_RULE = (
    f"a valid label key must consist of {_PART_RULE} with an optional DNS subdomain prefix and '/' "
    "(e.g. 'example.com/MyName')"
)
_LABEL_RULE = (
    f"a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    f"'.', and {_ALNUM} (e.g. 'MyValue',  or 'my_value',  or '12345', "
    f"regex used for validation is '{_LABEL}')"
)


def check(resource: Resource, obj: Tree, old: Tree | None) -> list[Cause]:
    """What is wrong with the metadata of an object."""
    metadata = obj["metadata"]
    return [
        *_check_name(resource, metadata.get("name")),
        *_check_labels(metadata.get("labels") or {}),
        *_check_keys("metadata.annotations", metadata.get("annotations") or {}),
        *_check_owners(metadata),
        *_check_finalizers(resource, metadata, old),
    ]


def _check_name(resource: Resource, name: Value) -> Iterator[Cause]:
    if not name:
        yield errors.required("metadata.name", "name or generateName is required")
    elif not isinstance(name, str) or not _is_name(resource, name):
        rule = _NAME_RULE
        if len(name) > _LONGEST_NAME:
            rule = f"must be no more than {_LONGEST_NAME} characters"
        yield errors.invalid_value("metadata.name", shown(name), rule)
    elif resource.key == ("", "services") and "." in name:
        yield errors.invalid_value("metadata.name", shown(name), "must not contain dots")


def _check_labels(labels: Tree) -> Iterator[Cause]:
    yield from _check_keys("metadata.labels", labels)
    for value in labels.values():
        if isinstance(value, str) and len(value) > _LONGEST_LABEL:
            why = f"must be no more than {_LONGEST_LABEL} bytes"
            yield errors.invalid_value("metadata.labels", shown(value), why)
        elif not isinstance(value, str) or not re.fullmatch(_LABEL, value):
            yield errors.invalid_value("metadata.labels", shown(value), _LABEL_RULE)


def _check_keys(field: str, keys: Tree) -> Iterator[Cause]:
    for key in keys:
        prefix, _, name = key.rpartition("/")
        if "/" in prefix:
            yield errors.invalid_value(field, shown(key), _KEY_RULE)
        elif not re.fullmatch(_NAME_PART, name):
            why = f"name part must consist of {_PART_RULE}"
            yield errors.invalid_value(field, shown(key), why)


def _check_owners(metadata: Tree) -> Iterator[Cause]:
    for index, owner in enumerate(metadata.get("ownerReferences") or ()):
        for field in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(field):
                place = f"metadata.ownerReferences[{index}].{field}"
                yield errors.required(place, "must not be empty")


def _check_finalizers(resource: Resource, metadata: Tree, old: Tree | None) -> Iterator[Cause]:
    """What is dying can lose what holds it back, but get no more of it."""
    found = metadata.get("finalizers") or ()
    for index, finalizer in enumerate(found):
        if not resource.custom and "/" not in finalizer and finalizer not in _STANDARD_FINALIZERS:
            why = "name is neither a standard finalizer name nor is it fully qualified"
            yield errors.invalid_value(f"metadata.finalizers[{index}]", shown(finalizer), why)
    before = old["metadata"].get("finalizers") or () if old else ()
    more = [finalizer for finalizer in found if finalizer not in before]
    if old is not None and "deletionTimestamp" in old["metadata"] and more:
        told = ", ".join(shown(finalizer) for finalizer in more)
        why = (
            "no new finalizers can be added if the object is being deleted, "
            f"found new finalizers []string{{{told}}}"
        )
        yield errors.forbidden_field("metadata.finalizers", why)


def _is_name(resource: Resource, name: str) -> bool:
    if len(name) > _LONGEST_NAME:
        return False
    if resource.group == _FREE_NAMES:
        return "/" not in name and "%" not in name
    return re.fullmatch(_SUBDOMAIN, name) is not None
