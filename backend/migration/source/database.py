"""The rows of the legacy database, in key order: keyset pagination, so memory does not grow with a table."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime

import pymysql

from config.environment import Source
from migration.mapping import NULL_KEY, MigrationStep, Row
from migration.parts import WHOLE_TABLE, KeyRange
from migration.source.connection import SourceConnection

PAGE_ROWS = 5_000


class LegacyDatabase(SourceConnection):
    """The source's tables; a context manager. Not thread-safe.

    Every method connects anew after a lost connection and raises `MigrationError` when that does not help.
    """

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._tables: dict[str, str] | None = None
        self._indexed: dict[str, bool] = {}

    def rows(
        self, step: MigrationStep, after: tuple[int, ...] | None, until: tuple[int, ...]
    ) -> Iterator[Row]:
        """The step's rows in key order, after the key `after` up to and including `until` (`step.order_by`'s columns).

        Reads unbuffered pages of some 5,000 rows. After a lost connection or a statement that was cut off it continues
        after the last row.
        """
        failures = 0
        last = after
        while True:
            count = 0
            try:
                for row in self._page(step, last, until):
                    yield row
                    count += 1
                    last = step.key(row)
            except pymysql.Error as error:
                failures = 1 if count else failures + 1
                self.recover(error, failures)
                continue
            failures = 0
            # With a two-column key a page ends at the end of a group.
            more = count == PAGE_ROWS if len(step.order_by) == 1 else last is not None and last < until
            if count == 0 or not more:
                return

    def _page(
        self, step: MigrationStep, after: tuple[int, ...] | None, until: tuple[int, ...]
    ) -> Iterator[Row]:
        """The first rows after the key `after`."""
        columns = ", ".join(f"`{name}`" for name in step.column_names)
        select = f"SELECT {columns} FROM {self.table(step.table)} WHERE"
        if len(step.order_by) == 2:
            return self._group_page(step, select, after or (NULL_KEY, NULL_KEY), until)
        (column,) = step.order_by
        where, values = f"`{column}` <= %s", [until[0]]
        if after is not None:
            where, values = f"`{column}` > %s AND {where}", [after[0], *values]
        return self.select(f"{select} {where} ORDER BY `{column}` LIMIT {PAGE_ROWS}", values)

    def _group_page(
        self, step: MigrationStep, select: str, after: tuple[int, ...], until: tuple[int, ...]
    ) -> Iterator[Row]:
        """One page of a table that is read in the order of (group, id).

        These are the remaining rows of the group of `after` or, if there are none, the rows of the groups that follow,
        up to the one with the 5,000th row. No index needs to have both columns: the server sorts each row once, within
        its page. A LIMIT would have it sort all remaining rows for each page. Rows whose group is NULL come first, as
        MySQL sorts them.
        """
        group, row_id = step.order_by
        order = f"ORDER BY `{group}`, `{row_id}`"
        after_group, after_id = after
        begin, begins = ("", []) if after_group == NULL_KEY else (f"`{group}` > %s AND ", [after_group])
        same, sames = ("IS NULL", []) if after_group == NULL_KEY else ("= %s", [after_group])
        page = self.select(f"{select} `{group}` {same} AND `{row_id}` > %s {order}", [*sames, after_id])
        first_row = next(page, None)
        if first_row is not None:
            yield first_row
            yield from page
            return
        last_group = until[0]
        if self._is_indexed(step.table, group):
            ends = self.query(
                f"SELECT `{group}` FROM {self.table(step.table)} WHERE {begin}`{group}` <= %s "
                f"ORDER BY `{group}` LIMIT {PAGE_ROWS - 1}, 1", [*begins, last_group],
            )  # fmt: skip
            last_group = int(ends[0][0] or 0) if ends else last_group
        yield from self.select(f"{select} {begin}`{group}` <= %s {order}", [*begins, last_group])

    def _is_indexed(self, table: str, column: str) -> bool:
        """Whether an index begins with the column. Without one, all groups are one page, which is sorted once."""
        if self._sqlite is not None:
            return False
        if table not in self._indexed:
            self._indexed[table] = bool(
                self.query(
                    "SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() "
                    "AND table_name = %s AND LOWER(column_name) = %s AND seq_in_index = 1 LIMIT 1",
                    [self.actual_name(table), column],
                )
            )
        return self._indexed[table]

    def count(self, step: MigrationStep, keys: KeyRange = WHOLE_TABLE) -> int:
        """The number of rows in the step's table, or of those with these keys."""
        where, values = self.within(f"`{step.order_by[0]}`", keys)
        ((number,),) = self.query(f"SELECT COUNT(*) FROM {self.table(step.table)} WHERE {where}", values)
        return int(number or 0)

    def within(self, column: str, keys: KeyRange) -> tuple[str, list[int]]:
        """The condition, and its values, of the rows whose column is in a range; NULL is before every number."""
        if keys == WHOLE_TABLE:
            return "1 = 1", []
        if keys.after is not None:
            values = [keys.after] if keys.until is None else [keys.after, keys.until]
            return " AND ".join([f"{column} > %s", f"{column} <= %s"][: len(values)]), values
        return f"({column} <= %s OR {column} IS NULL)", [keys.until or 0]

    def range_ends(self, step: MigrationStep, count: int) -> list[int]:
        """The first key columns at which `count` ranges of about as many rows end, without the last one.

        A count and one query for each range, which together read the key's index once. In a table with few rows
        ranges are empty, and an end is that of the range before.
        """
        column, table = f"`{step.order_by[0]}`", self.table(step.table)
        rows = max(1, -(-self.count(step) // count))
        ends: list[int] = []
        while len(ends) < count - 1:
            where, values = self.within(column, KeyRange(ends[-1] if ends else None))
            ends_here = self.query(
                f"SELECT {column} FROM {table} WHERE {where} ORDER BY {column} LIMIT {rows - 1}, 1", values
            )
            if ends_here:
                (value,) = ends_here[0]
                ends.append(NULL_KEY if value is None else int(value))
            else:
                last_key = self.last_key(step)
                ends += [NULL_KEY if last_key is None else last_key[0]] * (count - 1 - len(ends))
        return ends

    def last_key(self, step: MigrationStep) -> tuple[int, ...] | None:
        """The greatest key in the step's table; None when it is empty."""
        columns = ", ".join(f"`{name}`" for name in step.order_by)
        order = ", ".join(f"`{name}` DESC" for name in step.order_by)
        rows = self.query(f"SELECT {columns} FROM {self.table(step.table)} ORDER BY {order} LIMIT 1")
        return tuple(NULL_KEY if value is None else int(value) for value in rows[0]) if rows else None

    def row(self, step: MigrationStep, row_id: int) -> Row | None:
        """The row with this id; None when there is none."""
        columns = ", ".join(f"`{name}`" for name in step.column_names)
        rows = self.query(f"SELECT {columns} FROM {self.table(step.table)} WHERE `id` = %s", [row_id])
        return rows[0] if rows else None

    def newest_time(self, step: MigrationStep) -> str | None:
        """`created_at` of the row with the greatest id, as text in UTC; None without rows or without that column."""
        if "created_at" not in step.column_names:
            return None
        rows = self.query(f"SELECT `created_at` FROM {self.table(step.table)} ORDER BY `id` DESC LIMIT 1")
        return rows[0][0] if rows else None

    def source_time(self, table: str, column: str, moment: datetime) -> str:
        """A moment as the column has it: in the source's zone, or in UTC for a TIMESTAMP."""
        zone = getattr(self.source, "time_zone", None)
        if zone is not None and self.columns(table).get(column) != "timestamp":
            with contextlib.suppress(OverflowError):  # at the beginning of the year 1
                moment = moment.astimezone(zone)
        return moment.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")

    def table(self, name: str) -> str:
        """The table's name for SQL, in backticks, spelled as the server has it: `users` may be `USERS` there."""
        return f"`{self.actual_name(name)}`"

    def actual_name(self, name: str) -> str:
        """The table's name as the server spells it; the declared name when the account sees no such table."""
        names = self.table_names()
        return name if name in names.values() else names.get(name.lower(), name)

    def table_names(self) -> dict[str, str]:
        """The tables and views that the account may see, by their names in lower case."""
        if self._tables is None:
            sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
            if self._sqlite is not None:
                sql = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
            self._tables = {str(name).lower(): str(name) for (name,) in self.query(sql)}
        return self._tables

    def columns(self, table: str) -> dict[str, str]:
        """By column, in lower case, its type in lower case and without length; empty when there is no such table."""
        if self._sqlite is not None:
            rows = self.query(f"PRAGMA table_info({self.table(table)})")
            return {str(row[1]).lower(): str(row[2]).lower().split("(")[0].split(" ")[0] for row in rows}
        rows = self.query(
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = DATABASE() AND table_name = %s ORDER BY ordinal_position",
            [self.actual_name(table)],
        )
        return {str(name).lower(): str(kind).lower() for name, kind in rows}
