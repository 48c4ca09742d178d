"""A Deployment as the passes see it: what it is asked for, and how far it came."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from shared.domain.canary import PRIMARY
from shared.domain.errors import Refused
from shared.domain.fields import Object, mapping, objects, pairs, text, whole

SETTINGS = ("progressDeadlineSeconds", "minReadySeconds", "revisionHistoryLimit", "strategy")
"""The fields of a Deployment's spec that a primary has as its target has them (specs §3.2)."""

_SELECTOR_LABELS = ("app", "name", "app.kubernetes.io/name")  # Flagger's -selector-labels


@dataclass(frozen=True, slots=True)
class Workload:
    """`replicas` are those asked for; `current`, `updated`, `ready`, `available` those reported.

    `label` is of a target: the label that the primary it has is selected by.
    """

    name: str
    namespace: str
    uid: str
    resource_version: str
    generation: int
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    replicas: int
    selector: Mapping[str, str]
    template: Object
    settings: Object = field(default_factory=dict)
    observed_generation: int = 0
    current: int = 0
    updated: int = 0
    ready: int = 0
    available: int = 0
    deadline_exceeded: bool = False
    owners: tuple[Object, ...] = ()
    label: str = ""

    @property
    def is_observed(self) -> bool:
        """Whether what it reports is about what it is asked for."""
        return self.observed_generation >= self.generation


def from_object(obj: Object) -> Workload:
    """A Deployment as the API server has it."""
    metadata, spec, status = (mapping(obj, key) for key in ("metadata", "spec", "status"))
    return Workload(
        name=text(metadata, "name"),
        namespace=text(metadata, "namespace"),
        uid=text(metadata, "uid"),
        resource_version=text(metadata, "resourceVersion"),
        generation=whole(metadata, "generation"),
        labels=pairs(metadata, "labels"),
        annotations=pairs(metadata, "annotations"),
        replicas=whole(spec, "replicas", default=1),
        selector=pairs(spec, "selector", "matchLabels"),
        template=mapping(spec, "template"),
        settings={key: spec[key] for key in SETTINGS if spec.get(key) is not None},
        observed_generation=whole(status, "observedGeneration"),
        current=whole(status, "replicas"),
        updated=whole(status, "updatedReplicas"),
        ready=whole(status, "readyReplicas"),
        available=whole(status, "availableReplicas"),
        deadline_exceeded=_exceeded(metadata, status),
        owners=objects(metadata, "ownerReferences"),
    )


def selector_label(workload: Workload) -> tuple[str, str]:
    """The label that tells a target's pods from its primary's, and its value at the target."""
    for label in (workload.label, *_SELECTOR_LABELS):
        if label in workload.selector:
            return label, workload.selector[label]
    raise Refused(
        f"getSelectorLabel failed: deployment {workload.name}.{workload.namespace} "
        f"spec.selector.matchLabels must contain one of [{' '.join(_SELECTOR_LABELS)}]"
    )


def beside(target: Workload, primary: Workload) -> Workload:
    """The target of a primary that is there: a Flagger with `-selector-labels` of its own chose the
    label, and a selector never changes.
    """
    for label, value in target.selector.items():
        if primary.selector == {label: value + PRIMARY}:
            return replace(target, label=label)
    return target


def container_for(workload: Workload, app: str) -> str:
    """The container that an app's image goes to: the one named like the app, else the only one."""
    names = [text(item, "name") for item in _containers(workload.template)]
    if app in names:
        return app
    if len(names) == 1:
        return names[0]
    raise Refused(
        f"deployment {workload.name}.{workload.namespace}: no container is named {app}, "
        f"and which of {', '.join(names) or 'none'} is meant cannot be told"
    )


def image_of(template: Object, container: str) -> str:
    """The image of one container of a pod template; empty where there is no such container."""
    found = (item for item in _containers(template) if text(item, "name") == container)
    return text(next(found, None), "image")


def images(template: Object) -> tuple[str, ...]:
    """The images of a pod template's containers, in their order."""
    return tuple(text(item, "image") for item in _containers(template))


def _containers(template: Object) -> tuple[Object, ...]:
    return objects(template, "spec", "containers")


def _exceeded(metadata: Object, status: Object) -> bool:
    """Its own progress deadline, and not that of what it was asked for before."""
    if whole(status, "observedGeneration") < whole(metadata, "generation"):
        return False
    return any(
        text(item, "type") == "Progressing" and text(item, "reason") == "ProgressDeadlineExceeded"
        for item in objects(status, "conditions")
    )
