"""Scripts that check a deployed API, by its base URL alone."""
