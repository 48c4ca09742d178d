"""Many rollouts side by side, driven through the real functions against one API server."""
