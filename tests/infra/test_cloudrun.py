"""Code and Terraform say the same: each function, its events, its settings, its grants."""

import re

import pytest
import yaml

from shared.adapters import codec, settings
from shared.adapters.clock import is_beat
from shared.adapters.variables import VARIABLES
from shared.domain import events
from tests.infra import terraform
from tests.infra.rendering import INFRA, of_kind, rendered
from tests.infra.terraform import local_values, one, resources
from tests.infra.test_base import FUNCTIONS, PASSES
from tests.infra.test_knative import BROKERS, taken_by
from tests.readme import ROOT

LOCALS = local_values()
TYPES = {name: type_ for name, type_ in LOCALS["functions"].items() if type_}
(SERVICE,) = resources("google_cloud_run_v2_service").values()
TEMPLATE = one(SERVICE, "template")
CONTAINER = one(TEMPLATE, "containers")
SUBSCRIPTION = resources("google_pubsub_subscription")["function"]
PUSH = one(SUBSCRIPTION, "push_config")
FRAMEWORK = {"PYTHONPATH", "THREADS"}
TOLD = {**LOCALS["told_to_all"], **LOCALS["told_to_passes"], **LOCALS["told_to_webhook"]}
# Left at their defaults: what is of another bus, another clock or another way to the cluster, what
# the platform checks, and what nobody needs to change here.
UNTOLD = {
    "K_SINK",
    "SPILLWAY_SINK_TOKEN",
    "SPILLWAY_CLOCK_NAMESPACE",
    "SPILLWAY_KUBECONFIG",
    "SPILLWAY_PUSH_AUDIENCE",
    "SPILLWAY_PUSH_ACCOUNT",
    "SPILLWAY_CLOCK_ENDPOINT",
    "GCE_METADATA_HOST",
    "SPILLWAY_POOL",
}
# What Google Cloud gives these expressions, in a project of a number.
GIVEN = {
    "${google_pubsub_topic.events.id}": "projects/p/topics/spillway-events",
    "${google_cloud_tasks_queue.beat.id}": "projects/p/locations/l/queues/spillway-beat",
    "${google_service_account.push.email}": "spillway-push@p.iam.gserviceaccount.com",
    '${local.urls["analysis_tick"]}': "https://spillway-analysis-tick-1.l.run.app",
    "${var.cluster_endpoint}": "https://gke-1.l.gke.goog",
    "${var.cluster_ca}": "",
    "${var.metrics_server}": "http://10.0.0.9:9090",
    '${join(",", var.namespaces)}': "shop,jx",
    "${var.selector}": "team=web",
    "${var.beat}": "5s",
    "${tostring(var.threads)}": "8",
}


def environment(*parts: str) -> dict[str, str]:
    """What a function is told, as it will be."""
    told = {name: value for part in parts for name, value in LOCALS[part].items()}
    return {name: GIVEN.get(value, value) for name, value in told.items()}


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_there_is_a_service_for_every_function_and_no_other():
    assert set(LOCALS["functions"]) == FUNCTIONS
    assert SERVICE["for_each"] == "${local.functions}"


def test_what_is_pushed_to_a_function_is_what_it_takes():
    assert SUBSCRIPTION["for_each"] == "${local.passes}"
    assert SUBSCRIPTION["filter"] == 'attributes."ce-type" = "${each.value}"'
    assert {name: taken_by(name) & {type_} for name, type_ in TYPES.items()} == {
        name: {type_} for name, type_ in TYPES.items()
    }


def test_every_event_of_ours_that_a_function_takes_is_pushed_to_it():
    ours = {type_ for name in FUNCTIONS for type_ in taken_by(name) if "cdevents" in type_}

    assert set(TYPES.values()) == ours


def test_a_push_is_a_cloud_event_with_a_token_of_the_account_that_may_call():
    assert one(PUSH, "no_wrapper") == {"write_metadata": True}
    assert PUSH["push_endpoint"] == "${local.urls[each.key]}"
    assert one(PUSH, "oidc_token") == {
        "service_account_email": "${google_service_account.push.email}",
        "audience": PUSH["push_endpoint"],
    }


def test_what_is_not_taken_is_kept_and_a_quiet_year_ends_no_subscription():
    letters = resources("google_pubsub_subscription")["dead_letters"]

    assert one(SUBSCRIPTION, "dead_letter_policy")["dead_letter_topic"] == (
        "${google_pubsub_topic.dead_letters.id}"
    )
    assert letters["topic"] == "${google_pubsub_topic.dead_letters.id}"
    assert [one(each, "expiration_policy") for each in (SUBSCRIPTION, letters)] == [{"ttl": ""}] * 2
    assert "retry_policy" in SUBSCRIPTION


