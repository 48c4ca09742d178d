"""The names in a pod spec: found everywhere, changed there and nowhere else."""

import pytest

from shared.domain import pod_spec
from shared.domain.fields import Json, Object

CONTAINER: Object = {
    "env": [
        {"name": "PLAIN", "value": "settings"},
        {"name": "FIELD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "ONE", "valueFrom": {"configMapKeyRef": {"name": "one", "key": "k"}}},
        {"name": "TWO", "valueFrom": {"secretKeyRef": {"name": "two", "key": "k"}}},
    ],
    "envFrom": [{"configMapRef": {"name": "three"}}, {"secretRef": {"name": "four"}}],
}
VOLUMES: Json = [
    {"name": "a", "configMap": {"name": "five"}},
    {"name": "b", "secret": {"secretName": "six"}},
    {
        "name": "c",
        "projected": {"sources": [{"configMap": {"name": "seven"}}, {"secret": {"name": "eight"}}]},
    },
    {"name": "d", "emptyDir": {}},
]
FULL: Object = {
    "containers": [CONTAINER],
    "initContainers": [{"envFrom": [{"secretRef": {"name": "nine"}}]}],
    "volumes": VOLUMES,
    "imagePullSecrets": [{"name": "registry"}],
}
NAMES = {
    ("ConfigMap", "one"),
    ("Secret", "two"),
    ("ConfigMap", "three"),
    ("Secret", "four"),
    ("ConfigMap", "five"),
    ("Secret", "six"),
    ("ConfigMap", "seven"),
    ("Secret", "eight"),
    ("Secret", "nine"),
}


def test_every_config_is_found_but_no_pull_secret():
    assert pod_spec.config_names(FULL) == NAMES


def test_every_config_is_renamed_and_back_again():
    there = {(kind, name): f"{name}-primary" for kind, name in NAMES}
    back = {(kind, f"{name}-primary"): name for kind, name in NAMES}

    renamed = pod_spec.with_config_names(FULL, there)

    assert pod_spec.config_names(renamed) == {(kind, f"{name}-primary") for kind, name in NAMES}
    assert pod_spec.with_config_names(renamed, back) == FULL


def test_a_secret_is_no_config_map_of_the_same_name():
    assert pod_spec.with_config_names(FULL, {("Secret", "five"): "other"}) == FULL


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({}, id="empty"),
        pytest.param(None, id="none"),
        pytest.param({"volumes": None, "containers": None}, id="nulls"),
        pytest.param({"volumes": [{"configMap": None}, {"secret": {}}]}, id="nameless"),
    ],
)
def test_a_spec_without_names_stays_as_it_is(spec):
    assert pod_spec.config_names(spec) == frozenset()
    assert pod_spec.with_config_names(spec, {("ConfigMap", "a"): "b"}) == spec
    assert pod_spec.kept_apart(spec, "cart", "cart-primary") == spec


def rules(selector):
    """The selector in every place where Flagger changes it."""
    term = {"labelSelector": selector, "topologyKey": "zone"}
    return {
        "affinity": {
            "podAntiAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [term],
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": 1, "podAffinityTerm": term}
                ],
            }
        },
        "topologySpreadConstraints": [{"maxSkew": 1, "labelSelector": selector}],
    }


def expression(key, *values):
    return {"matchExpressions": [{"key": key, "operator": "In", "values": list(values)}]}


@pytest.mark.parametrize(
    ("selector", "wanted"),
    [
        pytest.param(
            {"matchLabels": {"app": "cart", "team": "cart"}},
            {"matchLabels": {"app": "cart-primary", "team": "cart"}},
            id="labels",
        ),
        pytest.param(
            {"matchLabels": {"app.kubernetes.io/name": "cart", "name": "other"}},
            {"matchLabels": {"app.kubernetes.io/name": "cart-primary", "name": "other"}},
            id="another selector label",
        ),
        pytest.param(
            expression("name", "other", "cart", "cart"),
            expression("name", "other", "cart-primary", "cart"),
            id="the first in an expression",
        ),
        pytest.param(expression("team", "cart"), expression("team", "cart"), id="another key"),
        pytest.param(expression("app", "other"), expression("app", "other"), id="another value"),
        pytest.param(
            {"matchExpressions": [{"key": "app", "operator": "Exists"}]},
            {"matchExpressions": [{"key": "app", "operator": "Exists"}]},
            id="no values",
        ),
        pytest.param(None, None, id="no selector"),
    ],
)
def test_rules_that_keep_pods_apart_name_the_primary(selector, wanted):
    assert pod_spec.kept_apart(rules(selector), "cart", "cart-primary") == rules(wanted)


def test_rules_that_bring_pods_together_stay():
    together: Object = {"requiredDuringSchedulingIgnoredDuringExecution": [{"labelSelector": {}}]}
    spec: Object = {"affinity": {"podAffinity": together, "nodeAffinity": {}}}

    assert pod_spec.kept_apart(spec, "cart", "cart-primary") == spec
