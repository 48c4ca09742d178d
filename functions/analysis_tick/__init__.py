"""A tick looks at every canary that is due."""
