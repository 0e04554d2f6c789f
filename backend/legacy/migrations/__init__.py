"""Creates the legacy schema in an empty database; never run against the source of a migration."""
