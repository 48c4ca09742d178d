# infra/cloudrun, planned and applied by the provider itself on a Google Cloud that is made up: whatever the provider
# checks before it asks Google is checked, and what only Google knows has the values below.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789" }
  }

  mock_resource "google_service_account" {
    defaults = {
      name   = "projects/my-project/serviceAccounts/spillway-one@my-project.iam.gserviceaccount.com"
      email  = "spillway-one@my-project.iam.gserviceaccount.com"
      member = "serviceAccount:spillway-one@my-project.iam.gserviceaccount.com"
    }
  }
}

variables {
  project          = "my-project"
  region           = "europe-west1"
  image            = "europe-west1-docker.pkg.dev/my-project/spillway/spillway:0.1.0"
  cluster_endpoint = "https://gke-1.europe-west1-1.gke.goog"
  metrics_server   = "http://10.0.0.9:9090"
  webhook_secret   = "spillway-webhook"
}

run "with_the_defaults" {
  command = apply

  assert {
    condition     = length(google_cloud_run_v2_service.function) == 4
    error_message = "Each function is a service."
  }

  assert {
    condition     = keys(google_pubsub_subscription.function) == ["analysis_tick", "rollback", "start_canary"]
    error_message = "Each function but the webhook has events pushed to it."
  }

  assert {
    condition     = output.webhook_url == "https://spillway-promotion-webhook-123456789.europe-west1.run.app"
    error_message = "Pipelines send promotions to the webhook."
  }

  assert {
    condition = alltrue([
      for service in values(google_cloud_run_v2_service.function) : length(service.template[0].vpc_access) == 0
    ])
    error_message = "No function reaches into a network that was not named."
  }
}

run "with_a_network_and_two_secrets" {
  command = plan

  variables {
    vpc                     = { network = "shop", subnetwork = "functions" }
    webhook_secret_versions = ["3", "latest"]
  }

  assert {
    condition = [
      for name, service in google_cloud_run_v2_service.function : name if length(service.template[0].vpc_access) == 1
    ] == ["analysis_tick", "rollback", "start_canary"]
    error_message = "Each function but the webhook reaches private addresses."
  }

  assert {
    condition = toset([
      for item in google_cloud_run_v2_service.function["promotion_webhook"].template[0].volumes[0].secret[0].items :
      item.path
    ]) == toset(["pipeline-3", "pipeline-latest"])
    error_message = "Each version of the secret is a file."
  }
}

run "an_address_without_tls" {
  command         = plan
  expect_failures = [var.cluster_endpoint]

  variables {
    cluster_endpoint = "http://10.0.0.1"
  }
}
