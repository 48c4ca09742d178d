"""Code and manifests say the same: every function has its Service, Trigger, identity and grants."""

import ast
import re
from datetime import timedelta

import pytest

from infra.local.kube import Tree
from infra.local.triggers import seconds
from shared.adapters import settings
from shared.adapters.variables import VARIABLES
from shared.domain import events
from tests.infra.rendering import INFRA, customized, of_kind, rendered
from tests.infra.test_base import ACCOUNTS, FUNCTIONS, SETTINGS
from tests.readme import ROOT

OBJECTS = rendered(INFRA / "knative")
SERVICES = {
    name: service
    for name, service in of_kind(OBJECTS, "Service").items()
    if service["apiVersion"] == "serving.knative.dev/v1"
}
COMPONENTS = INFRA / "knative/components"
TRIGGERS = of_kind(OBJECTS, "Trigger")
BROKERS = of_kind(OBJECTS, "Broker")
TYPES = {value for value in vars(events).values() if str(value).startswith("dev.")}
KNATIVES = {value for value in TYPES if value.startswith("dev.knative.")}
BUDGET = settings.load(SETTINGS["data"]).pass_budget


@pytest.fixture(scope="module")
def changes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tree, ...]:
    """An installation that sees changed targets at once."""
    return customized(
        tmp_path_factory.mktemp("changes"),
        resources=[INFRA / "knative"],
        components=[COMPONENTS / "apiserversource"],
    )


def service_of(function: str) -> Tree:
    """The Service of a function."""
    return SERVICES[function.replace("_", "-")]


def container(function: str) -> Tree:
    """Its only container."""
    found: Tree
    (found,) = service_of(function)["spec"]["template"]["spec"]["containers"]
    return found


def environment(function: str) -> dict[str, str]:
    """What is set for one function alone."""
    return {item["name"]: item["value"] for item in container(function)["env"]}


def taken_by(function: str) -> set[str]:
    """The types of the events that a function's own code says it takes."""
    tree = ast.parse((ROOT / "functions" / function / "main.py").read_text())
    named = {
        argument.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "on_event"
        for argument in node.args
        if isinstance(argument, ast.Name)
    }
    return {getattr(events, name) for name in named}


def triggered(function: str) -> set[str]:
    """The types of the events that Triggers bring it."""
    name = function.replace("_", "-")
    return {
        trigger["spec"]["filter"]["attributes"]["type"]
        for trigger in TRIGGERS.values()
        if trigger["spec"]["subscriber"]["ref"]["name"] == name
    }


def test_every_function_has_a_service_and_an_identity_and_the_other_way_round():
    names = {function.replace("_", "-") for function in FUNCTIONS}

    assert set(SERVICES) == set(ACCOUNTS) == names
    assert {
        name: service["spec"]["template"]["spec"]["serviceAccountName"]
        for name, service in SERVICES.items()
    } == {name: name for name in names}


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_service_runs_its_function_from_the_one_image(function: str):
    source = environment(function)["FUNCTION_SOURCE"].removeprefix("/app/")

    assert container(function)["image"] == "spillway"
    assert environment(function)["FUNCTION_TARGET"] == function
    assert ROOT / source == ROOT / "functions" / function / "main.py"
    assert environment(function)["PYTHONPATH"] == "/app"


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_service_has_the_settings_and_no_other_variables(function: str):
    (source,) = container(function)["envFrom"]
    known = {"FUNCTION_TARGET", "FUNCTION_SOURCE", "PYTHONPATH", "THREADS"}

    assert source == {"configMapRef": {"name": SETTINGS["metadata"]["name"]}}
    assert set(environment(function)) == known


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_no_more_requests_come_than_there_are_threads(function: str):
    spec = service_of(function)["spec"]["template"]["spec"]

    assert str(spec["containerConcurrency"]) == environment(function)["THREADS"]


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_request_may_take_as_long_as_the_broker_waits_and_longer_than_a_pass(function: str):
    allowed = service_of(function)["spec"]["template"]["spec"]["timeoutSeconds"]
    waits = {seconds(broker["spec"]["delivery"]["timeout"]) for broker in BROKERS.values()}
    waits |= {
        seconds(trigger["spec"]["delivery"]["timeout"])
        for trigger in TRIGGERS.values()
        if "delivery" in trigger["spec"]
    }

    assert waits == {allowed}
    assert timedelta(seconds=allowed) > BUDGET


