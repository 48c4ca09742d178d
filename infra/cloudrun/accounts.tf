# An identity for each function, and one that events are pushed as. None has a role in the whole project but the one
# that opens the way to the cluster; what it may do there is Kubernetes' to say.

resource "google_service_account" "function" {
  for_each = local.functions

  account_id   = "spillway-${local.names[each.key]}"
  display_name = "Spillway: ${each.key}"
  depends_on   = [google_project_service.needed]
}

resource "google_service_account" "push" {
  account_id   = "spillway-push"
  display_name = "Spillway: pushes events and ticks to the functions"
  depends_on   = [google_project_service.needed]
}

# Who calls the functions that run a pass: pushes and tasks. Anybody may call the webhook; it checks signatures.
resource "google_cloud_run_v2_service_iam_member" "push" {
  for_each = local.passes

  name     = google_cloud_run_v2_service.function[each.key].name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.push.member
}

resource "google_cloud_run_v2_service_iam_member" "anybody" {
  name     = google_cloud_run_v2_service.function["promotion_webhook"].name
  location = var.region
  role     = "roles/run.invoker"
  member   = "allUsers"
}

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = local.functions

  topic  = google_pubsub_topic.events.name
  role   = "roles/pubsub.publisher"
  member = google_service_account.function[each.key].member
}

# A task is queued by a function, and shows the token of the account that pushes.
resource "google_cloud_tasks_queue_iam_member" "enqueuer" {
  for_each = local.passes

  name     = google_cloud_tasks_queue.beat.name
  location = var.region
  role     = "roles/cloudtasks.enqueuer"
  member   = google_service_account.function[each.key].member
}

resource "google_service_account_iam_member" "speaks_as_push" {
  for_each = local.passes

  service_account_id = google_service_account.push.name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.function[each.key].member
}

resource "google_secret_manager_secret_iam_member" "webhook" {
  secret_id = var.webhook_secret
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function["promotion_webhook"].member
}

# A DNS endpoint of GKE lets in whom IAM lets connect; for an IP endpoint it is not needed.
resource "google_project_iam_custom_role" "connect" {
  role_id     = "spillwayConnect"
  title       = "Spillway: reaches the API server"
  permissions = ["container.clusters.connect"]
  depends_on  = [google_project_service.needed]
}

resource "google_project_iam_member" "connect" {
  for_each = local.passes

  project = var.project
  role    = google_project_iam_custom_role.connect.id
  member  = google_service_account.function[each.key].member
}

# Pub/Sub itself moves what is not taken to the dead letters.
resource "google_pubsub_topic_iam_member" "dead_letters" {
  topic  = google_pubsub_topic.dead_letters.name
  role   = "roles/pubsub.publisher"
  member = local.pubsub
}

resource "google_pubsub_subscription_iam_member" "dead_letters" {
  for_each = local.passes

  subscription = google_pubsub_subscription.function[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub
}

locals {
  pubsub = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}
