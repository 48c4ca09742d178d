"""The pass: look, ask, gather, and for each canary on its own decide, save, apply, tell, settle."""
