# The beat: tasks that the functions queue themselves, while a canary waits for something. Between releases it is empty.
resource "google_cloud_tasks_queue" "beat" {
  name     = "spillway-beat"
  location = var.region

  rate_limits {
    max_dispatches_per_second = 10
    max_concurrent_dispatches = 10
  }

  # A tick that is not taken is delivered again, until the next sweep would have come anyway.
  retry_config {
    max_attempts       = -1
    max_retry_duration = "600s"
    min_backoff        = "1s"
    max_backoff        = "30s"
  }

  depends_on = [google_project_service.needed]
}

# The sweep finds what no event told of. It is published, so that it waits and is repeated as events are. Its id is
# always the same, as Cloud Scheduler makes none up; no event is ever left out because its id was seen.
resource "google_cloud_scheduler_job" "sweep" {
  name      = "spillway-sweep"
  region    = var.region
  schedule  = var.sweep
  time_zone = "Etc/UTC"

  pubsub_target {
    topic_name = google_pubsub_topic.events.id
    data       = base64encode("{}")

    attributes = {
      "ce-specversion"     = "1.0"
      "ce-id"              = "sweep"
      "ce-source"          = "/spillway/sweep"
      "ce-type"            = local.functions.analysis_tick
      "ce-datacontenttype" = "application/json"
      "content-type"       = "application/json"
    }
  }

  depends_on = [google_project_service.needed]
}
