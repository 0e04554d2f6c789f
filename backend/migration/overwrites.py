"""Which stored records a replay may overwrite: all, unless the service has written to the table."""

from __future__ import annotations

from datetime import UTC, datetime

from api.dynamodb.transport.retry import Caller
from migration.checkpoint import Checkpoint
from migration.errors import BadRow
from migration.job import MigrationOptions
from migration.table_contents import find_service_write, read_items


class Overwrites:
    """Allows a replay to overwrite stored records; lists them in `names`, and those that it left in `skipped`."""

    def __init__(self, table: str, transport: Caller, state: Checkpoint, options: MigrationOptions) -> None:
        self._table, self._transport, self._state = table, transport, state
        self.is_forced = options.overwrite_live is not None
        self._service_write: str | None = None
        self._has_looked = False
        self.names: dict[str, None] = {}
        self.skipped: dict[str, None] = {}

    def allow(self, name: str) -> None:
        """Allows a record to be overwritten, or raises `BadRow`. The first call scans the table for service writes."""
        if not self.is_forced and not self._has_looked:
            items = read_items(self._transport, self._table)
            self._service_write = find_service_write(self._state, items, datetime.now(UTC))
            self._has_looked = True
        if self._service_write is not None:
            raise BadRow(
                f"moving this row would overwrite {name}, and the service has written to the table since "
                f"({self._service_write}): mend it there, or add --overwrite-live {self._table}"
            )
        self.note(name)

    def note(self, name: str) -> None:
        """Lists a record that was overwritten."""
        self.names[name] = None

    def skip(self, name: str) -> None:
        """Lists a record that was left as the service has it."""
        self.skipped[name] = None
