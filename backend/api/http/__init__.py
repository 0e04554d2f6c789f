"""Shared by all endpoints: errors, signed cursors, conditional requests, request limits, headers, OpenAPI."""
