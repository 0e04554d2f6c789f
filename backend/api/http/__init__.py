"""What every endpoint shares: faults, signed cursors, conditional requests, bounds, headers, the OpenAPI document."""
