"""Creates the legacy schema in a SQLite file with Django's migrations; Django must be set up."""

from __future__ import annotations

from pathlib import Path

ALIAS = "legacy"


def create_schema(path: Path) -> None:
    """Runs the migrations of `legacy` against `path`, whatever file the alias names.

    The alias refers to `path` while they run, because Django's migration recorder
    looks its connection up by alias.
    """
    from django.db import connections
    from django.db.backends.sqlite3.base import DatabaseWrapper
    from django.db.migrations.executor import MigrationExecutor
    from django.db.utils import DEFAULT_DB_ALIAS
    from django.utils.connection import ConnectionDoesNotExist

    try:
        before = connections[ALIAS]
    except ConnectionDoesNotExist:
        before = None
    options = {**connections[DEFAULT_DB_ALIAS].settings_dict, "ENGINE": "django.db.backends.sqlite3"}
    options |= {"NAME": str(path), "OPTIONS": {}}
    connection = DatabaseWrapper(options, ALIAS)
    connections[ALIAS] = connection
    try:
        executor = MigrationExecutor(connection)
        executor.migrate([key for key in executor.loader.graph.leaf_nodes() if key[0] == "legacy"])
    finally:
        connection.close()
        if before is None:
            del connections[ALIAS]
        else:
            before.close()  # its file may be about to be replaced
            connections[ALIAS] = before
