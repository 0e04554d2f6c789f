"""Fixtures of the DynamoDB engines: started once a run, each test with a table name of its own."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config

from engines.dynamodb_local import start_dynamodb_local
from engines.ministack import start_ministack
from engines.processes import EngineUnavailable
from engines.running import RunningEngine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

REGION = "us-east-1"


@dataclass(frozen=True)
class Engine:
    """A DynamoDB engine under test."""

    name: str
    endpoint_url: str

    def client(self) -> DynamoDBClient:
        """A boto3 client of this engine, with room for slow machines and without retries."""
        client: DynamoDBClient = boto3.client(
            "dynamodb",
            endpoint_url=self.endpoint_url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(connect_timeout=2, read_timeout=30, retries={"total_max_attempts": 1}),
        )
        return client

    def settings(self, table_name: str) -> dict[str, str]:
        """The environment by which the project reaches `table_name` on this engine."""
        return {
            "LOCALSTACK_URL": self.endpoint_url,
            "DYNAMODB_TABLE": table_name,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }


def _serve(running: RunningEngine) -> Iterator[Engine]:
    with running:
        yield Engine(running.name, running.endpoint_url)


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """MiniStack, empty, for the whole run."""
    yield from _serve(start_ministack(tmp_path_factory.mktemp("ministack")))


def _dynamodb_local(factory: pytest.TempPathFactory, slow_indexes: bool) -> RunningEngine:
    try:
        return start_dynamodb_local(factory.mktemp("dynamodb-local"), slow_indexes=slow_indexes)
    except EngineUnavailable as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def dynamodb_local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """AWS's DynamoDB Local, empty, for the whole run; skips where it cannot be had."""
    yield from _serve(_dynamodb_local(tmp_path_factory, slow_indexes=False))


@pytest.fixture(scope="session")
def dynamodb_local_slow_indexes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """DynamoDB Local whose indexes go through CREATING, Backfilling and DELETING."""
    yield from _serve(_dynamodb_local(tmp_path_factory, slow_indexes=True))


@pytest.fixture(scope="session", params=["ministack", "dynamodb-local"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn: a test that asks for it runs on MiniStack and on DynamoDB Local."""
    found: Engine = request.getfixturevalue(request.param.replace("-", "_"))
    return found


@pytest.fixture
def table_name() -> str:
    """A table name that no other test uses; nothing of that name exists."""
    return f"algoitny_test_{secrets.token_hex(6)}"


@pytest.fixture
def use_engine(engine: Engine, table_name: str, use_settings: Callable[..., None]) -> Engine:
    """This process's `config.environment` points at `engine` and `table_name` for one test."""
    use_settings(**engine.settings(table_name))
    return engine
