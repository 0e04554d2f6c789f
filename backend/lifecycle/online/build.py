"""Adds and drops one index of a table in use and waits until it is done.

Every step describes the table again and does what is missing, so a call that was killed anywhere can be repeated
by anybody.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from api.dynamodb.control_plane.calls import call_table
from api.dynamodb.control_plane.comparison import find_index
from api.dynamodb.control_plane.declaration import IndexConfig, TableConfig, attribute_definitions
from api.dynamodb.control_plane.description import IndexDescription, TableDescription, describe_table
from api.dynamodb.control_plane.errors import ChangeInProgress, TableChangeError
from api.dynamodb.control_plane.validation import check_index
from api.dynamodb.control_plane.waiting import TablePoller
from api.dynamodb.errors import DataLayerError, InvalidInput
from lifecycle.online.build_patience import TimeLimit
from lifecycle.online.build_progress import IndexProgress, progress_metric

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

Progress = Callable[[str], None]
Sleep = Callable[[float], None]
Clock = Callable[[], float]
# DescribeTable may lag behind an accepted UpdateTable: the index counts as gone after this many polls without it.
_MAX_POLLS_WITHOUT_INDEX = 6


def build_index(
    client: BotoClient,
    table_name: str,
    config: TableConfig,
    index: IndexConfig,
    *,
    progress: Progress,
    detach: bool = False,
    time_limit: float | None = None,
    sleep: Sleep = time.sleep,
    clock: Clock = time.monotonic,
) -> None:
    """Adds the index if it is missing and waits until it and the table are ACTIVE.

    Params: `config` declares the table, whose keys must be the real one's; `progress` receives lines of text;
    `detach` returns once the index is being created; `time_limit` is in seconds, see `TimeLimit`. An index that is
    being built is waited for, and so is any other change of the table: DynamoDB makes one at a time. Raises
    `TableMissing`, `AccessDenied` naming the IAM action, `LimitReached` where no wait helps, `ChangeInProgress` after
    the time limit, and `TableChangeError` for an existing index with other keys or projection, for one that the table
    cannot have, and when somebody drops it meanwhile. One DescribeTable every 0.1 to 10 s, one UpdateTable; the
    backfill costs the WCU of its entries.
    """
    poller, limit = TablePoller(client, table_name, sleep), TimeLimit(time_limit, clock)
    display = IndexProgress(progress, progress_metric(client, table_name, index.name), clock)
    requested = observed = False
    polls_without_index = 0
    while True:
        table = poller.poll()
        _check_keys(table, config)
        existing = find_index(table, index)
        if existing is None or not table.is_active:
            limit.check(table)
        if existing is None:
            if requested and polls_without_index < _MAX_POLLS_WITHOUT_INDEX:
                polls_without_index += 1
                continue
            if observed:
                raise _dropped(table, index)
            requested = _request_index(client, table, index, display)
            polls_without_index = 0
        elif existing.status == "DELETING":
            if observed:
                raise _dropped(table, index)
            requested = False
            display.show_index(table, existing)
        else:
            requested = observed = True
            display.show_index(table, existing)
            if detach or (existing.is_active and table.status == "ACTIVE"):
                return


def _check_keys(table: TableDescription, config: TableConfig) -> None:
    if table.keys != config.keys:
        actual = ", ".join(f"{key.name}:{key.type}" for key in table.keys)
        declared = ", ".join(f"{key.name}:{key.type}" for key in config.keys)
        raise TableChangeError(f"{table.name} is not as declared: its keys are {actual}, declared {declared}")


def _dropped(table: TableDescription, index: IndexConfig) -> TableChangeError:
    return TableChangeError(f"somebody dropped {index.name} of {table.name} while it was being built")


def _request_index(
    client: BotoClient, table: TableDescription, index: IndexConfig, display: IndexProgress
) -> bool:
    """Sends UpdateTable unless another change blocks it; whether DynamoDB accepted it."""
    if table.change_in_progress is not None:
        display.show(f"{table.name}: waiting, {table.change_in_progress}")
        return False
    check_index(table, index)
    try:
        call_table(
            client, "UpdateTable", table.name,
            AttributeDefinitions=attribute_definitions({**table.types, **{key.name: key.type for key in index.keys}}),
            # An index of a provisioned table gets the table's own throughput.
            GlobalSecondaryIndexUpdates=[{"Create": index.definition(table.billing)}],
        )  # fmt: skip
    except ChangeInProgress as failure:
        display.show(f"{table.name}: waiting, {failure.aws_message}")
        return False
    except InvalidInput as failure:
        # The response to an earlier attempt was lost, or another process was first: the next poll shows the index.
        if index.name in describe_table(client, table.name).indexes:
            return False
        raise TableChangeError(
            f"{table.name} cannot have {index.name}: {failure.aws_message or failure}",
            code=failure.code, aws_message=failure.aws_message,
        ) from failure  # fmt: skip
    display.show(f"{table.name} {index.name}: accepted, DynamoDB builds it even if this command ends")
    return True


def drop_index(
    client: BotoClient,
    table_name: str,
    index_name: str,
    *,
    progress: Progress,
    detach: bool = False,
    time_limit: float | None = None,
    sleep: Sleep = time.sleep,
    clock: Clock = time.monotonic,
) -> None:
    """Drops the index if it exists and waits until it is gone and the table is ACTIVE.

    An index that is being built can be dropped once it backfills, so one that is being allocated is waited
    for, and so is any other change of the table. `detach` returns once it is being deleted; `time_limit` is in
    seconds, see `TimeLimit`. Raises `TableMissing`, `AccessDenied`, and `ChangeInProgress` after the time limit. One
    DescribeTable every 0.1 to 10 s, one UpdateTable, no capacity.
    """
    poller, limit = TablePoller(client, table_name, sleep), TimeLimit(time_limit, clock)
    display = IndexProgress(progress, clock=clock)
    requested = False
    while True:
        table = poller.poll()
        existing = table.indexes.get(index_name)
        if existing is None:
            if table.status == "ACTIVE" or detach:
                display.show(f"{table_name} {index_name}: " + ("gone" if requested else "there is none"))
                return
            display.show(f"{table_name}: waiting, the table is {table.status}")
        elif existing.status == "DELETING":
            requested = True
            display.show_index(table, existing)
            if detach:
                return
        elif table.change_in_progress is not None and not existing.backfilling:
            display.show(f"{table_name}: waiting, {table.change_in_progress}")
        elif _request_deletion(client, table, existing, display):
            requested = True
        limit.check(table)


def _request_deletion(
    client: BotoClient, table: TableDescription, index: IndexDescription, display: IndexProgress
) -> bool:
    """Sends UpdateTable; whether DynamoDB accepted it, now or in an earlier attempt."""
    try:
        call_table(
            client, "UpdateTable", table.name,
            GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": index.name}}],
        )  # fmt: skip
    except ChangeInProgress as failure:
        display.show(f"{table.name}: waiting, {failure.aws_message}")
        return False
    except DataLayerError as failure:
        is_gone = failure.code == "ResourceNotFoundException"
        if not is_gone or index.name in describe_table(client, table.name).indexes:
            raise
    return True


def wait_for_indexes(
    client: BotoClient,
    table_name: str,
    *,
    progress: Progress,
    time_limit: float | None = None,
    sleep: Sleep = time.sleep,
    clock: Clock = time.monotonic,
) -> TableDescription:
    """Waits until no change of the table is in progress and returns its description.

    Raises `ChangeInProgress` after the time limit, in seconds; see `TimeLimit`.
    """
    poller, limit = TablePoller(client, table_name, sleep), TimeLimit(time_limit, clock)
    displays: dict[str, IndexProgress] = {}
    while True:
        table = poller.poll()
        for name, index in table.indexes.items():
            if name not in displays and not index.is_active:
                displays[name] = IndexProgress(progress, progress_metric(client, table_name, name), clock)
            if name in displays:
                displays[name].show_index(table, index)
        if table.change_in_progress is None:
            return table
        limit.check(table)
