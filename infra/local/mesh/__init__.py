"""The mesh: a real Envoy that routes as the VirtualServices of the lab's API server say."""