def test_an_event_comes_again_for_as_long_as_on_knative():
    pauses = one(SUBSCRIPTION, "retry_policy")
    tries = one(SUBSCRIPTION, "dead_letter_policy")["max_delivery_attempts"]
    delivery = BROKERS["default"]["spec"]["delivery"]

    assert delivery["backoffDelay"] == "PT1S"
    assert pauses["minimum_backoff"] == "1s"
    assert sum(min(2**again, seconds(pauses["maximum_backoff"])) for again in range(tries - 1)) == (
        sum(2**again for again in range(delivery["retry"]))
    )


def test_every_setting_is_set_or_left_at_its_default_on_purpose():
    known = {variable.name for variable in VARIABLES}

    assert set(TOLD) - FRAMEWORK == known - UNTOLD
    assert known >= UNTOLD


def test_the_settings_are_ones_that_the_functions_start_with():
    passes = settings.load(environment("told_to_all", "told_to_passes"))
    webhook = settings.load_webhook(environment("told_to_all", "told_to_webhook"))

    assert passes.clock.kind == "cloudtasks"
    assert passes.namespaces == ("shop", "jx")
    assert passes.topic == webhook.topic == "projects/p/topics/spillway-events"
    assert str(webhook.secrets) == "/etc/spillway/secrets"


def test_a_pass_ends_before_its_request_does_and_that_before_it_is_delivered_again():
    budget = settings.load(environment("told_to_all", "told_to_passes")).pass_budget

    assert budget.total_seconds() < seconds(TEMPLATE["timeout"])
    assert seconds(TEMPLATE["timeout"]) <= SUBSCRIPTION["ack_deadline_seconds"]


def test_the_function_that_is_started_is_in_the_image():
    said = {item["name"]: item["value"] for item in CONTAINER["env"]}
    dockerfile = (ROOT / "infra" / "Dockerfile").read_text()

    assert said == {
        "FUNCTION_TARGET": "${each.key}",
        "FUNCTION_SOURCE": "/app/functions/${each.key}/main.py",
    }
    assert re.search("^WORKDIR /app$", dockerfile, re.MULTILINE)
    assert LOCALS["told_to_all"]["PYTHONPATH"] == "/app"


def test_an_instance_takes_as_many_requests_as_it_has_threads():
    assert TEMPLATE["max_instance_request_concurrency"] == "${var.threads}"
    assert LOCALS["told_to_all"]["THREADS"] == "${tostring(var.threads)}"


def test_between_releases_nothing_runs():
    assert one(TEMPLATE, "scaling")["min_instance_count"] == 0
    assert one(CONTAINER, "resources")["cpu_idle"] is True
    assert one(CONTAINER, "resources")["startup_cpu_boost"] is True


def test_a_function_is_asked_whether_it_is_up_as_it_answers():
    probe = one(CONTAINER, "startup_probe")

    assert one(probe, "http_get") == {"path": "/"}
    assert probe["timeout_seconds"] <= probe["period_seconds"]


def test_only_the_webhook_is_reached_from_outside():
    assert SERVICE["ingress"] == (
        '${each.value == null ? "INGRESS_TRAFFIC_ALL" : "INGRESS_TRAFFIC_INTERNAL_ONLY"}'
    )
    assert set(LOCALS["functions"]) - set(TYPES) == {"promotion_webhook"}


def test_the_webhooks_secrets_are_files_where_it_reads_them():
    (volume,), (mount,) = TEMPLATE["dynamic"][1:], CONTAINER["dynamic"][1:]
    secret = one(one(volume["volumes"], "content"), "secret")

    assert secret["secret"] == "${var.webhook_secret}"
    assert one(mount["volume_mounts"], "content")["mount_path"] == (
        "${local.told_to_webhook.SPILLWAY_SECRETS}"
    )


# Each grant: what it is on, the role, and to whom.
GRANTS = {
    ("google_cloud_run_v2_service_iam_member", "roles/run.invoker", "push"),
    ("google_cloud_run_v2_service_iam_member", "roles/run.invoker", "allUsers"),
    ("google_pubsub_topic_iam_member", "roles/pubsub.publisher", "function"),
    ("google_cloud_tasks_queue_iam_member", "roles/cloudtasks.enqueuer", "function"),
    ("google_service_account_iam_member", "roles/iam.serviceAccountUser", "function"),
    ("google_secret_manager_secret_iam_member", "roles/secretmanager.secretAccessor", "function"),
    ("google_project_iam_member", "spillwayConnect", "function"),
    ("google_pubsub_topic_iam_member", "roles/pubsub.publisher", "local.pubsub"),
    ("google_pubsub_subscription_iam_member", "roles/pubsub.subscriber", "local.pubsub"),
}


