"""Puts mended usage logs into the ledgers that the table has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import with_keys
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import TTL, USAGE_ACTIONS
from api.dynamodb.usage_limits.ledger import LEDGER_BYTES, MOVED, moved_entry
from api.dynamodb.usage_limits.windows import USES
from migration.loader import PendingItem
from migration.mapping import Record
from migration.overwrites import Overwrites
from migration.row_encoder import RowEncoder, usage_log_items
from migration.stored_records import Key, StoredRecords
from migration.table_contents import counted_by_service
from migration.usage_ledgers import ledger_expiry


@dataclass
class _OpenLedger:
    """A ledger as the table has it, and the logs that were put into it since."""

    item: WireItem
    logs: list[Record] = field(default_factory=list)

    @property
    def entries(self) -> list[str]:
        entries: list[str] = self.item.setdefault(USES, {"SS": []})["SS"]
        return entries


class LedgerMerge:
    """The ledgers of one chunk of mended logs: read when a log of their day comes, written with `take`.

    The number of uses without an entry is not changed here: it is counted again when all logs of a user have moved.
    """

    def __init__(self, stored: StoredRecords, encoder: RowEncoder, overwrites: Overwrites) -> None:
        self._stored, self._encoder, self._overwrites = stored, encoder, overwrites
        self._open: dict[Key, _OpenLedger] = {}

    def add(self, log: Record) -> int | None:
        """Puts a log into the ledger of its day: 1, or 0 if the table had it already.

        None if it has to be an item of its own: it is one already, it is kept though it has expired, it has no room,
        or the service counts in that ledger. Raises `BadRow` if another log of this id is in the ledger and must not
        be overwritten. At most one BatchGetItem.
        """
        if log["action"] not in USAGE_ACTIONS or self._encoder.has_expired(log):
            return None
        zone = self._encoder.policy.time_zone
        day = log["created_at"].astimezone(zone).date()
        expires_at = ledger_expiry(day, zone)
        if expires_at is None:
            return None
        pk = keys.usage_pk(log["user_id"], log["action"])
        key, log_key = (pk, keys.usage_day_sk(day)), (pk, keys.usage_log_sk(log["created_at"], log["log_id"]))
        items = self._stored.get([log_key] if key in self._open else [log_key, key])
        if key not in self._open:
            new = with_keys(*key, {TTL: {"N": str(expires_at)}})
            self._open[key] = _OpenLedger(items.get(key, new))
        ledger, entry = self._open[key], moved_entry(log, day)
        if entry in ledger.entries:
            return 0
        former = [old for old in ledger.entries if old.startswith(f"{MOVED}{log['log_id']},")]
        if former:
            self._overwrites.allow(f"usage {log['log_id']}")
        elif log_key in items or counted_by_service(ledger.item):
            return None
        ledger.item[USES] = {"SS": [old for old in ledger.entries if old not in former]}
        if sum(len(text.encode()) for text in (*ledger.entries, entry)) > LEDGER_BYTES:
            if former:
                ledger.logs.append(log)  # the ledger is written without its former entry
            return None
        ledger.entries.append(entry)
        ledger.logs.append(log)
        return 0 if former else 1

    def take(self) -> Iterator[PendingItem]:
        """The ledgers that have changed; forgets all. If one is refused, its new logs become items of their own."""
        for ledger in self._open.values():
            if ledger.logs:
                if not ledger.entries:
                    del ledger.item[USES]
                pending = PendingItem.of(ledger.item, ledger.logs[-1]["log_id"])
                pending.instead = lambda logs=ledger.logs: [
                    PendingItem.of(item, log["log_id"])
                    for log in logs
                    for item in usage_log_items(log, expires=True).all()
                ]
                yield pending
        self._open.clear()
