"""The real Istio: its istiod configures the lab's Envoy, in place of the lab's own translator."""
