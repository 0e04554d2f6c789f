"""Backups that exist: listed with what they cost, and restored to a new table."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from api.dynamodb.control_plane.description import find_table
from lifecycle.backup_catalog import Backup, list_backups, restore, table_of
from lifecycle.backups import back_up
from lifecycle.errors import BadInput
from tests.support.engines import Engine
from tests.support.scripts import run_script


@pytest.fixture
def arn(ministack: Engine, table_name: str) -> Iterator[str]:
    """A backup of a table with one item, which has another item since."""
    client = ministack.client()
    client.create_table(
        TableName=table_name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip
    client.put_item(TableName=table_name, Item={"id": {"S": "kept"}})
    yield back_up(client, table_name, lambda: None)
    for name in client.list_tables()["TableNames"]:
        if name.startswith(table_name):
            client.delete_table(TableName=name)


def script(engine: Engine, table_name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_script("backups", *arguments, settings=engine.settings(table_name))


def test_the_backups_of_a_table_are_listed_with_what_they_cost(
    ministack: Engine, table_name: str, arn: str
) -> None:
    second = back_up(ministack.client(), table_name, lambda: None)
    assert {backup.arn for backup in list_backups(ministack.client(), table_name)} == {arn, second}
    assert {arn, second} <= {backup.arn for backup in list_backups(ministack.client(), None)}
    report = json.loads(script(ministack, table_name, "list", "--json").stdout)
    assert {row["arn"] for row in report["backups"]} == {arn, second}
    printed = script(ministack, table_name, "list").stdout
    assert arn in printed and f"2 backups of {table_name} at {ministack.endpoint_url}" in printed
    assert (
        "0 backups of nothing_here" in script(ministack, table_name, "list", "--table", "nothing_here").stdout
    )


def test_a_backup_costs_by_its_size() -> None:
    backup = Backup("arn", "orders", datetime(2026, 1, 2, tzinfo=UTC), "AVAILABLE", 5 * 1024**3)
    assert backup.dollars_a_month == pytest.approx(0.5)


def test_a_backup_is_restored_to_a_new_table(ministack: Engine, table_name: str, arn: str) -> None:
    client = ministack.client()
    client.put_item(TableName=table_name, Item={"id": {"S": "later"}})
    completed = script(ministack, table_name, "restore", arn)
    assert completed.returncode == 0, completed.stderr
    assert f"table {table_name}_restored at {ministack.endpoint_url}: restored, ACTIVE" in completed.stdout
    assert client.scan(TableName=f"{table_name}_restored")["Items"] == [{"id": {"S": "kept"}}]
    report = script(ministack, table_name, "restore", arn, "--to", f"{table_name}_again", "--json").stdout
    assert json.loads(report)["table"] == f"{table_name}_again"


def test_an_existing_table_is_left_alone(ministack: Engine, table_name: str, arn: str) -> None:
    completed = script(ministack, table_name, "restore", arn, "--to", table_name)
    assert completed.returncode == 2
    assert completed.stderr == f"error: table {table_name} exists already: name another with --to\n"


@pytest.mark.parametrize("text", ["", "orders", "arn:aws:dynamodb:us-east-1:1:table/orders"])
def test_a_text_that_is_no_backups_arn_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"is not the ARN of a backup: backups\.py list shows them"):
        table_of(text)


def test_a_backup_that_does_not_exist_is_named(ministack: Engine, table_name: str, arn: str) -> None:
    missing = arn[:-4] + "ffff"
    with pytest.raises(BadInput, match="there is no backup"):
        restore(ministack.client(), missing, f"{table_name}_x", progress=print)
    assert find_table(ministack.client(), f"{table_name}_x") is None


def test_an_engine_without_backups_says_so(dynamodb_local: Engine, table_name: str) -> None:
    with pytest.raises(BadInput, match="this engine has no backups"):
        list_backups(dynamodb_local.client(), None)
