"""The audit log: what staff changed, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from api.dynamodb import keys
from api.dynamodb.cursor import Page, check_limit, decode_cursor, encode_cursor, query_digest
from api.dynamodb.entities import SK
from api.dynamodb.item_size import WireItem
from api.dynamodb.items import CODECS
from api.dynamodb.repositories.audit_notes import AuditNote, audit_actions
from api.dynamodb.repositories.base_repository import BaseRepository
from api.dynamodb.repositories.merged_pages import LAST_CHARACTER
from api.dynamodb.repositories.records import AuditEntry

_CODEC = CODECS["audit"]
_FIRST_CHARACTER = " "


class AuditRepository(BaseRepository):
    """Entries stand by month. Most are written by the repositories of what they tell of, in the same transaction."""

    def record_audit(self, note: AuditNote, target: str, changes: Mapping[str, Any]) -> None:
        """Writes an entry by itself, for work that cannot be one transaction with it.

        `target` says what is changed (`problem 7`); `changes` are shortened to 4 KB. One TransactWriteItems of
        two small items: 4 WCU.
        """
        self._store.transact_write(audit_actions(note, target, changes, self._now()), entity="audit")

    def list_audit(self, *, limit: int = 50, cursor: str | None = None) -> Page[AuditEntry]:
        """All entries, newest first, ties by greater id; always up to date.

        One Query for the months that have entries (1 RCU for 24 years of them) and one for each month that the
        page reaches into, most often one: 1 RCU for 4 KB, about 12 entries. Raises `InvalidInput`.
        """
        check_limit(limit)
        digest = query_digest("audit", {})
        position = decode_cursor(digest, cursor)
        found: list[WireItem] = []
        for month in self._months(LAST_CHARACTER if position is None else position[:7]):
            high = position if position is not None and position.startswith(month) else LAST_CHARACTER
            page = self._store.query(
                keys.audit_pk(month), entity="audit", sort=(_FIRST_CHARACTER, high), forward=False,
                limit=limit - len(found) + 2, consistent=True,
            )  # fmt: skip
            found += [item for item in page.items if item[SK]["S"] != position]
            if len(found) > limit:
                break
        entries = [cast(AuditEntry, _CODEC.decode(item)) for item in found[:limit]]
        more = len(found) > limit
        return Page(entries, encode_cursor(digest, found[limit - 1][SK]["S"]) if more else None)

    def _months(self, last: str) -> list[str]:
        """The months that have entries, newest first, from `last` on."""
        sort = (_FIRST_CHARACTER, last)
        items = self._store.query_all(
            keys.AUDIT_MONTHS, entity="audit_month", sort=sort, forward=False, consistent=True
        )
        return [str(item[SK]["S"]) for item in items]
