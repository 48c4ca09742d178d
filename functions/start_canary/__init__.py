"""A promotion takes its revision up at once."""
