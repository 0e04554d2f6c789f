"""Fixtures of the live move: a source that is followed and a table to follow it into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from config.environment import MySQLSource
from engines.mariadb import RunningMariaDB, start_mariadb
from live.source.binlog import BinlogReader
from live.source.changes import Event
from live.source.server import SourceServer
from tests.integration.live.binlog_harness import Reads
from tests.integration.live.live_harness import Live
from tests.integration.migration.migration_harness import LegacySource, Move
from tests.support.engines import Engine
from tests.support.sources import started
from tests.support.tables import TablePool


@pytest.fixture
def legacy(legacy_mysql: MySQLSource) -> Iterator[LegacySource]:
    """The empty legacy schema, to be filled."""
    source = LegacySource(legacy_mysql)
    yield source
    source.close()


@pytest.fixture
def live(
    legacy: LegacySource,
    engine: Engine,
    table_pool: TablePool,
    tmp_path: Path,
    use_settings: Callable[..., None],
) -> Iterator[Live]:
    """A live move into an empty table."""
    table = table_pool.take(engine)
    yield Live(Move(legacy, engine, table, tmp_path / "state", use_settings))
    table_pool.put_back(engine, table)


@pytest.fixture
def read(legacy: LegacySource) -> Reads:
    """Runs statements on a connection of their own, and reads what the binlog has of them."""

    def run(*statements: str) -> list[Event]:
        with SourceServer(legacy.source) as server:
            server.create_mark()
            position = server.position()
            watched = {name: table for name, table in server.watched_tables().items() if table.columns}
        for statement in statements:
            legacy.sql(statement)
        reader = BinlogReader(legacy.source, watched, position, server_id=3_000_000_001, blocking=False)
        with closing(reader):
            return list(reader.events())

    return run


@pytest.fixture(scope="session")
def other_server() -> Iterator[RunningMariaDB]:
    """A second server, which may be stopped or killed, and have its binlog purged."""
    with started(start_mariadb) as running:
        yield running
