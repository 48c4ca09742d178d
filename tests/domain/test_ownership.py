"""Controller references: what we write, and what we take for ours."""

import pytest

from shared.domain import ownership
from shared.domain.ownership import Owner

OWNER = Owner("shop", "cart", "uid-1")


def controlled(**fields):
    return {"metadata": {"ownerReferences": [{**ownership.reference(OWNER), **fields}]}}


def test_a_reference_is_flaggers():
    assert ownership.reference(OWNER) == {
        "apiVersion": "flagger.app/v1beta1",
        "kind": "Canary",
        "name": "cart",
        "uid": "uid-1",
        "controller": True,
        "blockOwnerDeletion": True,
    }


@pytest.mark.parametrize(
    ("obj", "by_this", "by_one_of_the_name"),
    [
        pytest.param(controlled(), True, True, id="this Canary"),
        pytest.param(controlled(uid="uid-0"), False, True, id="an earlier Canary of the name"),
        pytest.param(controlled(name="basket"), True, False, id="renamed, which cannot be"),
        pytest.param(controlled(apiVersion="flagger.app/v1alpha3"), True, True, id="older API"),
        pytest.param(
            controlled(apiVersion="birds.example/v1", uid="b"), False, False, id="another Canary"
        ),
        pytest.param(controlled(kind="Deployment", uid="d"), False, False, id="another kind"),
        pytest.param(controlled(controller=False), False, False, id="an owner, no controller"),
        pytest.param({"metadata": {}}, False, False, id="nobody"),
        pytest.param({}, False, False, id="no metadata"),
    ],
)
def test_only_a_controller_makes_an_object_ours(obj, by_this, by_one_of_the_name):
    assert ownership.owned_by(obj, OWNER) is by_this
    assert ownership.controlled_by_canary(obj, "cart") is by_one_of_the_name


def test_what_is_taken_over_keeps_its_other_owners():
    another = {"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": "c"}
    seen = {"metadata": {"ownerReferences": [*references(controlled(uid="uid-0")), another]}}

    assert ownership.taken_over(seen, OWNER) == (another, ownership.reference(OWNER))


def test_the_marks_of_flux_are_left_behind():
    marked = {"kustomize.toolkit.fluxcd.io/name": "apps", "team": "x", **ownership.HANDS_OFF}

    assert ownership.unmarked(marked) == {"team": "x"}


def references(obj):
    return obj["metadata"]["ownerReferences"]


@pytest.mark.parametrize(
    ("reference", "who"),
    [
        pytest.param({}, "", id="this Canary"),
        pytest.param({"uid": "uid-0"}, "", id="an earlier Canary of the name"),
        pytest.param({"name": "till"}, "Canary till", id="another Canary"),
        pytest.param({"apiVersion": "birds.example/v1"}, "Canary cart", id="a Canary of birds"),
        pytest.param({"kind": "Rollout"}, "Rollout cart", id="another kind"),
        pytest.param({"controller": False}, "", id="an owner, no controller"),
    ],
)
def test_who_else_controls_an_object_has_a_name(reference, who):
    references = ({**ownership.reference(OWNER), **reference},)

    assert ownership.other_controller(references, OWNER.name) == who
