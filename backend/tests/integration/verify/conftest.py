"""Fixtures of the verification: a source that is migrated once for each engine; damage is undone after a test."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import pytest

from api.dynamodb.table_schema import create_table, delete_table
from config.environment import MySQLSource, environment
from migration.job import MigrationOptions
from migration.run import migrate
from tests.integration.migration.conftest import legacy, move
from tests.integration.migration.migration_harness import LegacySource
from tests.integration.verify.verification_harness import MigratedTable, fill
from tests.support.engines import Engine
from tests.support.sources import legacy_database

__all__ = ["legacy", "move"]


@pytest.fixture(scope="session")
def _moved(
    engine: Engine,
    mysql_server: MySQLSource,
    legacy_tables: tuple[str, ...],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[MigratedTable]:
    table = f"algoitny_test_{secrets.token_hex(6)}"
    client = engine.client()
    create_table(client, table)
    with legacy_database(mysql_server, legacy_tables) as source:
        filled = LegacySource(source)
        fill(filled)
        migrated = MigratedTable(filled, engine, table, tmp_path_factory.mktemp("state"), client)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in migrated.settings().items():
                patch.setenv(name, value)
            environment.cache_clear()
            migrate(environment(), MigrationOptions(quiet=True, batch_size=50))
        environment.cache_clear()
        yield migrated
        filled.close()
    delete_table(client, table)


@pytest.fixture
def migrated(_moved: MigratedTable, use_settings: Callable[..., None]) -> Iterator[MigratedTable]:
    """A source and the table that holds all of it, on each engine in turn; what a test damages is mended."""
    use_settings(**_moved.settings())
    yield _moved
    _moved.undo_damage()
