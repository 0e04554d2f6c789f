"""The service's table by `make dynamodb-init` and `make dynamodb-delete`: named environments, protection, backups."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator

import pytest

from api.dynamodb.control_plane.description import find_table
from config.environment import environment
from lifecycle.change_files import CHANGES_DIR, load_changes
from lifecycle.errors import BadInput
from lifecycle.history import History
from lifecycle.service_table import FIRST_CHANGE, Deletion, create, delete
from tests.support.engines import Engine
from tests.support.scripts import run_script


@pytest.fixture
def history_is_deleted(use_engine: Engine) -> Iterator[None]:
    yield
    use_engine.client().delete_table(TableName=environment().history_table)


@pytest.fixture
def on_ministack(ministack: Engine, table_name: str, use_settings: Callable[..., None]) -> Iterator[Engine]:
    """MiniStack, which has backups, with the settings of a table that is deleted after the test."""
    use_settings(**ministack.settings(table_name))
    yield ministack
    client = ministack.client()
    for name in client.list_tables()["TableNames"]:
        if name.startswith(table_name):
            client.update_table(TableName=name, DeletionProtectionEnabled=False)
            client.delete_table(TableName=name)


def script(engine: Engine, name: str, *arguments: str, env: str = "") -> subprocess.CompletedProcess[str]:
    settings = {**engine.settings(environment().table_name), "ALGOITNY_ENVIRONMENT": env}
    return run_script(name, *arguments, settings=settings)


@pytest.mark.usefixtures("history_is_deleted")
def test_the_service_is_created_by_the_first_change(use_engine: Engine, table_name: str) -> None:
    client, settings = use_engine.client(), environment()
    history = History(client, settings.history_table, "dev")
    assert FIRST_CHANGE in {change.name for change in load_changes([CHANGES_DIR])}
    assert [create(client, settings) for _ in range(2)] == [True, False]
    assert history.read()[FIRST_CHANGE].status == "applied"
    client.update_time_to_live(
        TableName=table_name, TimeToLiveSpecification={"Enabled": False, "AttributeName": "ttl"}
    )
    assert create(client, settings) is False  # the TTL is turned on again
    description = client.describe_time_to_live(TableName=table_name)["TimeToLiveDescription"]
    assert description["TimeToLiveStatus"] == "ENABLED"
    client.delete_table(TableName=table_name)
    assert create(client, settings) is True
    assert delete(client, settings, makes_backup=False) == Deletion(deleted=True)
    assert history.read()[FIRST_CHANGE].status == "undone"
    assert delete(client, settings) == Deletion(deleted=False)
    assert create(client, settings) is True
    assert delete(client, settings, makes_backup=False).deleted


@pytest.mark.parametrize("name", ["init_dynamodb", "delete_dynamodb", "dynamodb_migrations"])
def test_in_aws_the_environment_has_to_be_named(name: str) -> None:
    arguments = {"delete_dynamodb": ["--yes"], "dynamodb_migrations": ["migrate"]}.get(name, [])
    completed = run_script(name, *arguments)
    assert completed.returncode == 2
    assert completed.stderr.splitlines()[-1].startswith(
        "error: ALGOITNY_ENVIRONMENT is not set, and the table is in"
    )


def test_a_table_is_deleted_after_its_backup(on_ministack: Engine, table_name: str) -> None:
    script(on_ministack, "init_dynamodb")
    client = on_ministack.client()
    client.put_item(TableName=table_name, Item={"PK": {"S": "USR#1"}, "SK": {"S": "META"}})
    completed = script(on_ministack, "delete_dynamodb", "--yes", "--json")
    report = json.loads(completed.stdout)
    assert (completed.returncode, report["deleted"]) == (0, True)
    assert f"the backup of {table_name} is finished: {report['backup']}" in completed.stderr
    client.restore_table_from_backup(TargetTableName=f"{table_name}_restored", BackupArn=report["backup"])
    assert client.scan(TableName=f"{table_name}_restored")["Count"] == 1
    records = History(client, environment().history_table, "dev").read()
    assert records[FIRST_CHANGE].backups == [report["backup"]]


def test_a_protected_table_is_deleted_after_its_backup_too(on_ministack: Engine, table_name: str) -> None:
    script(on_ministack, "init_dynamodb", env="staging")
    table = find_table(on_ministack.client(), table_name)
    assert table is not None and table.protected
    completed = script(on_ministack, "delete_dynamodb", "--yes", env="staging")
    assert completed.returncode == 0, completed.stderr
    assert f"table {table_name} (staging) at" in completed.stdout
    assert find_table(on_ministack.client(), table_name) is None


def test_without_a_history_the_backup_is_made_too(on_ministack: Engine, table_name: str) -> None:
    script(on_ministack, "init_dynamodb")
    on_ministack.client().delete_table(TableName=environment().history_table)
    assert delete(on_ministack.client(), environment()).backup is not None


def test_no_backup_is_made_when_it_is_told_not_to(on_ministack: Engine, table_name: str) -> None:
    script(on_ministack, "init_dynamodb")
    completed = script(on_ministack, "delete_dynamodb", "--yes", "--no-backup", "--json")
    assert json.loads(completed.stdout) == {"table": table_name, "deleted": True, "backup": None}
    assert "without a backup" in completed.stderr
    assert on_ministack.client().list_backups(TableName=table_name)["BackupSummaries"] == []


def test_an_engine_without_backups_deletes_only_when_told_to(
    dynamodb_local: Engine, table_name: str, use_settings: Callable[..., None]
) -> None:
    use_settings(**dynamodb_local.settings(table_name))
    client, settings = dynamodb_local.client(), environment()
    create(client, settings)
    with pytest.raises(BadInput, match=r"would be deleted without a backup, .*add --no-backup"):
        delete(client, settings)
    assert find_table(client, table_name) is not None
    assert delete(client, settings, makes_backup=False).deleted
    client.delete_table(TableName=settings.history_table)
