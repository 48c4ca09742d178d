"""A revision: the name of a pod template, the same wherever the template is met."""

import hashlib
import json

from shared.domain.fields import Json, Object, mapping, pairs
from shared.domain.ownership import unmarked

FLAGGER_ID = "flagger-id"
"""The annotation by which a primary's pods are rolled even where nothing else differs."""

_PREFIX = "s1:"  # what was hashed, and how: another way to hash gets another number
_LENGTH = 40  # hexadecimal digits; a label holds 63 characters


def revision_of(template: Object) -> str:
    """`s1:` and the first 40 digits of the SHA-256 of the template's canonical JSON.

    What Flux and Flagger add to the metadata is left out, and so is metadata that says nothing:
    a target's template and a primary's with ours undone have one revision.
    """
    said = json.dumps(_normal(template), sort_keys=True, separators=(",", ":"))
    return _PREFIX + hashlib.sha256(said.encode()).hexdigest()[:_LENGTH]


def is_ours(recorded: str) -> bool:
    """Whether a revision in a status is one of these; Flagger's hashes have no prefix."""
    return recorded.startswith(_PREFIX)


def digits(revision: str) -> str:
    """A revision without its prefix, as names and labels can hold it."""
    return revision.removeprefix(_PREFIX)


def _normal(template: Object) -> Json:
    metadata = mapping(template, "metadata")
    annotations = unmarked(pairs(metadata, "annotations"))
    annotations.pop(FLAGGER_ID, None)
    said: dict[str, Json] = {
        **metadata,
        "labels": unmarked(pairs(metadata, "labels")),
        "annotations": annotations,
    }
    kept = {key: value for key, value in said.items() if value not in (None, {})}
    return {**template, "metadata": kept}
