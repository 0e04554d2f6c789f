"""AlgoItny's own table by its first change: what `make dynamodb-init` and `make dynamodb-delete` do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.dynamodb.errors import AccessDenied
from api.dynamodb.table_schema import delete_table
from config.environment import Environment
from lifecycle.files import CHANGES_DIR, load_changes
from lifecycle.history import History
from lifecycle.lease import Lease
from lifecycle.runner import Outcome, Runner
from lifecycle.selection import Selection
from lifecycle.tables import describe

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

FIRST_CHANGE = "migration_20261121_000000_create_algoitny_main"


def _quietly(*_: object) -> None:
    """These commands print what became of the table, not each step."""


def create(client: BotoClient, settings: Environment) -> bool:
    """Applies the first change wherever it is not in force; True if the table was not there before.

    A table that was deleted is created again, one that a killed run left half made is completed. Raises
    `BadInput` when a table of that name is another, and what `Runner.migrate` raises.
    """
    missing = describe(client, settings.table_name) is None
    history = History(client, settings.history_table, settings.name)
    runner = Runner(
        client,
        settings.name,
        load_changes([CHANGES_DIR]),
        history,
        _quietly,
        _quietly,
        prices=settings.prices,
    )
    done: Outcome = runner.migrate(Selection(target=FIRST_CHANGE), mend=True)
    return missing and bool(done.steps)


def delete(client: BotoClient, settings: Environment) -> bool:
    """Deletes the table with all its data, and says so in the history; False if there was none.

    The history knows that the changes of this table are undone, so that they are applied again to the next one. It
    keeps no backup: whoever wants one rolls the change back instead. Where the history may not be written the
    table is deleted all the same: a table that is missing is created again whatever the history says.
    """
    history = History(client, settings.history_table, settings.name)
    try:
        known = describe(client, settings.history_table) is not None and history.read()
    except AccessDenied:
        known = False
    if not known:
        return delete_table(client, settings.table_name)
    with Lease(client, history) as lease:
        deleted = delete_table(client, settings.table_name)
        for change in load_changes([CHANGES_DIR]):
            record = known.get(change.name)
            tables = {step.table(settings.name) for step in change.up()}
            if record is not None and record.status != "undone" and tables == {settings.table_name}:
                record.status, record.steps_done, record.noted, record.error = "undone", 0, {}, None
                history.write(record, lease.fence)
    return deleted
