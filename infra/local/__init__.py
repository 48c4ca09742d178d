"""The lab: what a newcomer runs instead of a cluster, on loopback."""
