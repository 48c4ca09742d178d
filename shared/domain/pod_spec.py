"""The places in a pod spec that name other objects, and how those names are changed."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from shared.domain.fields import Json, Object

_EACH = "*"
_ANTI_AFFINITY = ("affinity", "podAntiAffinity")
_APART = (
    (*_ANTI_AFFINITY, "requiredDuringSchedulingIgnoredDuringExecution", _EACH, "labelSelector"),
    (
        *_ANTI_AFFINITY,
        "preferredDuringSchedulingIgnoredDuringExecution",
        _EACH,
        "podAffinityTerm",
        "labelSelector",
    ),
    ("topologySpreadConstraints", _EACH, "labelSelector"),
)
_KEYS = frozenset({"app", "name", "app.kubernetes.io/name"})

_CONTAINERS = ("containers", "initContainers")
_VALUE = ("env", _EACH, "valueFrom")
_CONFIGS = (
    (("volumes", _EACH, "configMap"), "name"),
    (("volumes", _EACH, "secret"), "secretName"),
    (("volumes", _EACH, "projected", "sources", _EACH, "configMap"), "name"),
    (("volumes", _EACH, "projected", "sources", _EACH, "secret"), "name"),
    *(((kind, _EACH, *_VALUE, "configMapKeyRef"), "name") for kind in _CONTAINERS),
    *(((kind, _EACH, *_VALUE, "secretKeyRef"), "name") for kind in _CONTAINERS),
    *(((kind, _EACH, "envFrom", _EACH, "configMapRef"), "name") for kind in _CONTAINERS),
    *(((kind, _EACH, "envFrom", _EACH, "secretRef"), "name") for kind in _CONTAINERS),
)

_Edit = Callable[[Object], Json]


def kept_apart(spec: Json, old: str, new: str) -> Json:
    """A pod spec whose rules to keep its pods apart name another workload.

    As Flagger does it: only under the selector labels, and once in each expression.
    """

    def renamed(selector: Object) -> Json:
        return _selecting(selector, old, new)

    for path in _APART:
        spec = _edited(spec, path, renamed)
    return spec


def config_names(spec: Json) -> frozenset[tuple[str, str]]:
    """The ConfigMaps and Secrets that a pod spec refers to: the kind of reference, the name."""
    return frozenset(
        (_kind(path), name)
        for path, key in _CONFIGS
        for found in _found(spec, path)
        if isinstance(name := found.get(key), str)
    )


def with_config_names(spec: Json, names: Mapping[tuple[str, str], str]) -> Json:
    """A pod spec that refers to other ConfigMaps and Secrets."""
    for path, key in _CONFIGS:
        spec = _edited(spec, path, _renaming(_kind(path), key, names))
    return spec


def _kind(path: Sequence[str]) -> str:
    return "ConfigMap" if path[-1].startswith("configMap") else "Secret"


def _renaming(kind: str, key: str, names: Mapping[tuple[str, str], str]) -> _Edit:
    def renamed(found: Object) -> Json:
        name = found.get(key)
        if not isinstance(name, str) or (kind, name) not in names:
            return found
        return {**found, key: names[kind, name]}

    return renamed


def _selecting(selector: Object, old: str, new: str) -> Json:
    def in_labels(labels: Object) -> Json:
        return {k: new if k in _KEYS and v == old else v for k, v in labels.items()}

    def in_expression(expression: Object) -> Json:
        values = expression.get("values")
        if expression.get("key") not in _KEYS or not isinstance(values, list) or old not in values:
            return expression
        first = values.index(old)
        return {**expression, "values": [*values[:first], new, *values[first + 1 :]]}

    labelled = _edited(selector, ("matchLabels",), in_labels)
    return _edited(labelled, ("matchExpressions", _EACH), in_expression)


def _edited(value: Json, path: Sequence[str], edit: _Edit) -> Json:
    """A copy in which the objects at a path are edited; what is not there stays away."""
    if not path:
        return edit(value) if isinstance(value, Mapping) else value
    step, *rest = path
    if step == _EACH and isinstance(value, list):
        return [_edited(item, rest, edit) for item in value]
    if not isinstance(value, Mapping) or step not in value:
        return value
    return {**value, step: _edited(value[step], rest, edit)}


def _found(value: Json, path: Sequence[str]) -> Iterator[Object]:
    if not path:
        if isinstance(value, Mapping):
            yield value
        return
    step, *rest = path
    if step == _EACH and isinstance(value, list):
        for item in value:
            yield from _found(item, rest)
    elif isinstance(value, Mapping) and step in value:
        yield from _found(value[step], rest)
