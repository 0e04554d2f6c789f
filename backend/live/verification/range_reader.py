"""Compares one range at a time: what rows of the source should have, or items of the table without an owner.

It decides nothing: what seems to differ is a suspect, which `recheck` looks at behind the barrier.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.key_forms import kind_of
from api.dynamodb.codec.statement_items import is_statement_alone, is_statement_part
from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.transport.retry import call_through_throttling
from live.follow.ledger import Key, Ledger
from live.follow.seeding import owner_of_item
from live.verification.recheck import Subject, subjects_of
from migration.dead_letters import STEP_BY_NAME
from migration.mapping import USAGE, MigrationStep
from migration.source import LegacyDatabase
from migration.stored_records import StoredRecords, key_of
from migration.verify.differences import DifferenceLog, ItemDifference
from migration.verify.item_kinds import OPERATION, SERVICE_KINDS
from migration.verify.row_values import Record
from migration.verify.sample import RecordComparison
from migration.verify.source_digest import ExpectedRows
from migration.verify.verification import VerificationJob

ROWS, USERS, PAGE = 500, 200, 500
_WIDTH = 1 << 62
_BATCH = 25


@dataclass
class Range:
    """What one range came to: rows and items that were compared, suspects, and where it ended (None: at the end).

    `unsettled` are differences that name no row.
    """

    end: int | None
    rows: int
    items: int = 0
    suspects: dict[Subject, set[Key]] = field(default_factory=lambda: defaultdict(set))
    unsettled: list[ItemDifference] = field(default_factory=list)


class RangeReader:
    """Reads ranges of one source and table. Not thread-safe; memory is bounded by one range."""

    def __init__(
        self, job: VerificationJob, database: LegacyDatabase, ledger: Ledger, rows: int = ROWS
    ) -> None:
        self._job, self._database, self._ledger, self._rows = job, database, ledger, rows
        self._stored = StoredRecords(job.transport, job.settings.table_name)

    def users(self, after: int) -> Range:
        """The next users with uses; all are suspects, because the uses of a user are compared as a whole."""
        table = self._database.table(USAGE.table)
        ids = [
            int(row[0] or 0)
            for row in self._database.query(
                f"SELECT DISTINCT user_id FROM {table} WHERE user_id > %s ORDER BY user_id LIMIT %s",
                [after, USERS],
            )
        ]
        owners = self._ledger.ids_after(USAGE.name, after, USERS)
        end = _end(ids, owners, USERS)
        of_range = sorted({number for number in (*ids, *owners) if end is None or number <= end})
        result = Range(end, 0)
        if of_range:
            ((rows,),) = self._database.query(
                f"SELECT COUNT(*) FROM {table} WHERE user_id > %s AND user_id <= %s", [after, of_range[-1]]
            )
            result.rows = int(rows or 0)
            result.suspects.update((Subject(USAGE.name, number), set()) for number in of_range)
        return result

    def rows(self, step: MigrationStep, after: int) -> Range:
        """The next rows of a step, and ids without a row that own items. BatchGetItems of all that they should have."""
        names = ", ".join(f"`{name}`" for name in step.column_names)
        rows = [
            list(row)
            for row in self._database.query(
                f"SELECT {names} FROM {self._database.table(step.table)} WHERE id > %s ORDER BY id LIMIT %s",
                [after, self._rows],
            )
        ]
        ids = [int(row[0] or 0) for row in rows]
        end = _end(ids, self._ledger.ids_after(step.name, after, self._rows), self._rows)
        rows = [row for row, number in zip(rows, ids, strict=True) if end is None or number <= end]
        result = Range(end, len(rows))
        expected: list[tuple[str, Record]] = []
        for entry in ExpectedRows(step, self._job.policy, _WIDTH)(iter(rows)):
            if entry.unmovable:
                result.suspects[Subject(step.name, entry.row_id)].update()
            expected += entry.records
        self._compare(expected, result)
        self._look_for_surplus(step, after, {(r[PK]["S"], r[SK]["S"]) for _, r in expected}, result)
        return result

    def _compare(self, expected: list[tuple[str, Record]], result: Range) -> None:
        log = DifferenceLog(None)
        comparison = RecordComparison(self._job, log)
        for start in range(0, len(expected), _BATCH):
            comparison.compare(expected[start : start + _BATCH])
        result.items += comparison.stored.total()
        for subject, difference in subjects_of(log):
            if subject is None:
                result.unsettled.append(difference)
            else:
                result.suspects[subject].update({(difference.pk, difference.sk)} if difference.pk else ())

    def _look_for_surplus(self, step: MigrationStep, after: int, expected: set[Key], result: Range) -> None:
        """Items that the ledger has for these ids and no row should have. Parts of texts go with their items."""
        end = (1 << 62) if result.end is None else result.end
        owners = {
            key: number
            for number, key in self._ledger.keys_between(step.name, after, end)
            if key not in expected and not key[0].startswith("TXT#")
        }
        surplus = list(owners)
        for start in range(0, len(surplus), _BATCH):
            for key, item in self._stored.get(surplus[start : start + _BATCH]).items():
                if not is_statement_alone(item):
                    result.suspects[Subject(step.name, owners[key])].add(key)

    def page(self, start_key: Mapping[str, Any] | None) -> tuple[list[WireItem], dict[str, Any] | None]:
        """The next items of the table that no unit of the ledger owns, and where the next page begins. One Scan."""
        request: dict[str, Any] = {
            "TableName": self._job.settings.table_name, "ConsistentRead": True, "Limit": PAGE,
            **({"ExclusiveStartKey": start_key} if start_key else {}),
        }  # fmt: skip
        response = call_through_throttling(self._job.transport, "Scan", request)
        strangers = [item for item in response.get("Items") or () if not self._is_owned(item)]
        return strangers, response.get("LastEvaluatedKey") or None

    def strangers_among(self, keys: list[Key]) -> list[ItemDifference]:
        """Those of the items at these keys that are there, and that still nobody owns."""
        differences: list[ItemDifference] = []
        for start in range(0, len(keys), _BATCH):
            for (pk, sk), item in self._stored.get(keys[start : start + _BATCH]).items():
                if not self._is_owned(item):
                    note = "no row of the source has it"
                    differences.append(ItemDifference("extra", kind_of(item), "", pk, sk, note=note))
        return differences

    def _is_owned(self, item: WireItem) -> bool:
        """Whether an item is a row's by the ledger, or of the service or the tools alone, as statements are."""
        if kind_of(item) in SERVICE_KINDS or kind_of(item) == OPERATION:
            return True
        if is_statement_part(item) or is_statement_alone(item):
            return True
        try:
            unit = owner_of_item(item, self._job.policy.time_zone)
        except (LookupError, ValueError):
            return False
        return unit is not None and self._ledger.owns(unit, key_of(item))


def step_of(part: str) -> MigrationStep:
    """The step of a part that reads rows."""
    return STEP_BY_NAME[part]


def _end(ids: list[int], owners: list[int], limit: int) -> int | None:
    """Up to where both lists are complete; None to the end."""
    return min((part[-1] for part in (ids, owners) if len(part) == limit), default=None)
