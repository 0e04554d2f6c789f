"""Reads the table for a comparison: a scan that digests every item, and may collect the records of some buckets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

import orjson

from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.transport.retry import call_through_throttling
from migration.verify.absence_policy import AbsencePolicy
from migration.verify.digest import RecordDigests, render
from migration.verify.item_kinds import OPERATION, TEXTS, UNKNOWN, Bucket
from migration.verify.item_records import (
    EXPIRED,
    NOT_MOVED,
    UNKNOWN_BUCKET,
    Item,
    ItemRecognizer,
    RecognizedItem,
)
from migration.verify.ledgers import USES, unpack
from migration.verify.scan import ReadingTransport, ScanPlan, scan
from migration.verify.scan_notes import ExpiredItem, ScanNotes
from migration.verify.text_parts import TextAssembler, TextRecord, examine, text_bucket, text_hash

LEASE_PK = "OPS#migration"
RUNNING = "a migration of this table is running: verify again when it is done"
WAS_RUNNING = "a migration was running when the table was exported: export it again when that is done"
OLDER_REFERENCE = "reference without a length"


class StoredRecord(NamedTuple):
    """A record of the table."""

    kind: str
    bucket: Bucket
    pk: str
    sk: str
    record: bytes


class TextNote(NamedTuple):
    """A text's record and its problem (empty for a complete text), or "reference" for a reference to a text."""

    record: str
    mark: str


class RecordStore(Protocol):
    """Receives the records and texts of some buckets, from one thread at a time."""

    @property
    def buckets(self) -> AbstractSet[Bucket]:
        """The buckets whose records are collected."""
        ...

    def add_records(self, records: list[StoredRecord]) -> None:
        """Adds records of items."""

    def add_texts(self, texts: list[TextNote]) -> None:
        """Adds texts and references to texts."""


class TableDigests:
    """The result of a scan: digests of the items and of their references to texts."""

    def __init__(self) -> None:
        self.items = RecordDigests()
        self.references = RecordDigests()
        self.lock = threading.Lock()


