"""What the functions share: the rules, the adapters and the pass."""
