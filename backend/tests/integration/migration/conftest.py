"""Fixtures of the move: a source to fill and a table to move it into."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from config.environment import MySQLSource
from tests.integration.migration.files_harness import BUCKET, Files
from tests.integration.migration.migration_harness import LegacySource, Move
from tests.support.engines import REGION, Engine
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


@pytest.fixture(scope="session")
def s3(ministack: Engine) -> Any:
    """S3 of MiniStack, with a bucket."""
    make: Callable[..., Any] = boto3.client
    client = make(
        "s3", endpoint_url=ministack.endpoint_url, region_name=REGION, aws_access_key_id="test",
        aws_secret_access_key="test",
    )  # fmt: skip
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.fixture
def files(
    legacy: LegacySource, ministack: Engine, s3: Any, tmp_path: Path, use_settings: Callable[..., None]
) -> Iterator[Files]:
    """A source, and a table that is not there yet."""
    table = f"algoitny_test_{secrets.token_hex(6)}"
    yield Files(Move(legacy, ministack, table, tmp_path / "files-state", use_settings), s3)
    client = ministack.client()
    for name in client.list_tables()["TableNames"]:
        if name.startswith(table):
            client.delete_table(TableName=name)


@pytest.fixture
def users(files: Files) -> Files:
    """The same with a few users in the source."""
    files.move.legacy.add("users", *[{"id": n} for n in range(1, 40)])
    return files
