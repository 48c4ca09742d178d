"""A promotion: find its Canary, set the image if it brings one, then one pass."""

from dataclasses import replace
from datetime import datetime

from shared.adapters import log, paths
from shared.domain.errors import Refused
from shared.domain.fields import Object, objects, pairs, text
from shared.domain.matching import APP_LABEL, by_label, by_name, is_outdated
from shared.domain.notes import Kind
from shared.domain.promotion import Promotion
from shared.domain.status import LastPromotion, Note
from shared.domain.subject import Request, Subject, refusal_of
from shared.domain.tell import Teller
from shared.domain.workload import container_for, from_object, image_of
from shared.reconcile.bracket import key_of
from shared.reconcile.look import all_of
from shared.reconcile.run import pass_over_some, settle_with
from shared.reconcile.save import save
from shared.reconcile.scope import Scope
from shared.reconcile.tell import warn


def promote(scope: Scope, promotion: Promotion, now: datetime) -> None:
    """Safe to repeat: what was done is known by the promotion's id, kept in the status."""
    subjects = _meant(scope, promotion)
    if not subjects:
        log.info(f"no Canary in {promotion.namespace} for {promotion.app}", promotion=promotion.id)
        return
    try:
        request = _carry_out(scope, promotion, subjects)
    except Refused as error:
        _warn(scope, subjects, promotion, str(error))
        raise
    key = key_of(subjects[0])
    settle_with(pass_over_some(scope, [key], now, {key: request}))


def _meant(scope: Scope, promotion: Promotion) -> tuple[Subject, ...]:
    if scope.namespaces and promotion.namespace not in scope.namespaces:
        return ()
    subjects = all_of(scope, promotion.namespace)
    named = by_name(subjects, promotion)
    if named or not subjects:
        return named
    pages = scope.cluster.metadata_pages(paths.deployments(promotion.namespace))
    apps = {
        text(item, "metadata", "name"): pairs(item, "metadata", "labels").get(APP_LABEL, "")
        for page in pages
        for item in page
    }
    return by_label(subjects, promotion, apps)


def _carry_out(scope: Scope, promotion: Promotion, subjects: tuple[Subject, ...]) -> Request:
    """Intent first: the promotion is kept, not done, before the target is touched."""
    if len(subjects) > 1:
        names = ", ".join(sorted(subject.owner.name for subject in subjects))
        raise Refused(f"promotion of {promotion.app}: {names} all mean it")
    subject, last = subjects[0], subjects[0].status.last_promotion
    if promotion.image is None or is_outdated(last, promotion):
        return Request()
    refusal = refusal_of(subject, None) or _standing_refusal(subject)
    if refusal:
        raise Refused(f"promotion of {promotion.app}: {subject.owner.name} is not run: {refusal}")
    change = _image_patch(scope, subject, promotion)
    kept = LastPromotion(
        promotion.id, promotion.time, done=False, version=promotion.version, image=promotion.image
    )
    if kept != last:
        save(scope, subject, subject.version, replace(subject.status, last_promotion=kept))
    if change:
        scope.cluster.patch(_target_path(subject), change)
    return Request(promotion=promotion.id)


def _standing_refusal(subject: Subject) -> str:
    """What an earlier pass found in the way of this very spec, in the cluster."""
    status = subject.status
    return status.refusal if status.refused_generation == subject.generation else ""


def _target_path(subject: Subject) -> str:
    return f"{paths.deployments(subject.owner.namespace)}/{subject.target}"


def _image_patch(scope: Scope, subject: Subject, promotion: Promotion) -> list[Object]:
    """On the target as it was read; empty where it has the image."""
    found = scope.cluster.read(_target_path(subject))
    if found is None:
        raise Refused(f"promotion of {promotion.app}: there is no deployment {subject.target}")
    target = from_object(found)
    container = container_for(target, promotion.app)
    if image_of(target.template, container) == promotion.image:
        return []
    containers = objects(target.template, "spec", "containers")
    index = [text(item, "name") for item in containers].index(container)
    image = f"/spec/template/spec/containers/{index}/image"
    return [
        {"op": "test", "path": "/metadata/generation", "value": target.generation},
        {"op": "replace", "path": image, "value": promotion.image},
    ]


def _warn(scope: Scope, subjects: tuple[Subject, ...], promotion: Promotion, reason: str) -> None:
    for subject in subjects:
        note = Note(subject.status.decision, promotion.time, Kind.PROMOTION_REFUSED, (reason,))
        warn(scope, Teller(subject.owner, subject.target, subject.status), note)
