output "webhook_url" {
  description = "Where pipelines send promotions."
  value       = local.urls["promotion_webhook"]
}

output "topic" {
  description = "What Spillway tells the world is published here, and wishes to go back are taken."
  value       = google_pubsub_topic.events.id
}

output "dead_letters" {
  description = "The subscription that keeps what could not be delivered."
  value       = google_pubsub_subscription.dead_letters.id
}

output "accounts" {
  description = "Who the functions are to the API server."
  value       = [for name in keys(local.passes) : google_service_account.function[name].email]
}
