"""Creates a table with everything that is declared of it, and deletes one; both wait until it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from api.dynamodb.control_plane.calls import call, call_table, is_unsupported
from api.dynamodb.control_plane.comparison import compare_structure, has_insights
from api.dynamodb.control_plane.declaration import TableConfig
from api.dynamodb.control_plane.description import (
    TableDescription,
    find_table,
    read_insights,
    read_recovery,
    read_ttl,
)
from api.dynamodb.control_plane.errors import ChangeInProgress, TableChangeError
from api.dynamodb.control_plane.settings import set_insights, set_recovery, set_ttl
from api.dynamodb.control_plane.waiting import (
    WAIT_SECONDS,
    CheckLease,
    wait_until,
    wait_until_active,
    wait_until_deleted,
    without_lease,
)
from api.dynamodb.errors import DataLayerError
from api.dynamodb.transport.retry import retry_while

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient


def create_table(
    client: BotoClient,
    config: TableConfig,
    env: str,
    *,
    before_create: Callable[[], None] = lambda: None,
    check_lease: CheckLease = without_lease,
    progress: Callable[[str], None] = lambda line: None,
    seconds: float = WAIT_SECONDS,
) -> bool:
    """Creates the table as declared for `env` and waits until it is ACTIVE; False if it existed.

    An existing table is completed: TTL, recovery and insights are turned on where a killed run left them off. Params:
    `before_create` is called before CreateTable, and not for an existing table; `seconds` bounds each wait. Raises
    `TableChangeError` for an existing table with other keys or indexes; nothing is changed then.
    """
    name, declared = config.table_name(env), config.for_env(env)
    table = find_table(client, name)
    if table is not None and table.status == "DELETING":
        wait_until_deleted(client, name, check_lease, seconds)
        table = None
    created = table is None
    if created:
        before_create()
        definition = declared.definition(env)
        retry_while(ChangeInProgress, lambda: _send_create(client, definition), seconds)
    check_structure(declared, wait_until_active(client, name, check_lease, seconds))
    if declared.ttl:
        set_ttl(client, name, declared.ttl, check_lease=check_lease, seconds=seconds)
    if declared.recovery and not read_recovery(client, name):
        check_lease()
        if not set_recovery(client, name, True):
            progress(f"{name}: this engine has no point-in-time recovery, skipped")
    if declared.insights and not _has_insights(
        client, declared, wait_until_active(client, name, check_lease)
    ):
        indexes = [index.name for index in declared.indexes]
        if not set_insights(client, name, indexes, declared.insights, check_lease):
            progress(f"{name}: this engine has no Contributor Insights, skipped")
    return created


def _has_insights(client: BotoClient, declared: TableConfig, table: TableDescription) -> bool:
    actual = read_insights(client, table)
    return actual is not None and has_insights(declared.insights, actual)


def _send_create(client: BotoClient, definition: dict[str, Any]) -> None:
    """Raises `ChangeInProgress` while too many tables of the account are being changed."""
    name = definition["TableName"]
    try:
        call(client, "CreateTable", name, **definition)
    except ChangeInProgress as failure:
        if failure.code != "ResourceInUseException":
            raise
        # The table exists: a response was lost, or another process was first. The caller compares it.
    except DataLayerError as failure:
        # Some local engines refuse tags; they bill nobody.
        if not (is_unsupported(failure) and definition.pop("Tags", None)):
            raise
        call(client, "CreateTable", name, **definition)


def check_structure(config: TableConfig, table: TableDescription) -> None:
    """Raises `TableChangeError` if keys or indexes differ from the declaration for this environment. No call."""
    differences = compare_structure(config, table)
    if differences:
        raise TableChangeError(
            f"table {table.name} exists but is not as declared ({'; '.join(map(str, differences))})",
            hint="correct the declaration, or delete the table and create it again",
        )


def is_complete(client: BotoClient, config: TableConfig, env: str) -> bool:
    """Whether the table exists, ACTIVE, with TTL, recovery and insights as declared. Three calls, one an index.

    Raises `TableChangeError` if its keys or indexes differ from the declaration.
    """
    name, declared = config.table_name(env), config.for_env(env)
    table = find_table(client, name)
    if table is None or table.status == "DELETING":
        return False
    check_structure(declared, table)
    if not table.is_active:
        return False
    if declared.ttl and read_ttl(client, name).enabled_attribute != declared.ttl:
        return False
    if declared.recovery and read_recovery(client, name) is False:
        return False
    insights = read_insights(client, table) if declared.insights else None
    return insights is None or has_insights(declared.insights, insights)


def delete_table(
    client: BotoClient,
    name: str,
    *,
    check_lease: CheckLease = without_lease,
    seconds: float = WAIT_SECONDS,
) -> bool:
    """Deletes the table with all its data and waits until it is gone; False if there was none."""
    table = find_table(client, name)
    if table is None:
        return False
    if table.status != "DELETING":
        wait_until(lambda: _can_be_deleted(client, name), f"a change of {name}", check_lease, seconds)
        check_lease()
        try:
            call_table(client, "DeleteTable", name)
        except DataLayerError as failure:
            if failure.code not in ("ResourceNotFoundException", "ResourceInUseException"):
                raise
    wait_until_deleted(client, name, check_lease, seconds)
    return True


def _can_be_deleted(client: BotoClient, name: str) -> bool:
    table = find_table(client, name)
    return table is None or table.status == "DELETING" or table.is_active
