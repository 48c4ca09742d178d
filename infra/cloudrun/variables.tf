variable "project" {
  description = "The project that Spillway runs in, by its id."
  type        = string
}

variable "region" {
  description = "The region of everything, such as europe-west1: best that of the cluster."
  type        = string
}

variable "image" {
  description = "The image of infra/Dockerfile in a registry that Cloud Run reads, by tag or digest."
  type        = string
}

variable "cluster_endpoint" {
  description = "The API server's address with https://. Of GKE its DNS endpoint, or its IP endpoint with cluster_ca."
  type        = string

  validation {
    condition     = startswith(var.cluster_endpoint, "https://")
    error_message = "The API server is shown a token: its address begins with https://."
  }
}

variable "cluster_ca" {
  description = "The authority of the API server's certificate, PEM in base64, as GKE gives it; empty for a DNS endpoint."
  type        = string
  default     = ""
}

variable "metrics_server" {
  description = "The Prometheus that is asked where a Canary names none."
  type        = string
}

variable "vpc" {
  description = "The network and subnetwork that private addresses are reached through (Direct VPC egress); null: none."
  type = object({
    network    = string
    subnetwork = string
  })
  default = null
}

variable "webhook_secret" {
  description = "The Secret Manager secret that promotions are signed with, by its id. It has a version already."
  type        = string
}

variable "webhook_secret_versions" {
  description = "The versions of it that are good: while it is changed, the old one's number and latest."
  type        = set(string)
  default     = ["latest"]
}

variable "namespaces" {
  description = "The namespaces that are looked at; none: all."
  type        = list(string)
  default     = []
}

variable "selector" {
  description = "A label selector of the Canaries that are looked at; empty: all."
  type        = string
  default     = ""
}

variable "beat" {
  description = "The time between two looks at a canary that waits for something."
  type        = string
  default     = "5s"
}

variable "sweep" {
  description = "When everything is looked at, as cron writes it: what no event told of is seen then."
  type        = string
  default     = "*/5 * * * *"
}

variable "threads" {
  description = "How many requests an instance takes at once."
  type        = number
  default     = 8
}

variable "max_instances" {
  description = "How many instances of a function there may be: a flood of requests is not passed on to the API server."
  type        = number
  default     = 10
}
