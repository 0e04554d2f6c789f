"""Compares what has expired and is still in the table: it may be absent, but if it is there the source explains it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from api.dynamodb.schema.entities import PK, SK
from config.environment import Source
from migration.mapping import NULL_KEY, USAGE
from migration.source import LegacyDatabase
from migration.verify.absence_policy import AbsencePolicy
from migration.verify.differences import DifferenceLog, ItemDifference, compare, identity, surplus_note
from migration.verify.expected_items import local_day, usage_day, usage_log
from migration.verify.item_kinds import ATTRIBUTES, TEXTS
from migration.verify.item_records import Item
from migration.verify.row_values import Record, Unmovable
from migration.verify.scan_notes import ExpiredItem, ScanNotes
from migration.verify.text_parts import examine

_METADATA = ATTRIBUTES["usage_log"]["metadata"]
_TTL = ATTRIBUTES["usage_log"]["expires_at"]
_LAST_ID = -NULL_KEY - 1
_COLUMNS = ", ".join(f"`{name}`" for name in USAGE.column_names)

# The parts of a text in order, by partition key and name.
PartReader = Callable[[str, str], Iterator[Item]]


class ExpiredComparison:
    """Compares the expired items that a scan noted with the rows of the source; adds each difference to the log."""

    def __init__(self, source: Source, policy: AbsencePolicy, parts: PartReader, log: DifferenceLog) -> None:
        self._source = source
        self._policy = policy.with_expired()
        self._parts = parts
        self._log = log

    def run(self, notes: ScanNotes) -> None:
        """Compares all of them. Reads the source by ids; costs no capacity but for the parts of large texts."""
        with LegacyDatabase(self._source) as database:
            for items in notes.expired("usage_log"):
                logs = self._logs(database, {item.id for item in items})
                for item in items:
                    self._compare(item, logs.get(item.id))
            for user_id, counters in groupby(_each(notes.expired("usage_day")), lambda item: item.id):
                days = self._days(database, user_id)
                for item in counters:
                    self._compare(item, days.get((item.pk, item.sk)))
            for items in notes.expired(TEXTS):
                logs = self._logs(database, {item.id for item in items})
                for (pk, name), parts in groupby(items, lambda item: (item.pk, item.sk.rpartition("#")[0])):
                    self._compare_text(pk, name, list(parts), logs)

    def _logs(self, database: LegacyDatabase, ids: set[int]) -> dict[int, Record]:
        """The expected logs by id, without those of dead-lettered rows and of rows that cannot be moved."""
        row_ids = sorted(ids - {-1})
        if not row_ids:
            return {}
        marks = ", ".join(["%s"] * len(row_ids))
        rows = database.query(
            f"SELECT {_COLUMNS} FROM {database.table(USAGE.table)} WHERE `id` IN ({marks})", row_ids
        )
        logs = {}
        for row in rows:
            row_id = int(row[0] or 0)
            if row_id not in self._policy.dead_rows(USAGE.name):
                try:
                    logs[row_id] = usage_log(row, self._policy)[0][1]
                except (Unmovable, ValueError, TypeError, OverflowError, UnicodeError, RecursionError):
                    continue
        return logs

    def _days(self, database: LegacyDatabase, user_id: int) -> dict[tuple[str, str], Record]:
        """The expected day counters of a user by their keys."""
        counts: dict[tuple[str, str], int] = {}
        if user_id >= 0:
            for row in database.rows(USAGE, (user_id, NULL_KEY), (user_id, _LAST_ID)):
                day = local_day(row, self._policy)
                if day is not None:
                    counts[day] = counts.get(day, 0) + 1
        records = [usage_day(user_id, action, day, n, self._policy) for (action, day), n in counts.items()]
        return {(record[PK]["S"], record[SK]["S"]): record for record in records if record is not None}

    def _compare(self, item: ExpiredItem, expected: Record | None) -> None:
        stored: dict[str, Any] = json.loads(item.record)
        number = identity(item.kind, stored, item.pk, item.sk)[0]
        if expected is None:
            self._report("extra", item, number, note=surplus_note(self._policy, item.kind, number))
            return
        pk, sk = expected[PK]["S"], expected[SK]["S"]
        if (pk, sk) != (item.pk, item.sk):
            self._report("extra", item, number, note=f"the row of this id belongs at {pk} / {sk}")
        elif details := compare(item.kind, expected, stored):
            self._report("changed", item, number, details=details)

    def _compare_text(self, pk: str, name: str, parts: list[ExpiredItem], logs: dict[int, Record]) -> None:
        """Compares what is left of a text: its log in the source, its expiry and, if it is complete, its content."""
        log = logs.get(parts[0].id)
        attribute, _, digest = name.partition("#")
        expected = {"D": digest.partition(".")[0]}
        owner = f"{pk[4:]} {attribute}"
        if log is None or attribute != _METADATA or log.get(attribute) != expected:
            self._report("extra", parts[0], owner, note="no log of the source has this text")
            return
        ttls = {json.loads(part.record)[_TTL]["N"] for part in parts}
        if ttls != {log.get(_TTL, {}).get("N")}:
            self._report(
                "changed", parts[0], owner, note="its parts do not expire when the log of the source does"
            )
        for _, problem in examine(pk, name, self._parts(pk, name)):
            if problem and not problem.endswith("is missing"):
                self._report("changed", parts[0], owner, note=problem)

    def _report(self, problem: str, item: ExpiredItem, number: str, **fields: Any) -> None:
        self._log.add(ItemDifference(problem, item.kind, number, item.pk, item.sk, step=USAGE.name, **fields))


def _each(pages: Iterator[list[ExpiredItem]]) -> Iterator[ExpiredItem]:
    for page in pages:
        yield from page
