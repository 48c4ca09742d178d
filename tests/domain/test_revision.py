"""Revisions: what makes another one, and what does not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import revision
from shared.domain.fields import mapping, pairs
from tests.domain import recordings
from tests.domain.workloads import template

PLAIN = template()


def with_metadata(**metadata):
    return {**PLAIN, "metadata": {**mapping(PLAIN, "metadata"), **metadata}}


def test_a_revision_has_a_prefix_and_forty_digits():
    found = revision.revision_of(PLAIN)

    assert re.fullmatch(r"s1:[0-9a-f]{40}", found)
    assert revision.digits(found) == found[3:]


def test_a_revision_stays_what_it_was_in_earlier_releases():
    """Another value here is a new revision of everything that is installed."""
    assert revision.revision_of(PLAIN) == "s1:b55c216ce1dcc8f9428b646c95f2b4744368d762"


@pytest.mark.parametrize(
    ("recorded", "ours"),
    [
        pytest.param(revision.revision_of(PLAIN), True, id="ours"),
        pytest.param("78cdc7b5f8", False, id="Flagger's"),
        pytest.param("", False, id="none"),
    ],
)
def test_flaggers_hashes_are_not_ours(recorded, ours):
    assert revision.is_ours(recorded) is ours


@pytest.mark.parametrize(
    "same",
    [
        pytest.param(dict(reversed(list(PLAIN.items()))), id="in another order"),
        pytest.param(with_metadata(creationTimestamp=None), id="no creation time"),
        pytest.param(with_metadata(annotations={}), id="no annotations"),
        pytest.param(with_metadata(annotations=None), id="null annotations"),
        pytest.param(with_metadata(annotations={"flagger-id": "x"}), id="Flagger's id"),
        pytest.param(
            with_metadata(annotations={"kustomize.toolkit.fluxcd.io/checksum": "x"}), id="Flux's"
        ),
        pytest.param(
            with_metadata(
                labels={**pairs(PLAIN, "metadata", "labels"), "helm.toolkit.fluxcd.io/name": "x"}
            ),
            id="Flux's label",
        ),
    ],
)
def test_what_others_add_makes_no_new_revision(same):
    assert revision.revision_of(same) == revision.revision_of(PLAIN)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(template(containers=[{"name": "cart", "image": "cart:2"}]), id="image"),
        pytest.param(template(dnsPolicy="Default"), id="another field"),
        pytest.param(with_metadata(labels={"app": "cart"}), id="a label less"),
        pytest.param(
            with_metadata(annotations={"kubectl.kubernetes.io/restartedAt": "now"}), id="restarted"
        ),
    ],
)
def test_any_other_change_makes_one(other):
    assert revision.revision_of(other) != revision.revision_of(PLAIN)


def test_a_template_without_metadata_has_a_revision_too():
    assert revision.revision_of({"spec": {}}) == revision.revision_of({"metadata": {}, "spec": {}})


@given(st.text())
def test_any_text_in_a_template_can_be_told(text):
    other = with_metadata(annotations={"said": text + "!"})

    assert revision.revision_of(other) != revision.revision_of(
        with_metadata(annotations={"said": text})
    )


def test_the_recorded_images_are_three_revisions():
    found = {
        revision.revision_of(recordings.read(f"weights/{name}.yaml").target.template)
        for name in ("after-0-Initialized", "after-1-Succeeded", "after-2-Failed")
    }

    assert len(found) == 3
