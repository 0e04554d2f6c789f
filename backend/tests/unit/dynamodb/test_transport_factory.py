"""Which transport a repository gets: by the setting, under moto, for tables of other endpoints."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import boto3
import pytest
from moto import mock_aws

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.repositories import UserRepository
from api.dynamodb.table_schema import create_table
from api.dynamodb.transport import factory
from api.dynamodb.transport.boto3_transport import Boto3Transport
from api.dynamodb.transport.factory import transport_for
from api.dynamodb.transport.http import Transport
from config.environment import BACKEND_DIR, environment, read_environment
from config.setting_values import ConfigurationError
from tests.support.scripted_server import ScriptedServer
from tests.support.scripts import script_environment


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    factory.clear_cache()
    yield
    factory.clear_cache()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as made:
        yield made


@pytest.fixture
def other() -> Iterator[ScriptedServer]:
    with ScriptedServer() as made:
        yield made


def agents(server: ScriptedServer) -> list[bool]:
    """For each request, whether botocore sent it."""
    return ["Botocore" in request.headers.get("user-agent", "") for request in server.received]


@pytest.mark.parametrize(("setting", "by_boto3"), [("", False), ("lean", False), ("boto3", True)])
def test_the_setting_chooses(
    server: ScriptedServer, use_settings: Callable[..., None], setting: str, by_boto3: bool
) -> None:
    use_settings(LOCALSTACK_URL=server.url, DYNAMODB_TRANSPORT=setting)
    for users in (UserRepository(), UserRepository(DynamoDBClient.get_table())):
        assert users.get_user(1) is None
    assert agents(server) == [by_boto3] * 2
    assert isinstance(transport_for(), Boto3Transport if by_boto3 else Transport)


def test_another_value_is_refused_and_the_choices_named() -> None:
    with pytest.raises(
        ConfigurationError, match=r"^DYNAMODB_TRANSPORT is 'urllib3': set it to lean or boto3$"
    ):
        read_environment({"DYNAMODB_TRANSPORT": "urllib3"})


def test_all_repositories_share_one_transport(
    server: ScriptedServer, use_settings: Callable[..., None]
) -> None:
    use_settings(LOCALSTACK_URL=server.url)
    assert transport_for() is transport_for(DynamoDBClient.get_table())


def test_a_table_of_another_endpoint_is_reached_there(
    server: ScriptedServer, other: ScriptedServer, use_settings: Callable[..., None]
) -> None:
    use_settings(LOCALSTACK_URL=server.url)
    resource = boto3.resource("dynamodb", endpoint_url=other.url, region_name="us-east-1")
    assert UserRepository(resource.Table("elsewhere")).get_user(1) is None
    assert (len(server.received), len(other.received)) == (0, 1)
    assert b'"elsewhere"' in other.received[0].body
    resource.meta.client.close()


def test_a_table_of_another_region_is_signed_for_it(
    server: ScriptedServer, use_settings: Callable[..., None]
) -> None:
    use_settings(LOCALSTACK_URL=server.url)
    resource = boto3.resource("dynamodb", endpoint_url=server.url, region_name="eu-west-3")
    assert UserRepository(resource.Table("t")).get_user(1) is None
    assert "/eu-west-3/dynamodb/" in server.received[0].headers["authorization"]
    resource.meta.client.close()


def test_under_moto_the_repositories_go_through_botocore(use_settings: Callable[..., None]) -> None:
    use_settings(DYNAMODB_TABLE="in_moto", DYNAMODB_TRANSPORT="lean", ALGOITNY_ENVIRONMENT="dev")
    with mock_aws():
        assert isinstance(transport_for(), Boto3Transport)
        create_table(DynamoDBClient.get_client())
        for users in (UserRepository(), UserRepository(boto3.resource("dynamodb").Table("in_moto"))):
            number = 1 if users.get_user(1) is None else 2
            users.create_user({"user_id": number, "email": f"{number}@x.org"})
            assert users.get_user(number) is not None
        stored = boto3.client("dynamodb").scan(TableName="in_moto")["Items"]
        assert {item["PK"]["S"] for item in stored} >= {"USR#1", "USR#2"}
    assert isinstance(transport_for(), Transport)


CALL_WITHOUT_BOTO3 = """
import sys
from api.dynamodb.repositories import UsageLogRepository, UserRepository
UserRepository().get_user(1)
UsageLogRepository().get_usage_count(1, "hint")
loaded = sorted({name.partition(".")[0] for name in sys.modules} & {"boto3", "botocore", "urllib3", "moto"})
assert not loaded, loaded
"""


def test_a_call_with_endpoint_and_keys_in_the_settings_does_not_load_boto3(server: ScriptedServer) -> None:
    settings = {
        "LOCALSTACK_URL": server.url, "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s",
        "DYNAMODB_TRANSPORT": "lean", "DJANGO_SETTINGS_MODULE": "", "PYTHONPATH": str(BACKEND_DIR),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", CALL_WITHOUT_BOTO3], cwd=BACKEND_DIR, env=script_environment(settings),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(server.received) >= 2
    assert environment().transport == "lean"