class _PageReader:
    """Digests the pages of one segment, and collects the records of the store's buckets."""

    def __init__(
        self,
        digests: TableDigests,
        recognizer: ItemRecognizer,
        notes: ScanNotes,
        store: RecordStore | None,
        zone: ZoneInfo,
        exported_at: float | None,
    ) -> None:
        self._digests = digests
        self._zone = zone
        self._exported_at = exported_at
        self._recognizer = recognizer
        self._notes = notes
        self._store = store
        self._records: list[StoredRecord] = []
        self._text_notes: list[TextNote] = []
        self._texts = TextAssembler(self._add_text, notes.add_unfinished)

    def page(self, items: list[Item]) -> None:
        """Digests a page; one thread at a time, since Python runs only one."""
        with self._digests.lock:
            self._digest(items)
            if self._store is not None and (self._records or self._text_notes):
                self._store.add_records(self._records)
                self._store.add_texts(self._text_notes)
                self._records, self._text_notes = [], []

    def _digest(self, items: list[Item]) -> None:
        totals = self._digests.items
        kinds, counts, sums, recognize = totals.kinds, totals.counts, totals.sums, self._recognizer.recognize
        dumps, sort, from_bytes = orjson.dumps, orjson.OPT_SORT_KEYS, int.from_bytes
        buckets = None if self._store is None else self._store.buckets
        items.reverse()
        while items:
            item = items.pop()  # its memory is free when the next one is read
            if USES in item:
                items += unpack(item, self._zone)
            recognized = recognize(item)
            if recognized is None:
                continue
            kind, bucket, left_out, references, _ = recognized
            if left_out:
                self._leave_out(recognized, item)
                if left_out == NOT_MOVED:
                    for record in references:
                        self._add_reference(record)
                continue
            if kind == TEXTS:
                if self._texts.add(item):
                    kinds[TEXTS] += 1
                    continue
                kind, bucket = UNKNOWN, UNKNOWN_BUCKET
            kinds[kind] += 1
            counts[bucket] = counts.get(bucket, 0) + 1
            data = dumps(item, option=sort)
            number = from_bytes(blake2b(data, digest_size=16).digest(), "little")
            sums[bucket] = sums.get(bucket, 0) + number
            for record in references:
                self._add_reference(record)
            if buckets is not None and bucket in buckets:
                self._records.append(StoredRecord(kind, bucket, item[PK]["S"], item[SK]["S"], data))

    def _leave_out(self, recognized: RecognizedItem, item: Item) -> None:
        kind, totals = recognized.kind, self._digests.items
        pk, sk = item[PK]["S"], item[SK]["S"]
        if recognized.left_out == EXPIRED:
            totals.ignored[f"{EXPIRED} {kind}"] += 1
            self._notes.add_expired(ExpiredItem(kind, recognized.row_id, pk, sk, render(item)))
            return
        totals.ignored[kind if kind == OPERATION else f"service {kind}"] += 1
        if pk == LEASE_PK and "until" in item:
            until = item["until"].get("N", "")
            exported_at = self._exported_at
            if until.isdecimal() and int(until) > (time.time() if exported_at is None else exported_at):
                totals.notes.add(RUNNING if exported_at is None else WAS_RUNNING)

    def _add_text(self, pk: str, record: str) -> None:
        bucket = text_bucket(pk)
        self._digests.items.add(bucket, 1, text_hash(record))
        self._collect_text(bucket, TextNote(record, ""))

    def _add_reference(self, record: str) -> None:
        reference = TextRecord.parse(record)
        references = self._digests.references
        references.kinds[TEXTS] += int(reference.parts) if reference.parts.isdecimal() else 0
        if not reference.length:
            self._digests.items.ignored[OLDER_REFERENCE] += 1
        bucket = text_bucket(reference.pk)
        references.add(bucket, 1, text_hash(record))
        self._collect_text(bucket, TextNote(record, "reference"))

    def _collect_text(self, bucket: Bucket, note: TextNote) -> None:
        if self._store is not None and bucket in self._store.buckets:
            self._text_notes.append(note)

    def end(self) -> None:
        """Leaves the segment's incomplete texts to be read again."""
        with self._digests.lock:
            self._texts.end()


class TableReader:
    """Reads the table for a verification; writes nothing. `exported_at` is an export's moment in epoch seconds."""

    def __init__(
        self,
        transport: ReadingTransport,
        table: str,
        policy: AbsencePolicy,
        widths: Mapping[str, int],
        plan: ScanPlan,
        exported_at: float | None = None,
    ) -> None:
        self._transport = transport
        self._table = table
        self._policy = policy
        self._widths = widths
        self._plan = plan
        self._exported_at = exported_at

    def digest(
        self,
        notes: ScanNotes,
        store: RecordStore | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> TableDigests:
        """One scan of the whole table, and a Query for each large text whose parts were split between segments.

        Expired items are added to `notes`. The records and texts of the store's buckets are added to `store`; both
        are what was digested, so a record cannot be digested and then not be collected.
        """
        digests = TableDigests()

        def reader() -> _PageReader:
            recognizer = ItemRecognizer(self._policy, self._widths)
            zone = self._policy.time_zone
            return _PageReader(digests, recognizer, notes, store, zone, self._exported_at)

        scan(self._transport, self._table, self._plan, reader, progress=progress)
        for pk, name in notes.unfinished():
            bucket = text_bucket(pk)
            for record, problem in examine(pk, name, self.parts(pk, name)):
                digests.items.add(bucket, 1, text_hash(record))
                if store is not None and bucket in store.buckets:
                    store.add_texts([TextNote(record, problem)])
        return digests

    def parts(self, pk: str, name: str) -> Iterator[Item]:
        """The parts of a text in order, read page by page with consistent Queries."""
        request: dict[str, Any] = {
            "TableName": self._table, "ConsistentRead": True,
            "KeyConditionExpression": f"{PK} = :pk AND begins_with({SK}, :sk)",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":sk": {"S": f"{name}#"}},
        }  # fmt: skip
        while True:
            response = call_through_throttling(self._transport, "Query", request)
            yield from response.get("Items") or []
            if not response.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = response["LastEvaluatedKey"]