def test_nobody_may_more_than_they_need():
    found = {
        (name.partition(".")[0], body["role"], body["member"])
        for name, body in terraform.all_resources().items()
        if name.partition(".")[0].endswith("_iam_member")
    }
    short = {(kind, role_of(role), member_of(member)) for kind, role, member in found}

    assert short == GRANTS
    assert not [name for name in terraform.all_resources() if "_iam_policy" in name]
    assert not [name for name in terraform.all_resources() if "_iam_binding" in name]


def role_of(text: str) -> str:
    custom = resources("google_project_iam_custom_role")["connect"]
    return text if text.startswith("roles/") else custom["role_id"]


def member_of(text: str) -> str:
    found = re.search(r"google_service_account\.(\w+)|(local\.\w+)|(allUsers)", text)
    assert found
    return next(group for group in found.groups() if group)


def test_the_role_of_our_own_lets_nobody_do_anything_but_connect():
    (custom,) = resources("google_project_iam_custom_role").values()

    assert custom["permissions"] == ["container.clusters.connect"]


def test_only_the_webhook_may_be_called_by_anybody_and_read_its_secret():
    anybody = resources("google_cloud_run_v2_service_iam_member")["anybody"]
    secret = resources("google_secret_manager_secret_iam_member")["webhook"]

    assert "promotion_webhook" in anybody["name"]
    assert "promotion_webhook" in secret["member"]
    assert "for_each" not in anybody | secret


def test_the_sweep_is_an_event_that_analysis_tick_takes_for_a_look_at_everything():
    target = one(resources("google_cloud_scheduler_job")["sweep"], "pubsub_target")
    attributes = {
        name: TYPES["analysis_tick"] if value == "${local.functions.analysis_tick}" else value
        for name, value in target["attributes"].items()
    }

    event = codec.decode(attributes, b"{}")

    assert target["data"] == '${base64encode("{}")}'
    assert event.type in taken_by("analysis_tick")
    assert events.tick(event) == events.Tick()
    assert not is_beat(event.source)
    assert target["topic_name"] == SUBSCRIPTION["topic"]


def test_a_beat_that_is_not_taken_comes_again_until_a_sweep_has_come():
    retries = one(resources("google_cloud_tasks_queue")["beat"], "retry_config")
    sweep = terraform.named("variable")["sweep"]["default"]

    assert sweep == "*/5 * * * *"
    assert seconds(retries["max_retry_duration"]) > 300
    assert retries["max_attempts"] == -1


def test_the_cluster_knows_the_functions_by_their_service_accounts():
    (binding,) = of_kind(rendered(INFRA / "cloudrun/cluster"), "ClusterRoleBinding").values()
    accounts = resources("google_service_account")["function"]["account_id"]

    assert accounts == "spillway-${local.names[each.key]}"
    assert {(subject["kind"], subject["name"]) for subject in binding["subjects"]} == {
        ("User", f"spillway-{name}@PROJECT.iam.gserviceaccount.com") for name in PASSES
    }


def test_what_stands_in_the_cluster_is_the_canary_and_the_role():
    kinds = [found["kind"] for found in rendered(INFRA / "cloudrun/cluster")]

    assert sorted(kinds) == ["ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"]


def test_all_that_is_named_is_there_and_all_that_is_asked_for_is_used():
    named, declared = terraform.references(), terraform.declared()

    assert named - declared == set()
    asked = {name for name in declared if name.startswith(("var.", "local."))}
    assert asked - named == set()


@pytest.mark.parametrize("kind", ["variable", "output"])
def test_everything_says_what_it_is(kind):
    assert [name for name, body in terraform.named(kind).items() if not body["description"]] == []


def test_skaffold_builds_the_image_for_what_cloud_run_runs_on():
    profiles = yaml.safe_load((ROOT / "skaffold.yaml").read_text())["profiles"]
    (profile,) = [profile for profile in profiles if profile["name"] == "cloudrun"]

    assert profile["build"] == {"platforms": ["linux/amd64"]}


def test_the_manual_gives_whatever_has_no_default():
    manual = (ROOT / "docs" / "cloudrun.md").read_text()
    needed = [name for name, body in terraform.named("variable").items() if "default" not in body]

    assert [name for name in needed if not re.search(rf"^{name} += ", manual, re.MULTILINE)] == []