def test_only_the_webhook_is_reached_from_outside_of_the_cluster():
    label = "networking.knative.dev/visibility"

    assert {
        name for name, service in SERVICES.items() if label not in service["metadata"]["labels"]
    } == {"promotion-webhook"}
    assert {
        service["metadata"]["labels"].get(label, "cluster-local") for service in SERVICES.values()
    } == {"cluster-local"}


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_between_releases_nothing_runs(function: str):
    annotations = service_of(function)["spec"]["template"]["metadata"]["annotations"]

    assert annotations["autoscaling.knative.dev/min-scale"] == "0"


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_container_may_do_no_more_than_it_has_to(function: str):
    found = container(function)

    assert found["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert found["resources"].keys() == {"requests", "limits"}
    assert found["startupProbe"]["httpGet"] == {"path": "/"}


def test_the_webhooks_secret_is_mounted_where_it_is_read_and_never_written_down():
    spec = service_of("promotion_webhook")["spec"]["template"]["spec"]
    (mount,) = (m for m in container("promotion_webhook")["volumeMounts"] if m["name"] != "tmp")
    (volume,) = (v for v in spec["volumes"] if v["name"] == mount["name"])

    assert mount["mountPath"] == SETTINGS["data"]["SPILLWAY_SECRETS"]
    assert volume["secret"]["secretName"] == "spillway-webhook"
    assert of_kind(OBJECTS, "Secret") == {}


@pytest.mark.parametrize("function", sorted(FUNCTIONS - {"promotion_webhook"}))
def test_a_function_is_brought_what_it_takes_and_nothing_else(changes, function: str):
    assert triggered(function) | sent_straight_to(function, changes) == taken_by(function)


def sent_straight_to(function: str, changes: tuple[Tree, ...]) -> set[str]:
    """The types of the events that the optional source of changed objects sends to it."""
    (source,) = of_kind(changes, "ApiServerSource").values()
    assert source["spec"]["mode"] == "Reference"
    sent = source["spec"]["sink"]["ref"]["name"] == function.replace("_", "-")
    return {f"dev.knative.apiserver.ref.{what}" for what in ("add", "update", "delete") if sent}


def test_the_source_of_changed_objects_may_watch_what_it_is_asked_for_and_no_more(changes):
    (source,) = of_kind(changes, "ApiServerSource").values()
    role = of_kind(changes, "ClusterRole")["spillway-changes"]
    binding = of_kind(changes, "ClusterRoleBinding")["spillway-changes"]
    account = source["spec"]["serviceAccountName"]

    assert {resource["kind"] for resource in source["spec"]["resources"]} == set(events.Kind)
    assert {name for rule in role["rules"] for name in rule["resources"]} == {
        "deployments",
        "canaries",
    }
    assert all(set(rule["verbs"]) == {"get", "list", "watch"} for rule in role["rules"])
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": account, "namespace": "spillway"}
    ]
    assert account in of_kind(changes, "ServiceAccount")
    assert account not in ACCOUNTS


def test_every_trigger_has_a_subscriber_and_an_exact_type():
    subscribers = {t["spec"]["subscriber"]["ref"]["name"] for t in TRIGGERS.values()}

    assert subscribers == set(SERVICES) - {"promotion-webhook"}
    assert {t["spec"]["broker"] for t in TRIGGERS.values()} == {"default"}
    assert all(t["spec"]["filter"]["attributes"].keys() == {"type"} for t in TRIGGERS.values())
    assert all("filters" not in t["spec"] for t in TRIGGERS.values())


def test_every_event_that_goes_over_the_broker_is_declared():
    declared = of_kind(OBJECTS, "EventType")

    assert {found["spec"]["type"] for found in declared.values()} == TYPES - KNATIVES
    assert all(name == found["spec"]["type"] for name, found in declared.items())
    assert all(found["spec"]["description"] for found in declared.values())


def test_deliveries_are_tried_again_with_pauses_that_grow():
    with_retries = [
        delivery
        for found in (*BROKERS.values(), *TRIGGERS.values())
        if (delivery := found["spec"].get("delivery"))
    ]

    assert {delivery["backoffPolicy"] for delivery in with_retries} == {"exponential"}
    assert all(delivery["retry"] > 0 for delivery in with_retries)
    assert all(seconds(delivery["backoffDelay"]) >= 1 for delivery in with_retries)


def test_what_cannot_be_delivered_goes_to_a_broker_of_its_own():
    (sink,) = {
        broker["spec"]["delivery"]["deadLetterSink"]["ref"]["name"]
        for broker in BROKERS.values()
        if "deadLetterSink" in broker["spec"]["delivery"]
    }

    assert sink in BROKERS
    assert "deadLetterSink" not in BROKERS[sink]["spec"]["delivery"]  # else it would go in circles


def test_what_the_functions_publish_goes_to_the_broker_and_so_do_the_beat_and_the_sweep():
    address = SETTINGS["data"]["K_SINK"]
    (sweep,) = of_kind(OBJECTS, "PingSource").values()

    assert address.endswith("/spillway/default")
    assert SETTINGS["data"]["SPILLWAY_CLOCK_SINK"] == "broker/default"
    assert sweep["spec"]["sink"]["ref"]["name"] == "default"
    assert BROKERS["default"]["metadata"]["namespace"] == "spillway"


def test_the_sweep_comes_every_five_minutes():
    (sweep,) = of_kind(OBJECTS, "PingSource").values()

    assert sweep["spec"]["schedule"] == "*/5 * * * *"


def test_settings_that_are_changed_on_top_are_another_revision_of_every_function(tmp_path):
    more = {
        "name": "spillway-settings",
        "namespace": "spillway",
        "behavior": "merge",
        "literals": ["SPILLWAY_BEAT=2s"],
    }

    objects = customized(tmp_path, resources=[INFRA / "knative"], configMapGenerator=[more])
    (named,) = of_kind(objects, "ConfigMap")

    assert named != SETTINGS["metadata"]["name"]
    assert {
        service["spec"]["template"]["spec"]["containers"][0]["envFrom"][0]["configMapRef"]["name"]
        for service in of_kind(objects, "Service").values()
    } == {named}


def test_every_namespaced_object_is_in_spillways_namespace():
    everywhere = {"Namespace", "CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding"}

    assert {
        found["metadata"].get("namespace") for found in OBJECTS if found["kind"] not in everywhere
    } == {"spillway"}


def test_every_setting_that_is_read_is_in_the_readme():
    text = (ROOT / "README.md").read_text()

    assert [v.name for v in VARIABLES if not re.search(rf"\| `{v.name}` \|", text)] == []
