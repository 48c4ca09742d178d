"""What Spillway costs: outside calls and bytes, counted; starts and reactions, timed."""
