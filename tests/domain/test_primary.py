"""The primary: as a real Flagger makes it, and back again."""

import re
from dataclasses import replace

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import primary, workload
from shared.domain.fields import at, mapping, objects, pairs
from shared.domain.ownership import Owner
from shared.domain.revision import FLAGGER_ID, revision_of
from tests.domain import recordings
from tests.domain.workloads import deployment, target, template

OWNER = Owner("shop", "cart", "uid-1")
AT_REST = [name for name in recordings.NAMES if "Succeeded" in name or "Initialized" in name]
RELEASES = [
    "weights/after-1-Succeeded",
    "step-weights/after-1-Succeeded",
    "overshoot/after-1-Succeeded",
    "skip/after-1-Succeeded",
    "superseded/after-2-Succeeded",
]


def with_id(obj, flagger_id):
    """The object with another flagger-id: Flagger draws them, ours follow from the revision."""
    metadata = mapping(obj, "spec", "template", "metadata")
    annotations = {**pairs(metadata, "annotations"), FLAGGER_ID: flagger_id}
    made = {
        **mapping(obj, "spec", "template"),
        "metadata": {**metadata, "annotations": annotations},
    }
    return {**obj, "spec": {**mapping(obj, "spec"), "template": made}}


def flagger_id(made):
    return at(made, "metadata", "annotations", FLAGGER_ID)


def patched(patch, obj):
    return jsonpatch.apply_patch(obj, patch)


@pytest.mark.parametrize(
    "scenario",
    ["weights", "step-weights", "overshoot", "skip", "superseded", "never-ready", "routes"],
)
def test_a_primary_is_made_as_flagger_made_it(scenario):
    recording = recordings.read(f"{scenario}/after-0-Initialized.yaml")
    seen = recording.target

    made = primary.primary_object(seen, seen.template, "s1:1", recording.owner, replicas=2)

    recorded = recordings.as_made(recording.objects["Deployment", "app-primary"])
    assert with_id(made, "x") == with_id(recorded, "x")


@pytest.mark.parametrize("release", RELEASES)
def test_a_promotion_leaves_what_flaggers_left(release):
    before = recordings.read(f"{release.partition('/')[0]}/after-0-Initialized.yaml")
    after = recordings.read(f"{release}.yaml")
    running = replace(after.target, replicas=2)

    patch = primary.promotion_patch(before.primary, running, running.template, "s1:2", 7)

    promoted = patched(patch, before.objects["Deployment", "app-primary"])
    assert promoted["metadata"]["annotations"] == {primary.DECISION: "7"}
    promoted["metadata"]["annotations"] = {}
    recorded = recordings.as_made(after.objects["Deployment", "app-primary"])
    assert with_id(recordings.as_made(promoted), "x") == with_id(recorded, "x")


@pytest.mark.parametrize("name", AT_REST)
def test_a_primary_that_flagger_made_has_its_targets_revision(name):
    recording = recordings.read(name)

    found = primary.undone(recording.primary.template, recording.target)

    assert revision_of(found) == revision_of(recording.target.template)


def test_a_primary_without_the_failed_revision_has_another():
    failed = recordings.read("weights/after-2-Failed.yaml")
    before = recordings.read("weights/after-1-Succeeded.yaml")

    found = primary.undone(failed.primary.template, failed.target)

    assert revision_of(found) != revision_of(failed.target.template)
    assert revision_of(found) == revision_of(before.target.template)


def test_promoting_a_revision_twice_rolls_nothing():
    seen = target()

    once = primary.primary_template(seen, seen.template, "s1:1")
    again = primary.primary_template(seen, seen.template, "s1:1")

    assert once == again
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", flagger_id(once))
    assert flagger_id(primary.primary_template(seen, seen.template, "s1:2")) != flagger_id(once)


