"""A wish to go back: one canary."""
