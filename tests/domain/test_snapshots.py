"""Snapshots: named by Canary and revision, found by label, and thrown away by name."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import snapshots
from shared.domain.errors import Refused
from shared.domain.fields import Object
from shared.domain.ownership import Owner, reference
from shared.domain.revision import revision_of
from tests.domain.workloads import template

OWNER = Owner("shop", "cart", "uid-1")
REVISION = revision_of(template())
OTHER = revision_of(template(dnsPolicy="Default"))
LONG = "cart." * 50 + "app"


def test_a_snapshot_holds_the_template_and_goes_with_its_canary():
    assert snapshots.snapshot(OWNER, REVISION, template(), 7) == {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": f"cart-{REVISION[3:13]}",
            "namespace": "shop",
            "labels": {snapshots.CANARY_LABEL: "cart"},
            "annotations": {"spillway.dev/revision": REVISION},
            "ownerReferences": [reference(OWNER)],
        },
        "data": {"template": template()},
        "revision": 7,
    }


def test_a_snapshot_reads_as_it_was_written():
    made = snapshots.snapshot(OWNER, REVISION, template(), 7)

    assert snapshots.template_of(made) == template()
    assert snapshots.revision_in(made) == REVISION


def test_a_foreign_controller_revision_is_no_snapshot():
    found: Object = {"metadata": {"name": "cart-5b9664fd4f"}, "data": {"spec": {}}}

    assert snapshots.revision_in(found) == ""
    with pytest.raises(Refused, match=r"snapshot cart-5b9664fd4f: data\.template is missing"):
        snapshots.template_of(found)


@given(st.from_regex(r"[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?", fullmatch=True))
def test_names_and_labels_are_ones_that_the_api_takes(canary):
    name, label = snapshots.snapshot_name(canary, REVISION), snapshots.label_of(canary)

    assert re.fullmatch(r"[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?", name)
    assert re.fullmatch(r"[a-z0-9]([-.a-z0-9]{0,61}[a-z0-9])?", label)


def test_long_names_are_told_apart():
    assert snapshots.label_of(LONG) != snapshots.label_of(LONG + "s")
    assert snapshots.snapshot_name(LONG, REVISION) != snapshots.snapshot_name(LONG + "s", REVISION)


def test_a_revision_has_one_name_and_another_has_another():
    assert snapshots.snapshot_name("cart", REVISION) != snapshots.snapshot_name("cart", OTHER)


@pytest.mark.parametrize(
    ("keep", "wanted"),
    [
        pytest.param((REVISION, OTHER), (), id="both"),
        pytest.param((REVISION,), (OTHER,), id="one"),
        pytest.param(("",), (REVISION, OTHER), id="none"),
        pytest.param(("s1:" + "0" * 40,), (REVISION, OTHER), id="one that is not there"),
    ],
)
@pytest.mark.parametrize("canary", ["cart", LONG], ids=["short", "long"])
def test_only_snapshots_of_the_revisions_to_keep_stay(canary, keep, wanted):
    names = [snapshots.snapshot_name(canary, revision) for revision in (REVISION, OTHER)]

    assert snapshots.superfluous(names, keep) == tuple(
        snapshots.snapshot_name(canary, revision) for revision in wanted
    )