def test_a_primary_has_nothing_of_flux():
    marked = {"app": "cart", "helm.toolkit.fluxcd.io/name": "cart"}
    seen = target(
        annotations={"kustomize.toolkit.fluxcd.io/name": "apps", "note": "keep"},
        spec={"template": {"metadata": {"labels": marked, "annotations": marked}, "spec": {}}},
    )

    made = primary.primary_object(seen, seen.template, "s1:1", OWNER, replicas=2)

    assert at(made, "metadata", "annotations") == {"note": "keep"}
    assert pairs(made, "spec", "template", "metadata", "labels") == {"app": "cart-primary"}
    assert pairs(made, "spec", "template", "metadata", "annotations").keys() == {"app", FLAGGER_ID}


def test_a_primary_is_never_made_without_replicas():
    made = primary.primary_object(target(), template(), "s1:1", OWNER, replicas=0)

    assert at(made, "spec", "replicas") == 1


def test_the_labels_value_may_differ_from_the_targets_name():
    seen = target(spec={"selector": {"matchLabels": {"tier": "x", "app": "basket"}}})

    made = primary.primary_object(seen, seen.template, "s1:1", OWNER, replicas=2)

    assert at(made, "metadata", "name") == "cart-primary"
    assert at(made, "metadata", "labels") == {"app": "basket-primary"}
    assert at(made, "spec", "selector") == {"matchLabels": {"app": "basket-primary"}}
    assert at(made, "spec", "template", "metadata", "labels", "app") == "basket-primary"


def test_a_patch_fails_on_another_generation():
    obj = deployment(generation=4)

    patch = primary.restore_patch(target(), target(), template(), "s1:1", 7)

    with pytest.raises(jsonpatch.JsonPatchTestFailed):
        patched(patch, obj)


def test_a_promotion_brings_the_targets_replicas_and_settings():
    seen = deployment(spec={"replicas": 2, "minReadySeconds": 5, "revisionHistoryLimit": 3})
    wanted = target(
        spec={"replicas": 4, "strategy": {"type": "Recreate"}, "revisionHistoryLimit": 9}
    )

    patch = primary.promotion_patch(workload.from_object(seen), wanted, template(), "s1:1", 7)

    found = workload.from_object(patched(patch, seen))
    assert found.replicas == 4
    assert found.settings == {"strategy": {"type": "Recreate"}, "revisionHistoryLimit": 9}


@pytest.mark.parametrize(
    ("make", "replicas"),
    [
        pytest.param(primary.restore_patch, 4, id="a restored primary"),
        pytest.param(primary.promotion_patch, 0, id="one whose target is scaled to zero"),
    ],
)
def test_a_primary_keeps_its_replicas(make, replicas):
    seen = deployment(spec={"replicas": 2})

    patch = make(target(), target(spec={"replicas": replicas}), template(), "s1:1", 7)

    assert workload.from_object(patched(patch, seen)).replicas == 2


def test_a_target_that_is_gone_is_known_from_its_primary():
    seen = target(annotations={"note": "keep"}, spec={"revisionHistoryLimit": 3})
    made = primary.primary_object(seen, seen.template, "s1:1", OWNER, replicas=2)
    left = workload.from_object(made)

    behind = primary.target_behind(left)

    assert (behind.name, behind.namespace, behind.selector) == ("cart", "shop", {"app": "cart"})
    assert (behind.replicas, behind.generation, behind.settings) == (
        0,
        0,
        {"revisionHistoryLimit": 3},
    )
    assert revision_of(primary.undone(left.template, behind)) == revision_of(seen.template)
    assert revision_of(behind.template) == revision_of(seen.template)


def test_a_target_that_is_gone_is_told_by_the_label_of_its_primary():
    seen = target(spec={"selector": {"matchLabels": {"app": "shop", "service": "cart"}}})
    made = primary.primary_object(replace(seen, label="service"), seen.template, "s1:1", OWNER, 2)

    behind = primary.target_behind(workload.from_object(made))

    assert workload.selector_label(behind) == ("service", "cart")


