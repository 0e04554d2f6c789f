"""Whether the service lives, and whether it is ready to serve."""
