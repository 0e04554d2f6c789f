"""The audit log: what staff changed, newest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from api.dynamodb.codec.items import CODECS
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import SK
from api.dynamodb.schema.records import AuditEntry
from api.dynamodb.table.audit_entries import AuditNote
from api.dynamodb.table.base_repository import BaseRepository
from api.dynamodb.table.cursor import Page, check_limit, decode_cursor, encode_cursor, query_digest
from api.dynamodb.table.merged_pages import LAST_CHARACTER, MAX_EXAMINED

_CODEC = CODECS["audit"]
_FIRST_CHARACTER = " "
_FILTERED_READ = 64


class AuditRepository(BaseRepository):
    """The audit log, by month. Most entries are written by other repositories, in the transaction of the change."""

    def record_audit(self, note: AuditNote, target: str, changes: Mapping[str, Any]) -> None:
        """Writes an entry for a change that does not fit into one transaction with it.

        target: what is changed, such as `problem 7`. changes: JSON values by name, shortened to 4 KB.

        One PutItem of a small item: 1 WCU.
        """
        self._audit_log.record(note, target, changes)

    def list_audit(
        self,
        *,
        limit: int = 50,
        cursor: str | None = None,
        staff_id: int | None = None,
        action: str | None = None,
        target: str | None = None,
        month: str | None = None,
    ) -> Page[AuditEntry]:
        """A page of the entries that match every filter, newest first, ties by greater id. Strongly consistent.

        staff_id: who made the change.
        action: such as `user.update`.
        target: such as `problem 7`, or `problem` for all of a kind.
        month: as `2026-11`, in UTC.
        limit: 1 to 100.

        One Query for the months that have entries (1 RCU for 24 years), none with `month`, and one for each month
        that the page covers, usually one: 1 RCU per 4 KB, about 12 entries. At most 500 entries are examined (42 RCU),
        so a filtered page may be short or empty and still have a cursor. Raises `InvalidInput`.
        """
        check_limit(limit)
        filters = {"staff_id": staff_id, "action": action, "target": target, "month": month}
        chosen = {name: value for name, value in filters.items() if value is not None}
        digest = query_digest("audit", chosen)
        position = decode_cursor(digest, cursor)
        entries: list[AuditEntry] = []
        last, examined = "", 0
        for sort_key, entry in self._entries(month, position, _FILTERED_READ if chosen else limit + 2):
            if len(entries) == limit or examined == MAX_EXAMINED:
                return Page(entries, encode_cursor(digest, last))
            last, examined = sort_key, examined + 1
            if _matches(entry, staff_id, action, target):
                entries.append(entry)
        return Page(entries, None)

    def list_months(self) -> list[str]:
        """The months that have entries, as `2026-11`, newest first. One consistent Query: 1 RCU for 24 years."""
        return self._months(LAST_CHARACTER)

    def _entries(
        self, month: str | None, position: str | None, block: int
    ) -> Iterator[tuple[str, AuditEntry]]:
        """The entries after a position with their sort keys, newest first; `block` are read at once."""
        last = LAST_CHARACTER if position is None else position[:7]
        for of_month in [month] if month else self._months(last):
            high = position if position is not None and position.startswith(of_month) else LAST_CHARACTER
            start = None
            while True:
                page = self._store.query(
                    keys.audit_pk(of_month), entity="audit", sort=(_FIRST_CHARACTER, high), forward=False,
                    limit=block, start=start, consistent=True,
                )  # fmt: skip
                for item in page.items:
                    if (sort_key := item[SK]["S"]) != position:
                        yield sort_key, cast(AuditEntry, _CODEC.decode(item))
                start = page.last_key
                if start is None:
                    break

    def _months(self, last: str) -> list[str]:
        """The months that have entries, newest first, from the month `last` on."""
        sort = (_FIRST_CHARACTER, last)
        items = self._store.query_all(
            keys.AUDIT_MONTHS, entity="audit_month", sort=sort, forward=False, consistent=True
        )
        return [str(item[SK]["S"]) for item in items]


def _matches(entry: AuditEntry, staff_id: int | None, action: str | None, target: str | None) -> bool:
    return (
        staff_id in (None, entry["staff_id"])
        and action in (None, entry["action"])
        and (target is None or target in (entry["target"], entry["target"].partition(" ")[0]))
    )
