"""What `make bench-api` measures the service with: the same rows and requests for it and for its ordinary peer."""
