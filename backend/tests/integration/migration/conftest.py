"""Fixtures of the move: a source to fill and a table to move it into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.environment import MySQLSource
from tests.integration.migration.migration_harness import LegacySource, Move
from tests.support.engines import Engine
from tests.support.tables import TablePool


@pytest.fixture
def legacy(legacy_mysql: MySQLSource) -> Iterator[LegacySource]:
    """The empty legacy schema, to be filled."""
    source = LegacySource(legacy_mysql)
    yield source
    source.close()


def _move(
    legacy: LegacySource, engine: Engine, pool: TablePool, folder: Path, use_settings: Callable[..., None]
) -> Iterator[Move]:
    table = pool.take(engine)
    yield Move(legacy, engine, table, folder / "state", use_settings)
    pool.put_back(engine, table)


@pytest.fixture
def move(
    legacy: LegacySource,
    engine: Engine,
    table_pool: TablePool,
    tmp_path: Path,
    use_settings: Callable[..., None],
) -> Iterator[Move]:
    """The move into an empty table, on each engine in turn."""
    yield from _move(legacy, engine, table_pool, tmp_path, use_settings)


@pytest.fixture
def quick_move(
    legacy: LegacySource,
    ministack: Engine,
    table_pool: TablePool,
    tmp_path: Path,
    use_settings: Callable[..., None],
) -> Iterator[Move]:
    """The move into an empty table, on MiniStack alone: for what no engine has a part in."""
    yield from _move(legacy, ministack, table_pool, tmp_path, use_settings)


@pytest.fixture
def metered_move(
    legacy: LegacySource,
    dynamodb_local: Engine,
    table_pool: TablePool,
    tmp_path: Path,
    use_settings: Callable[..., None],
) -> Iterator[Move]:
    """The move into an empty table, on DynamoDB Local, whose consumed capacity is right."""
    yield from _move(legacy, dynamodb_local, table_pool, tmp_path, use_settings)
