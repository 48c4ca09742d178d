"""The primary, made from its target, and what was changed for that undone (specs §3.2)."""

import uuid
from collections.abc import Sequence
from dataclasses import replace

from shared.domain import pod_spec
from shared.domain.canary import PRIMARY
from shared.domain.fields import Json, Object, mapping, pairs, text
from shared.domain.ownership import Owner, reference, unmarked
from shared.domain.revision import FLAGGER_ID, revision_of
from shared.domain.workload import SETTINGS, Workload, selector_label

DECISION = "spillway.dev/decision"
"""Moves the generation of the primary with every decision, so that an older pass comes too late."""

_ROLLED = "deployment.kubernetes.io/revision"  # counts a Deployment's own rollouts


def target_behind(primary: Workload) -> Workload:
    """A target that is gone, as far as its primary remembers it; it is asked for no replicas."""
    remembered = Workload(
        name=primary.name.removesuffix(PRIMARY),
        namespace=primary.namespace,
        uid="",
        resource_version="",
        generation=0,
        labels={},
        annotations={},
        replicas=0,
        selector={key: value.removesuffix(PRIMARY) for key, value in primary.selector.items()},
        template={},
        settings=primary.settings,
        label=next(iter(primary.selector), ""),
    )
    return replace(remembered, template=_plain(primary.template, remembered))


def primary_template(target: Workload, template: Object, revision: str) -> Object:
    """What the primary's pods are made from, where the target's are made from a template.

    ConfigMaps and Secrets stay shared. `flagger-id` follows from the revision: promoting the same
    one twice rolls nothing.
    """
    label, value = selector_label(target)
    metadata = mapping(template, "metadata")
    labels = unmarked(pairs(metadata, "labels")) | {label: value + PRIMARY}
    annotations = unmarked(pairs(metadata, "annotations")) | {FLAGGER_ID: _flagger_id(revision)}
    spec = mapping(template, "spec")
    return {
        **template,
        "metadata": {**metadata, "labels": labels, "annotations": annotations},
        "spec": pod_spec.kept_apart(spec, target.name, target.name + PRIMARY),
    }


def undone(template: Object, target: Workload) -> Object:
    """The target's template that a primary's was made from, by Spillway or by Flagger.

    A rule that named the primary from the start looks like one that was changed. The `flagger-id`
    tells them apart, where it is ours; else, what the target's own template makes is the target's.
    """
    plain = _plain(template, target)
    if text(template, "metadata", "annotations", FLAGGER_ID) == _flagger_id(revision_of(plain)):
        return plain
    if revision_of(primary_template(target, target.template, "")) == revision_of(template):
        return target.template
    return {**plain, "spec": _with_shared_configs(plain, target.template)}


def primary_object(
    target: Workload, template: Object, revision: str, owner: Owner, replicas: int
) -> Object:
    """A primary that does not exist yet; it has at least one replica."""
    label, value = selector_label(target)
    annotations = unmarked(target.annotations)
    annotations.pop(_ROLLED, None)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": target.name + PRIMARY,
            "namespace": owner.namespace,
            "labels": {label: value + PRIMARY},
            "annotations": annotations,
            "ownerReferences": [reference(owner)],
        },
        "spec": {
            **target.settings,
            "replicas": max(1, replicas),
            "selector": {"matchLabels": {label: value + PRIMARY}},
            "template": primary_template(target, template, revision),
        },
    }


def promotion_patch(
    primary: Workload, target: Workload, template: Object, revision: str, decision: int
) -> list[Json]:
    """A JSON patch that brings a revision and the target's replicas to the primary that was seen.

    It fails where the primary is another by then (422).
    """
    patch = restore_patch(primary, target, template, revision, decision)
    if target.replicas > 0:
        patch.append(_put("/spec/replicas", target.replicas))
    return patch


def restore_patch(
    primary: Workload, target: Workload, template: Object, revision: str, decision: int
) -> list[Json]:
    """The same for a revision that was promoted before: it keeps the replicas it has."""
    label, value = selector_label(target)
    return [
        {"op": "test", "path": "/metadata/generation", "value": primary.generation},
        _put("/metadata/labels", {label: value + PRIMARY}),
        _put("/metadata/annotations", {DECISION: str(decision)}),
        _put("/spec/template", primary_template(target, template, revision)),
        *_settings(primary, target),
    ]


def _flagger_id(revision: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, revision))


def _plain(template: Object, target: Workload) -> Object:
    label, value = selector_label(target)
    metadata = mapping(template, "metadata")
    annotations = pairs(metadata, "annotations")
    annotations.pop(FLAGGER_ID, None)
    labels = pairs(metadata, "labels") | {label: value}
    spec = mapping(template, "spec")
    return {
        **template,
        "metadata": {**metadata, "labels": labels, "annotations": annotations},
        "spec": pod_spec.kept_apart(spec, target.name + PRIMARY, target.name),
    }


def _with_shared_configs(template: Object, targets: Object) -> Json:
    """Flagger gives a primary copies of its ConfigMaps and Secrets: back to the target's own."""
    known = pod_spec.config_names(targets.get("spec"))
    copies = {(kind, name + PRIMARY): name for kind, name in known}
    theirs = {copy: name for copy, name in copies.items() if copy not in known}
    return pod_spec.with_config_names(template.get("spec"), theirs)


def _settings(primary: Workload, target: Workload) -> Sequence[Json]:
    """The API server fills in most of them, but leaves out a minReadySeconds of 0."""
    wanted, seen = target.settings, primary.settings
    puts: list[Json] = [_put(f"/spec/{key}", wanted[key]) for key in SETTINGS if key in wanted]
    gone: list[Json] = [
        {"op": "remove", "path": f"/spec/{key}"}
        for key in SETTINGS
        if key in seen and key not in wanted
    ]
    return puts + gone


def _put(path: str, value: Json) -> Object:
    """JSON patch's `add` sets a field whether it is there or not."""
    return {"op": "add", "path": path, "value": value}
