"""The embedded API server: what Kubernetes clients need of a real one, in memory, on loopback."""
