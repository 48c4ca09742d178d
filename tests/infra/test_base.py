"""The base of every installation: identities and what they may do, settings, and who gets in."""

from pathlib import Path

import pytest

from infra.local.kube import Tree
from shared.adapters import settings, variables
from shared.adapters.clock import BEAT
from tests.infra.rendering import INFRA, customized, of_kind, rendered
from tests.readme import ROOT

BASE = rendered(INFRA / "base")
ACCOUNTS = of_kind(BASE, "ServiceAccount")
FUNCTIONS = {main.parent.name for main in ROOT.glob("functions/*/main.py")}
PASSES = {  # the identities of those that run a pass
    main.parent.name.replace("_", "-")
    for main in ROOT.glob("functions/*/main.py")
    if "from shared.reconcile" in main.read_text()
}
SETTINGS: Tree = next(iter(of_kind(BASE, "ConfigMap").values()))
# Defaults that are of no use in a cluster, where the broker and Istio's Prometheus have addresses.
CHOSEN = {
    "K_SINK": "http://broker-ingress.knative-eventing.svc.cluster.local/spillway/default",
    "SPILLWAY_METRICS_SERVER": "http://prometheus.istio-system:9090",
}


def bound(binding: Tree) -> set[str]:
    """The ServiceAccounts that a binding is for; all of them Spillway's."""
    subjects = binding["subjects"]
    assert {s["kind"] for s in subjects} == {"ServiceAccount"}
    assert {s["namespace"] for s in subjects} == {"spillway"}
    return {s["name"] for s in subjects}


def test_every_function_has_an_identity_of_its_own():
    assert set(ACCOUNTS) == {function.replace("_", "-") for function in FUNCTIONS}


def test_the_webhook_may_do_nothing_and_has_no_token():
    bindings = [found for found in BASE if found["kind"].endswith("RoleBinding")]

    assert all("promotion-webhook" not in bound(binding) for binding in bindings)
    assert ACCOUNTS["promotion-webhook"]["automountServiceAccountToken"] is False


def test_the_functions_that_run_a_pass_share_one_cluster_role():
    (role,) = of_kind(BASE, "ClusterRole").values()
    (binding,) = of_kind(BASE, "ClusterRoleBinding").values()

    assert binding["roleRef"]["name"] == role["metadata"]["name"] == "spillway"
    assert bound(binding) == PASSES


def test_nothing_is_granted_by_a_wildcard_nor_on_what_is_secret():
    roles = [found for found in BASE if found["kind"] in ("Role", "ClusterRole")]
    rules = [rule for role in roles for rule in role["rules"]]
    named = {resource for rule in rules for resource in rule["resources"]}

    assert not named & {"secrets", "configmaps", "serviceaccounts", "pods"}
    assert not any("*" in part for rule in rules for part in rule.values())


def test_the_beat_is_made_in_spillways_own_namespace_and_no_other_source_is_touched():
    role = of_kind(BASE, "Role")["spillway-beat"]
    binding = of_kind(BASE, "RoleBinding")["spillway-beat"]
    made, kept = role["rules"]

    assert role["metadata"]["namespace"] == "spillway"
    assert bound(binding) == PASSES
    assert made["verbs"] == ["create"]
    assert kept["resourceNames"] == [BEAT]


def test_the_settings_are_those_that_the_code_reads():
    data = SETTINGS["data"]

    assert list(data) == sorted(variable.name for variable in variables.VARIABLES)
    assert data == {v.name: v.default for v in variables.VARIABLES} | CHOSEN


def test_the_settings_are_ones_that_the_functions_start_with():
    loaded = settings.load(SETTINGS["data"])

    assert loaded.clock.namespace == "spillway"
    assert settings.load_webhook(SETTINGS["data"]).sink == loaded.sink


def test_the_settings_have_a_name_that_changes_with_them():
    assert SETTINGS["metadata"]["name"].startswith("spillway-settings-")


def test_only_the_activator_and_the_ingress_gateways_reach_the_pods():
    (policy,) = of_kind(BASE, "NetworkPolicy").values()
    (rule,) = policy["spec"]["ingress"]
    (peer,) = rule["from"]
    (expression,) = peer["namespaceSelector"]["matchExpressions"]

    assert policy["spec"]["podSelector"] == {}
    assert policy["spec"]["policyTypes"] == ["Ingress"]
    assert expression["key"] == "kubernetes.io/metadata.name"
    assert {"knative-serving", "istio-system", "kourier-system"} <= set(expression["values"])
    assert 8080 not in [port["port"] for port in rule["ports"]]


def test_no_secret_is_written_down():
    assert of_kind(BASE, "Secret") == {}


@pytest.fixture
def in_one_namespace(tmp_path: Path) -> tuple[Tree, ...]:
    """An installation for the Canaries of two namespaces, as the manual describes it."""
    for name in ("shop", "cart"):
        (tmp_path / name).mkdir()
        customized(tmp_path / name, namespace=name, resources=[INFRA / "rbac/namespace"])
    return customized(tmp_path, resources=[INFRA / "namespaced", "shop", "cart"])


def test_installed_for_some_namespaces_the_same_is_granted_in_those_alone(in_one_namespace):
    (everywhere,) = of_kind(BASE, "ClusterRole").values()
    roles = [
        r for r in in_one_namespace if r["kind"] == "Role" and r["metadata"]["name"] == "spillway"
    ]
    bindings = [
        b
        for b in in_one_namespace
        if b["kind"] == "RoleBinding" and b["metadata"]["name"] == "spillway"
    ]

    assert of_kind(in_one_namespace, "ClusterRole") == {}
    assert of_kind(in_one_namespace, "ClusterRoleBinding") == {}
    assert {role["metadata"]["namespace"] for role in roles} == {"shop", "cart"}
    assert all(role["rules"] == everywhere["rules"] for role in roles)
    assert {b["metadata"]["namespace"] for b in bindings} == {"shop", "cart"}
    assert all(bound(binding) == PASSES for binding in bindings)
    assert all(
        b["roleRef"]
        == {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "spillway"}
        for b in bindings
    )
