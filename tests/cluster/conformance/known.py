"""Where the embedded API server answers otherwise than a real one, and why it may."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.cluster.conformance.comparison import Difference


@dataclass(frozen=True, slots=True)
class Known:
    """A difference that stays: what it is, why, and the places where probes see it.

    A place is a probe and the place of a difference in its answers, which may have `*`.
    """

    what: str
    why: str
    places: tuple[tuple[str, str], ...]

    def covers(self, probe: str, difference: Difference) -> bool:
        """Whether this is the difference."""
        return any(
            name == probe and fnmatchcase(difference.place, place) for name, place in self.places
        )


KNOWN = (
    Known(
        "What is wrong with a body that cannot be read is said in Python's words, not in Go's",
        "the code, the reason and the form of the answer are the same; "
        "the words are those of a JSON decoder",
        (
            ("refusals.a_body_that_is_no_json", "* body.message"),
            ("refusals.a_body_that_is_no_object", "* body.message"),
            ("refusals.a_body_of_another_kind", "* body.message"),
            ("refusals.no_body", "* body.message"),
            ("schemas.the_type_must_be_that_of_the_path", "3 body.message"),
        ),
    ),
    Known(
        "A selector or a page's token that cannot be understood is refused in other words",
        "the real ones come from its parser, token by token; the code and the reason are the same",
        (
            ("selectors.labels_that_cannot_be_understood", "? value"),
            ("selectors.fields_that_cannot_be_selected_by", "3 value"),
            ("pages.a_token_that_nobody_gave", "1 body.message"),
        ),
    ),
    Known(
        "A value of the wrong type in a builtin object is refused by a rule (422) or kept (201), "
        "where the real server cannot decode it (400)",
        "builtin kinds have no types here, only rules; of unknown fields strict validation and "
        "apply know",
        (
            ("builtin.a_value_of_another_type", "1 code"),
            ("refusals.data_that_cannot_be", "2 code"),
            ("refusals.labels_that_cannot_be", "5 code"),
        ),
    ),
    Known(
        "A page is read from what is there now, not from what was there with the first page",
        "there are no snapshots; a page never shows an object twice and never leaves out one that "
        "stays",
        (("pages.a_page_shows_what_stood_there_when_the_first_was_read", "1 value*"),),
    ),
    Known(
        "Only JSON is written and read: who asks for YAML gets JSON, and neither YAML nor protobuf "
        "is taken in the bodies of POST and PUT",
        "JSON is YAML; nothing in the lab sends anything else",
        (
            ("views.yaml_is_asked_for", "1 value*"),
            ("refusals.a_body_in_another_format", "1 body.message"),
        ),
    ),
    Known(
        "The status of a definition has no owner",
        "the server writes it itself, and nobody applies it",
        (
            (
                "definitions.a_definition_is_filled_in_and_established",
                "2 body.metadata.managedFields",
            ),
        ),
    ),
    Known(
        "The schema of a definition is taken as it is, structural or not",
        "the definitions of the lab and of the product are proven on a real server",
        (("definitions.a_schema_that_is_not_structural", "1 code"),),
    ),
    Known(
        "Of a definition with mistakes fewer are told at once, and the versions are quoted as sent",
        "the first ones are enough to mend it; the real server quotes a Go struct",
        (
            ("definitions.no_version_to_store", "1 body.*"),
            ("definitions.what_is_missing", "* body.*"),
        ),
    ),
    Known(
        "A pod gets no volume with its account's token",
        "there are no tokens: everybody may do everything",
        (
            ("builtin.defaults_of_a_pod", "1 body.spec.volumes"),
            ("builtin.defaults_of_a_pod", "1 body.spec.containers[[]0].volumeMounts"),
        ),
    ),
)


def unknown(probe: str, found: Sequence[Difference]) -> list[Difference]:
    """The differences that nobody has listed."""
    return [one for one in found if not any(known.covers(probe, one) for known in KNOWN)]


def gone(probe: str, found: Sequence[Difference]) -> list[tuple[str, str]]:
    """The listed places of a probe at which there is no difference any more."""
    return [
        (known.what, place)
        for known in KNOWN
        for name, place in known.places
        if name == probe and not any(fnmatchcase(one.place, place) for one in found)
    ]
