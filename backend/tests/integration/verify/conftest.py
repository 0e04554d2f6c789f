"""Fixtures of the proof: the source is filled and moved once for each engine, and every damage is mended."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import pytest

from api.dynamodb import transports
from api.dynamodb.table_schema import create_table, delete_table
from config.environment import MySQLSource, environment
from migration.run import Options, migrate
from tests.integration.migration.world import LegacySource
from tests.integration.verify.world import Proof, fill
from tests.support.engines import Engine
from tests.support.sources import legacy_database


@pytest.fixture(scope="session")
def _moved(
    engine: Engine,
    mysql_server: MySQLSource,
    legacy_tables: tuple[str, ...],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Proof]:
    table = f"algoitny_test_{secrets.token_hex(6)}"
    client = engine.client()
    create_table(client, table)
    with legacy_database(mysql_server, legacy_tables) as source:
        legacy = LegacySource(source)
        fill(legacy)
        proof = Proof(legacy, engine, table, tmp_path_factory.mktemp("state"), client)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in proof.settings().items():
                patch.setenv(name, value)
            environment.cache_clear()
            migrate(environment(), Options(quiet=True, batch_size=50))
        environment.cache_clear()
        yield proof
        legacy.close()
    delete_table(client, table)
    client.close()
    transports.forget()


@pytest.fixture
def proof(_moved: Proof, use_settings: Callable[..., None]) -> Iterator[Proof]:
    """A source and the table that holds all of it, on each engine in turn; what a test damages is mended."""
    use_settings(**_moved.settings())
    yield _moved
    _moved.mend()