def flaggers(made, old, new):
    """A primary's template as Flagger makes it: another id, and its own copy of a ConfigMap."""
    container = {**objects(made, "spec", "containers")[0], "envFrom": configured(new)["envFrom"]}
    annotated = {**mapping(made, "metadata"), "annotations": {FLAGGER_ID: "drawn"}}
    return {"metadata": annotated, "spec": {**mapping(made, "spec"), "containers": [container]}}


def configured(*names):
    return {"name": "cart", "envFrom": [{"configMapRef": {"name": name}} for name in names]}


@pytest.mark.parametrize(
    ("promoted", "targets", "found"),
    [
        pytest.param("c-primary", ["c"], ["c"], id="a copy of the target's"),
        pytest.param("d-primary", ["c"], ["d-primary"], id="a copy of what the target had"),
        pytest.param("c-primary", ["c", "c-primary"], ["c-primary"], id="one the target knows"),
    ],
)
def test_flaggers_copies_of_configs_are_the_targets_again(promoted, targets, found):
    seen = target(spec={"template": template(containers=[configured(*targets)])})
    made = primary.primary_template(seen, seen.template, "s1:1")

    undone = primary.undone(flaggers(made, targets, promoted), seen)

    assert at(undone, "spec", "containers") == [configured(*found)]


def test_a_config_named_like_a_copy_is_no_copy_in_a_primary_of_ours():
    before = template(containers=[configured("c-primary")])
    seen = target(spec={"template": template(containers=[configured("c")])})

    made = primary.primary_template(seen, before, revision_of(before))

    assert revision_of(primary.undone(made, seen)) == revision_of(before)


NAMED = st.sampled_from(["cart", "cart-primary", "other"])
UNAMBIGUOUS = st.sampled_from(["cart", "other", "cart-canary"])
KEYS = st.sampled_from(["app", "name", "app.kubernetes.io/name", "team"])


def selectors(names):
    expressions = st.builds(
        lambda key, values: {"key": key, "operator": "In", "values": values},
        KEYS,
        st.lists(names, max_size=3),
    )
    return st.fixed_dictionaries(
        {},
        optional={
            "matchLabels": st.dictionaries(KEYS, names),
            "matchExpressions": st.lists(expressions, max_size=2),
        },
    )


def templates(names):
    """Pod templates with rules that keep pods apart, and with the marks that others leave."""
    terms = st.lists(st.fixed_dictionaries({"labelSelector": selectors(names)}), max_size=2)
    anti = st.fixed_dictionaries(
        {},
        optional={
            "requiredDuringSchedulingIgnoredDuringExecution": terms,
            "preferredDuringSchedulingIgnoredDuringExecution": terms.map(
                lambda found: [{"weight": 1, "podAffinityTerm": term} for term in found]
            ),
        },
    )
    spec = st.fixed_dictionaries(
        {"containers": st.just([{"name": "cart", "image": "cart:1"}])},
        optional={
            "affinity": st.fixed_dictionaries({"podAntiAffinity": anti, "podAffinity": anti}),
            "topologySpreadConstraints": terms,
        },
    )
    marks = st.dictionaries(
        st.sampled_from(["team", "flagger-id", "kustomize.toolkit.fluxcd.io/checksum"]), names
    )
    metadata = st.fixed_dictionaries(
        {"labels": marks.map(lambda found: {**found, "app": "cart"})},
        optional={"annotations": st.none() | marks, "creationTimestamp": st.none()},
    )
    return st.fixed_dictionaries({"metadata": metadata, "spec": spec})


@given(made_from=templates(UNAMBIGUOUS), targets=templates(NAMED))
def test_what_was_changed_for_a_primary_is_undone(made_from, targets):
    seen = target(spec={"template": targets})
    made = primary.primary_template(seen, made_from, revision_of(made_from))

    found = primary.undone(made, seen)

    assert revision_of(found) == revision_of(made_from)


@given(made_from=templates(NAMED))
def test_even_rules_that_name_the_primary_come_back_while_the_target_has_them(made_from):
    seen = target(spec={"template": made_from})
    made = primary.primary_template(seen, made_from, "s1:another")

    assert revision_of(primary.undone(made, seen)) == revision_of(made_from)
