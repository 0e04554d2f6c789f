"""Writes, reads, changes and deletes one request and one log entry of its own in an environment, to see that it works.

Nothing of it is left behind, also when a step fails. Costs a few RCU and WCU.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.control_plane.calls import call_table
from api.dynamodb.control_plane.declaration import ENVIRONMENTS, TableConfig
from api.dynamodb.errors import DataLayerError
from config.environment import environment
from examples.root_orchestrator.table_configs import (
    market_intelligence_requests_table as requests,
)
from examples.root_orchestrator.table_configs import request_processing_logs_table as logs
from lifecycle.errors import BadInput

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

_INDEX_TRIES = 50
Item = dict[str, Any]


def items(name: str) -> tuple[tuple[TableConfig, Item], ...]:
    """A request and its log entry, with `name` in every key, so that nobody else's item is touched."""
    request = {
        "request_id": {"S": f"req_{name}"}, "user_id": {"S": f"user_{name}"}, "project_id": {"S": f"project_{name}"},
        "status": {"S": "crud_check"}, "processing_strategy": {"S": f"strategy_{name}"}, "priority": {"N": "1"},
        "created_at": {"S": "2025-09-09T10:13:09.250Z"},
    }  # fmt: skip
    entry = {
        "log_id": {"S": f"log_{name}"}, "request_id": {"S": f"req_{name}"}, "level": {"S": "INFO"},
        "timestamp": {"S": "2025-09-09T10:13:09.310Z"}, "message": {"S": "a check of create, read, update, delete"},
    }  # fmt: skip
    return (requests.TABLE, request), (logs.TABLE, entry)


def check(client: BotoClient, env: str, progress: Callable[[str], None]) -> None:
    """Creates, reads, updates and deletes one item of each table. Raises `BadInput` naming the step that differs."""
    for config, item in items(secrets.token_hex(6)):
        table, key = config.table_name(env), {part.name: item[part.name] for part in config.keys}
        with _deleted_afterwards(client, table, key):
            call_table(
                client, "PutItem", table, Item=item, ConditionExpression="attribute_not_exists(#key)",
                ExpressionAttributeNames={"#key": config.partition.name},
            )  # fmt: skip
            _expect(_read(client, table, key) == item, f"create and read an item of {table}", progress)
            for index in config.indexes:
                name = index.partition.name
                _expect(
                    _is_indexed(client, table, index.name, name, item), f"read it by {index.name}", progress
                )
            call_table(
                client, "UpdateItem", table, Key=key, UpdateExpression="SET checked = :yes",
                ExpressionAttributeValues={":yes": {"BOOL": True}},
            )  # fmt: skip
            updated = {**item, "checked": {"BOOL": True}}
            _expect(_read(client, table, key) == updated, f"update an item of {table}", progress)
        _expect(_read(client, table, key) is None, f"delete an item of {table}", progress)


@contextmanager
def _deleted_afterwards(client: BotoClient, table: str, key: Item) -> Iterator[None]:
    try:
        yield
    finally:
        call_table(client, "DeleteItem", table, Key=key)


def _read(client: BotoClient, table: str, key: Item) -> Item | None:
    item: Item | None = call_table(client, "GetItem", table, Key=key, ConsistentRead=True).get("Item")
    return item


def _is_indexed(client: BotoClient, table: str, index: str, partition: str, item: Item) -> bool:
    """Whether the index has the item; an index follows its table within a second."""
    for _ in range(_INDEX_TRIES):
        page = call_table(
            client, "Query", table, IndexName=index, KeyConditionExpression="#key = :value",
            ExpressionAttributeNames={"#key": partition}, ExpressionAttributeValues={":value": item[partition]},
        )  # fmt: skip
        if item in page["Items"]:
            return True
        time.sleep(0.1)
    return False


def _expect(holds: bool, step: str, progress: Callable[[str], None]) -> None:
    if not holds:
        raise BadInput(f"could not {step}", hint="compare the tables with their declarations: check")
    progress(f"  {step}: ok")


def main(options: argparse.Namespace) -> int:
    """Checks both tables of the environment."""
    env = options.env or environment().table_environment
    print(f"{env} at {environment().target}", flush=True)
    check(DynamoDBClient.get_client(patient=True), env, print)
    return 0


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Check create, read, update and delete on the Root Orchestrator's tables.",
        allow_abbrev=False,
    )
    parser.add_argument("--env", choices=ENVIRONMENTS, help="the environment (default: ALGOITNY_ENVIRONMENT)")
    return parser


if __name__ == "__main__":
    from config.setting_values import ConfigurationError

    try:
        sys.exit(main(arguments().parse_args()))
    except (DataLayerError, ConfigurationError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
