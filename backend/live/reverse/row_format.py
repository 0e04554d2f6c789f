"""Compares a thing's state with its row, and gives the values of the columns that have to change.

The row is read by the move's own parser, so whatever the move takes for the same value is left as it stands in MySQL:
the spelling of JSON, a zero date, a FLOAT.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from api.dynamodb.codec import json_text
from migration.errors import BadRow
from migration.mapping import MigrationStep, Record, Row, RowReader, SourceColumn, build_items
from migration.source.values import unpadded, utc_text

# What a column that cannot be NULL holds when a thing has no value there.
_NOTHING = {"text": "", "json": "null", "bool": 0, "int": 0, "float": 0}


class ColumnInfo(NamedTuple):
    """What MySQL says about a column: its type, and whether it may be NULL."""

    type: str
    nullable: bool


class RowFormat:
    """The columns of one table, between a thing's record and a row's texts."""

    def __init__(self, step: MigrationStep, columns: Mapping[str, ColumnInfo], zone: ZoneInfo | None) -> None:
        self.step = step
        self._columns = {column.name: columns[column.name] for column in step.columns}
        self._zone, self._reader = zone, RowReader(step)
        self.select = ", ".join(f"`{name}`" for name in step.column_names)

    def record(self, row: Row) -> Record | None:
        """The record of a row as MySQL sent it; None for a row that the move sets aside."""
        try:
            record = self._reader.record(
                [self._plain(column, text) for column, text in zip(self.step.columns, row, strict=True)]
            )
            build_items(self.step, record)
        except BadRow:
            return None
        return record

    def _plain(self, column: SourceColumn, text: str | None) -> str | None:
        if text is None:
            return None
        if column.read in ("id", "int", "bool"):
            return unpadded(text) if text.startswith("0") and len(text) > 1 else text
        if column.read == "time" and self._is_local(column):
            return utc_text(text, self._zone)  # type: ignore[arg-type]  # (_is_local has looked)
        return text

    def _is_local(self, column: SourceColumn) -> bool:
        return self._zone is not None and self._columns[column.name].type in ("datetime", "date")

    def takes_null(self, name: str) -> bool:
        """Whether a column may be NULL."""
        return self._columns[name].nullable

    def values(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """The value of every column for a new row."""
        return {column.name: self._value(column, state[column.field]) for column in self.step.columns}

    def changes(self, state: Mapping[str, Any], row: Row) -> dict[str, Any]:
        """The columns of an existing row that have to change, with their values; all for a row that cannot be read."""
        existing = self.record(row)
        if existing is None:
            return self.values(state)
        return {
            column.name: self._value(column, state[column.field])
            for column in self.step.columns
            if not self._same(column, existing[column.field], state[column.field])
        }

    def _same(self, column: SourceColumn, existing: Any, state: Any) -> bool:
        """Whether a row's value says what the thing has; a column that takes no NULL says nothing in its own way."""
        if state is None and not self.takes_null(column.name):
            return existing is None or str(existing) == str(_NOTHING.get(column.read))
        if column.read == "json" and None not in (existing, state):
            return existing == state or json_text.dumps(json_text.loads(existing)) == json_text.dumps(state)
        return bool(existing == state)

    def _value(self, column: SourceColumn, value: Any) -> Any:
        if value is None:
            return None if self._columns[column.name].nullable else _NOTHING.get(column.read)
        if column.read == "time":
            return self._time(column, value)
        if column.read == "json":
            return str(json_text.dumps(value))
        return int(value) if column.read == "bool" else value

    def _time(self, column: SourceColumn, moment: datetime) -> str:
        zone = self._zone if self._is_local(column) else UTC
        return moment.astimezone(zone).replace(tzinfo=None).isoformat(" ")
