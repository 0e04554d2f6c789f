"""The audit log: what staff changed, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import SK
from api.dynamodb.schema.records import AuditEntry
from api.dynamodb.table.audit_entries import AuditNote
from api.dynamodb.table.base_repository import BaseRepository
from api.dynamodb.table.cursor import Page, check_limit, decode_cursor, encode_cursor, query_digest
from api.dynamodb.table.merged_pages import LAST_CHARACTER

_CODEC = CODECS["audit"]
_FIRST_CHARACTER = " "


class AuditRepository(BaseRepository):
    """The audit log, by month. Most entries are written by other repositories, in the transaction of the change."""

    def record_audit(self, note: AuditNote, target: str, changes: Mapping[str, Any]) -> None:
        """Writes an entry for a change that does not fit into one transaction with it.

        target: what is changed, such as `problem 7`. changes: JSON values by name, shortened to 4 KB.

        One PutItem of a small item: 1 WCU.
        """
        self._audit_log.record(note, target, changes)

    def list_audit(self, *, limit: int = 50, cursor: str | None = None) -> Page[AuditEntry]:
        """A page of all entries, newest first, ties by greater id. Strongly consistent.

        limit: 1 to 100. One Query for the months that have entries (1 RCU for 24 years) and one for each month
        that the page covers, usually one: 1 RCU per 4 KB, about 12 entries. Raises `InvalidInput`.
        """
        check_limit(limit)
        digest = query_digest("audit", {})
        position = decode_cursor(digest, cursor)
        items: list[WireItem] = []
        for month in self._months(LAST_CHARACTER if position is None else position[:7]):
            high = position if position is not None and position.startswith(month) else LAST_CHARACTER
            page = self._store.query(
                keys.audit_pk(month), entity="audit", sort=(_FIRST_CHARACTER, high), forward=False,
                limit=limit - len(items) + 2, consistent=True,
            )  # fmt: skip
            items += [item for item in page.items if item[SK]["S"] != position]
            if len(items) > limit:
                break
        entries = [cast(AuditEntry, _CODEC.decode(item)) for item in items[:limit]]
        has_more = len(items) > limit
        return Page(entries, encode_cursor(digest, items[limit - 1][SK]["S"]) if has_more else None)

    def _months(self, last: str) -> list[str]:
        """The months that have entries, newest first, from the month `last` on."""
        sort = (_FIRST_CHARACTER, last)
        items = self._store.query_all(
            keys.AUDIT_MONTHS, entity="audit_month", sort=sort, forward=False, consistent=True
        )
        return [str(item[SK]["S"]) for item in items]
