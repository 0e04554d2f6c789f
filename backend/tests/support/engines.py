"""Fixtures of the DynamoDB engines: started once a run, each test with a table name of its own."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config

from engines.dynamodb_local import StreamTimes, start_dynamodb_local
from engines.ministack import start_ministack
from engines.processes import EngineUnavailable
from engines.running import RunningEngine
from tests.support.torture import is_full

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

REGION = "us-east-1"


@cache
def _client(endpoint_url: str) -> DynamoDBClient:
    client: DynamoDBClient = boto3.client(
        "dynamodb",
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(connect_timeout=10, read_timeout=60, retries={"total_max_attempts": 1}),
    )
    return client


@dataclass(frozen=True)
class Engine:
    """A DynamoDB engine under test."""

    name: str
    endpoint_url: str

    def client(self) -> DynamoDBClient:
        """A boto3 client of this engine, shared by all tests, with room for slow machines and without retries."""
        return _client(self.endpoint_url)

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


def _dynamodb_local(
    factory: pytest.TempPathFactory, *, slow_indexes: bool = False, stream: StreamTimes | None = None
) -> RunningEngine:
    folder = factory.mktemp("dynamodb-local")
    try:
        return start_dynamodb_local(folder, slow_indexes=slow_indexes, stream=stream)
    except EngineUnavailable as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def dynamodb_local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """AWS's DynamoDB Local, empty, for the whole run; skips where it cannot be had."""
    yield from _serve(_dynamodb_local(tmp_path_factory))


@pytest.fixture(scope="session")
def dynamodb_local_slow_indexes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """DynamoDB Local whose indexes go through CREATING, Backfilling and DELETING."""
    yield from _serve(_dynamodb_local(tmp_path_factory, slow_indexes=True))


def aging_streams(factory: pytest.TempPathFactory, times: StreamTimes) -> Iterator[Engine]:
    """DynamoDB Local whose streams age within seconds; skips where it cannot be had."""
    yield from _serve(_dynamodb_local(factory, stream=times))


ENGINES = ("ministack", "dynamodb-local")


def draw_engine(metafunc: pytest.Metafunc) -> None:
    """Gives a test marked `any_engine` one engine, drawn by the seed of the run; with `--torture` it keeps both."""
    definition = metafunc.definition
    if "engine" not in metafunc.fixturenames or not definition.get_closest_marker("any_engine"):
        return
    if is_full(metafunc.config):
        return
    seed = metafunc.config.getoption("randomly_seed", default=0)
    drawn = random.Random(f"{seed} {definition.nodeid}").choice(ENGINES)
    definition.add_marker(pytest.mark.parametrize("engine", [drawn], indirect=True, scope="session"))


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn: a test that asks for it runs on MiniStack and on DynamoDB Local.

    So do the tests of the data layer and of changing tables, where the engines differ: in what they check, in the
    states that an index goes through, in what they count. Where the engine only keeps what is written (the move, its
    proof, the limiter above the repositories, the examples) a test is marked `any_engine`.
    """
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
