# One image, one service for each function. The table of settings in the README says what each variable means; what is
# not set here has its default.

locals {
  # Each function, and the type of event that is pushed to it. The webhook is called by pipelines.
  functions = {
    promotion_webhook = null
    start_canary      = "dev.cdeventsx.spillway-promotion.requested.0.1.0"
    analysis_tick     = "dev.cdeventsx.spillway-analysis.tick.0.1.0"
    rollback          = "dev.cdeventsx.spillway-rollback.requested.0.1.0"
  }
  passes = { for name, type in local.functions : name => type if type != null }
  names  = { for name, type in local.functions : name => replace(name, "_", "-") }

  # Known before there is a service, so that one can be told another's.
  urls = {
    for name, dashed in local.names :
    name => "https://spillway-${dashed}-${data.google_project.this.number}.${var.region}.run.app"
  }

  told_to_all = {
    PYTHONPATH     = "/app"
    THREADS        = tostring(var.threads)
    SPILLWAY_BUS   = "pubsub"
    SPILLWAY_TOPIC = google_pubsub_topic.events.id
  }
  told_to_webhook = {
    SPILLWAY_SECRETS = "/etc/spillway/secrets"
  }
  told_to_passes = {
    SPILLWAY_CLUSTER_ENDPOINT = var.cluster_endpoint
    SPILLWAY_CLUSTER_CA       = var.cluster_ca
    SPILLWAY_METRICS_SERVER   = var.metrics_server
    SPILLWAY_NAMESPACES       = join(",", var.namespaces)
    SPILLWAY_SELECTOR         = var.selector
    SPILLWAY_BEAT             = var.beat
    SPILLWAY_PASS_BUDGET      = "20s"
    SPILLWAY_CLOCK            = "cloudtasks"
    SPILLWAY_CLOCK_QUEUE      = google_cloud_tasks_queue.beat.id
    SPILLWAY_CLOCK_ACCOUNT    = google_service_account.push.email
    SPILLWAY_CLOCK_SINK       = local.urls["analysis_tick"]
  }
}

resource "google_cloud_run_v2_service" "function" {
  for_each = local.functions

  name                = "spillway-${local.names[each.key]}"
  location            = var.region
  ingress             = each.value == null ? "INGRESS_TRAFFIC_ALL" : "INGRESS_TRAFFIC_INTERNAL_ONLY"
  deletion_protection = false # there is nothing in it that could be lost

  template {
    service_account                  = google_service_account.function[each.key].email
    timeout                          = "60s" # above SPILLWAY_PASS_BUDGET, as the subscription's deadline is
    max_instance_request_concurrency = var.threads

    scaling {
      min_instance_count = 0
      max_instance_count = var.max_instances
    }

    dynamic "vpc_access" {
      for_each = each.value == null || var.vpc == null ? [] : [var.vpc]

      content {
        egress = "PRIVATE_RANGES_ONLY"

        network_interfaces {
          network    = vpc_access.value.network
          subnetwork = vpc_access.value.subnetwork
        }
      }
    }

    # A file for each version that is good. It is read at each request, so a new version needs no new revision.
    dynamic "volumes" {
      for_each = each.value == null ? ["secrets"] : []

      content {
        name = volumes.value

        secret {
          secret = var.webhook_secret

          dynamic "items" {
            for_each = var.webhook_secret_versions

            content {
              version = items.value
              path    = "pipeline-${items.value}"
            }
          }
        }
      }
    }

    containers {
      image = var.image

      resources {
        cpu_idle          = true # nothing is paid for between requests
        startup_cpu_boost = true

        limits = {
          cpu    = "1"
          memory = "512Mi"
        }
      }

      startup_probe {
        period_seconds    = 1
        timeout_seconds   = 1
        failure_threshold = 30

        http_get {
          path = "/"
        }
      }

      env {
        name  = "FUNCTION_TARGET"
        value = each.key
      }

      env {
        name  = "FUNCTION_SOURCE"
        value = "/app/functions/${each.key}/main.py"
      }

      dynamic "env" {
        for_each = merge(local.told_to_all, each.value == null ? local.told_to_webhook : local.told_to_passes)

        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "volume_mounts" {
        for_each = each.value == null ? ["secrets"] : []

        content {
          name       = volume_mounts.value
          mount_path = local.told_to_webhook.SPILLWAY_SECRETS
        }
      }
    }
  }

  depends_on = [
    google_project_service.needed,
    google_secret_manager_secret_iam_member.webhook,
  ]
}
