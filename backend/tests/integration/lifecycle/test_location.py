"""Where the tools work: the region is the profile's, and account, region and environment are shown first.

MiniStack plays AWS: it is reached by boto3's own settings for endpoints, which the project does not know.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from engines.ministack import SERVICES, start_ministack
from tests.support.engines import Engine
from tests.support.scripts import run_script

ACCOUNT = "AWS account 000000000000, region eu-west-1, environment {}"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A MiniStack with STS."""
    with start_ministack(tmp_path_factory.mktemp("cloud"), services=(*SERVICES, "sts")) as running:
        yield Engine(running.name, running.endpoint_url)


@pytest.fixture
def settings(cloud: Engine, table_name: str, tmp_path: Path) -> dict[str, str]:
    """The settings of somebody whose profile has a region, and who sets no other."""
    profile = tmp_path / "config"
    profile.write_text("[profile work]\nregion = eu-west-1\n[profile plain]\noutput = json\n")
    return {
        "AWS_CONFIG_FILE": str(profile), "AWS_PROFILE": "work", "AWS_DEFAULT_REGION": "",
        "AWS_ENDPOINT_URL_DYNAMODB": cloud.endpoint_url, "AWS_ENDPOINT_URL_STS": cloud.endpoint_url,
        "DYNAMODB_TABLE": table_name, "ALGOITNY_ENVIRONMENT": "staging", "ALGOITNY_STATE_DIR": str(tmp_path / "state"),
    }  # fmt: skip


def client(cloud: Engine, region: str) -> Any:
    return boto3.client(
        "dynamodb", endpoint_url=cloud.endpoint_url, region_name=region,
        aws_access_key_id="test", aws_secret_access_key="test",
    )  # fmt: skip


def run(settings: dict[str, str], name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = run_script(name, *arguments, settings=settings)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done


def test_the_table_is_made_in_the_region_of_the_profile(
    cloud: Engine, settings: dict[str, str], table_name: str
) -> None:
    done = run(settings, "init_dynamodb")
    assert done.stderr.splitlines()[0] == ACCOUNT.format("staging")
    assert "at AWS eu-west-1" in done.stdout
    table = client(cloud, "eu-west-1").describe_table(TableName=table_name)["Table"]
    assert ":eu-west-1:" in table["TableArn"]
    assert table_name not in client(cloud, "us-east-1").list_tables()["TableNames"]


@pytest.mark.parametrize(
    "command",
    [
        ("dynamodb_migrations", "status"),
        ("dynamodb_migrations", "migrate", "--dry-run"),
        ("dynamodb_migrations", "check"),
        ("delete_dynamodb", "--yes"),
    ],
    ids=lambda command: " ".join(command),
)
def test_every_command_shows_first_where_it_works(settings: dict[str, str], command: tuple[str, ...]) -> None:
    assert run(settings, *command).stderr.splitlines()[0] == ACCOUNT.format("staging")


def test_the_commands_of_indexes_show_it_too(settings: dict[str, str]) -> None:
    run(settings, "init_dynamodb")
    for command in (("add_gsi", "--dry-run"), ("gsi_status",), ("drop_gsi", "--index", "GSI2", "--dry-run")):
        assert run(settings, *command).stderr.splitlines()[0] == ACCOUNT.format("staging")
    refused = run_script("add_gsi", "eu-central-1", "--dry-run", settings=settings)
    assert "region eu-central-1" in refused.stderr.splitlines()[0]


def test_another_environment_of_the_command_is_shown(settings: dict[str, str]) -> None:
    done = run(settings, "dynamodb_migrations", "status", "--env", "prod", "--json")
    assert done.stderr.splitlines()[0] == ACCOUNT.format("prod")
    assert json.loads(done.stdout)["environment"] == "prod"


@pytest.mark.parametrize(
    ("changes", "region"),
    [
        ({"AWS_DEFAULT_REGION": "eu-north-1"}, "eu-north-1"),
        ({"AWS_REGION": "eu-south-1"}, "eu-south-1"),
        ({"AWS_PROFILE": "plain"}, "us-east-1"),
    ],
)
def test_a_region_that_is_set_comes_before_the_profile(
    settings: dict[str, str], changes: dict[str, str], region: str
) -> None:
    done = run({**settings, **changes}, "dynamodb_migrations", "status")
    assert f"region {region}," in done.stderr.splitlines()[0]


def test_an_unknown_account_stops_nothing(settings: dict[str, str]) -> None:
    done = run({**settings, "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9"}, "dynamodb_migrations", "status")
    assert done.stderr.startswith("AWS account unknown (EndpointConnectionError), region eu-west-1")


def test_a_profile_that_does_not_exist_is_one_line(settings: dict[str, str]) -> None:
    done = run_script(
        "dynamodb_migrations", "status",
        settings={
            **settings, "AWS_PROFILE": "nobody", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "",
        },
    )  # fmt: skip
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "nobody" in done.stderr


def test_a_local_engine_keeps_its_region(cloud: Engine, settings: dict[str, str]) -> None:
    done = run({**settings, "LOCALSTACK_URL": cloud.endpoint_url}, "init_dynamodb")
    assert "AWS account" not in done.stderr
    names = client(cloud, "us-east-1").list_tables()["TableNames"]
    assert settings["DYNAMODB_TABLE"] in names
