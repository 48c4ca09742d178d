# One topic for all events, and a subscription for each function, by exact type. Of what Spillway tells the world one thing
# wakes a function of its own: the wish to go back of a run that reached its threshold, which is rolled back by then. A
# push is a CloudEvent in binary mode, as the attributes of a message become the headers.

resource "google_pubsub_topic" "events" {
  name       = "spillway-events"
  depends_on = [google_project_service.needed]
}

resource "google_pubsub_subscription" "function" {
  for_each = local.passes

  name                       = "spillway-${local.names[each.key]}"
  topic                      = google_pubsub_topic.events.id
  filter                     = "attributes.\"ce-type\" = \"${each.value}\""
  ack_deadline_seconds       = 60
  message_retention_duration = "86400s" # a wish of yesterday is nobody's any more

  push_config {
    push_endpoint = local.urls[each.key]

    no_wrapper {
      write_metadata = true
    }

    oidc_token {
      service_account_email = google_service_account.push.email
      audience              = local.urls[each.key]
    }
  }

  # 409 and 503 come again; what is refused for good is answered with success, and logged.
  retry_policy {
    minimum_backoff = "1s"
    maximum_backoff = "60s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letters.id
    max_delivery_attempts = 23 # 17 minutes with these pauses, as on Knative
  }

  expiration_policy {
    ttl = "" # weeks may pass between two releases
  }
}

resource "google_pubsub_topic" "dead_letters" {
  name       = "spillway-dead-letters"
  depends_on = [google_project_service.needed]
}

# Keeps them for a week, for people to look at.
resource "google_pubsub_subscription" "dead_letters" {
  name                       = "spillway-dead-letters"
  topic                      = google_pubsub_topic.dead_letters.id
  message_retention_duration = "604800s"

  expiration_policy {
    ttl = ""
  }
}
