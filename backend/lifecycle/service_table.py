"""The service's own table by its first change: what `make dynamodb-init` and `make dynamodb-delete` do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.dynamodb.control_plane.description import find_table
from api.dynamodb.control_plane.waiting import CheckLease, without_lease
from api.dynamodb.errors import AccessDenied
from api.dynamodb.table_schema import table_declaration
from config.environment import Environment
from lifecycle.backups import back_up
from lifecycle.change_files import CHANGES_DIR, load_changes
from lifecycle.history import History, Record
from lifecycle.lease import environment_lease
from lifecycle.operations import Context, DeleteTable
from lifecycle.runner import Runner
from lifecycle.selection import Selection

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

FIRST_CHANGE = "migration_20261121_000000_create_algoitny_main"
METRICS_CHANGE = "migration_20261130_020000_create_algoitny_metrics"


def _silent(*_: object) -> None:
    """These commands print the result, not each step."""


@dataclass(frozen=True)
class Deletion:
    """Whether there was a table to delete, and the ARN of its backup, None if none was made."""

    deleted: bool
    backup: str | None = None


def create(client: BotoClient, settings: Environment) -> bool:
    """Makes a missing table by all changes, or completes what the first one made; True if there was none before.

    A table that was deleted is created again, one that a killed run left incomplete is completed, and so is the table
    of metrics. Raises `ConfigurationError` in AWS without ALGOITNY_ENVIRONMENT, `ChangeFailed` or `TableChangeError`
    when a table of that name has other keys or indexes, and what `Runner.migrate` raises.
    """
    env = settings.table_environment
    missing = find_table(client, settings.table_name) is None
    history = History(client, settings.history_table, env)
    changes = load_changes([CHANGES_DIR])
    runner = Runner(client, env, changes, history, _silent, _silent, prices=settings.prices)
    # A missing table is made as it is declared today, by all changes; to a table in use an operator applies them.
    selection = Selection() if missing else Selection(target=FIRST_CHANGE)
    outcome = runner.migrate(selection, repair=True)
    if not missing and any(change.name == METRICS_CHANGE for change in changes):
        runner.migrate(Selection(target=METRICS_CHANGE), repair=True)  # it touches no table in use
    return missing and bool(outcome.steps)


def delete(
    client: BotoClient,
    settings: Environment,
    *,
    makes_backup: bool = True,
    progress: Callable[[str], None] = _silent,
) -> Deletion:
    """Deletes the table with all its data, once its backup is finished, and records it in the history.

    The history marks this table's changes as undone, so that they are applied again to the next table. Where the
    history cannot be read the table is deleted all the same: a missing table is created again whatever the history
    says. A table that is protected against deletion is unprotected after the backup. Raises `ConfigurationError` in
    AWS without ALGOITNY_ENVIRONMENT, and `BadInput` on an engine that cannot make the backup; nothing is changed then.
    """
    history = History(client, settings.history_table, settings.table_environment)
    records = _records(client, history)
    if not records:
        return _delete_table(client, settings, makes_backup, progress, without_lease)
    with environment_lease(client, history) as lease:
        deletion = _delete_table(client, settings, makes_backup, progress, lease.check)
        for change in load_changes([CHANGES_DIR]):
            record = records.get(change.name)
            tables = {step.table(history.env) for step in change.up()}
            if record is not None and record.status != "undone" and tables == {settings.table_name}:
                record.status, record.steps_done, record.noted, record.error = "undone", 0, {}, None
                record.backups += [deletion.backup] if deletion.backup else []
                history.write(record, lease.fence)
    return deletion


def _records(client: BotoClient, history: History) -> dict[str, Record]:
    """The records of the history, none where it is missing or cannot be read."""
    try:
        return history.read() if find_table(client, history.table_name) is not None else {}
    except AccessDenied:
        return {}


def _delete_table(
    client: BotoClient,
    settings: Environment,
    makes_backup: bool,
    progress: Callable[[str], None],
    check_lease: CheckLease,
) -> Deletion:
    backups: list[str] = []

    def back_up_table(name: str) -> None:
        progress(f"backing up {name}")
        backups.append(back_up(client, name, check_lease))
        progress(f"the backup of {name} is finished: {backups[-1]}")

    step = DeleteTable(table_declaration(settings.table_name), even_protected=True)
    context = Context(
        client, settings.table_environment, check_lease=check_lease,
        back_up=back_up_table if makes_backup else None,
    )  # fmt: skip
    if step.is_done(context):
        return Deletion(deleted=False)
    step.carry_out(context)
    return Deletion(True, *backups)
