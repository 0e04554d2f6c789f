"""Fixtures of the move: a source to fill and a table to move it into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.dynamodb import transports
from api.dynamodb.table_schema import create_table, delete_table
from config.environment import MySQLSource
from tests.integration.migration.world import LegacySource, Move
from tests.support.engines import Engine


@pytest.fixture
def legacy(legacy_mysql: MySQLSource) -> Iterator[LegacySource]:
    """The empty legacy schema, to be filled."""
    source = LegacySource(legacy_mysql)
    yield source
    source.close()


def _move(
    legacy: LegacySource, engine: Engine, table: str, folder: Path, use_settings: Callable[..., None]
) -> Iterator[Move]:
    client = engine.client()
    create_table(client, table)
    yield Move(legacy, engine, table, folder / "state", use_settings)
    delete_table(client, table)
    client.close()
    transports.forget()


@pytest.fixture
def move(
    legacy: LegacySource,
    engine: Engine,
    table_name: str,
    tmp_path: Path,
    use_settings: Callable[..., None],
) -> Iterator[Move]:
    """The move into an empty table, on each engine in turn."""
    yield from _move(legacy, engine, table_name, tmp_path, use_settings)


@pytest.fixture
def quick_move(
    legacy: LegacySource,
    ministack: Engine,
    table_name: str,
    tmp_path: Path,
    use_settings: Callable[..., None],
) -> Iterator[Move]:
    """The move into an empty table, on MiniStack alone: for what no engine has a part in."""
    yield from _move(legacy, ministack, table_name, tmp_path, use_settings)


@pytest.fixture
def metered_move(
    legacy: LegacySource,
    dynamodb_local: Engine,
    table_name: str,
    tmp_path: Path,
    use_settings: Callable[..., None],
) -> Iterator[Move]:
    """The move into an empty table, on DynamoDB Local, whose consumed capacity is right."""
    yield from _move(legacy, dynamodb_local, table_name, tmp_path, use_settings)
