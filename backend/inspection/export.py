"""Exports a table as JSON Lines in long names: segments in parallel, within a limit of read units, resumable.

It reads with eventually consistent Scans, at half the price: an export is no snapshot of one moment. The texts of
parts are put into the records that they belong to, so that parts have no lines of their own.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from api.dynamodb.codec.item_size import WireItem, item_size
from api.dynamodb.codec.items import CODECS
from api.dynamodb.codec.key_forms import key_fields, kind_of
from api.dynamodb.codec.scalars import is_utf8
from api.dynamodb.control_plane.calls import name_failure
from api.dynamodb.errors import DataLayerError, Throttled
from api.dynamodb.metering.capacity import estimate_rcu
from api.dynamodb.metering.token_bucket import TokenBucket
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PK, TEXT_PART
from api.dynamodb.table.aggregate import part_keys
from api.dynamodb.table.segment_workers import SegmentWorkers
from api.dynamodb.table.store import MAX_BATCH_GET
from api.dynamodb.table.write_actions import Key, key_of, wire_key
from api.dynamodb.transport.factory import DynamoDBTransport
from api.dynamodb.transport.http import Transport
from api.dynamodb.transport.retry import retry_while
from inspection.export_files import ExportFolder, SegmentFiles
from inspection.long_names import Parts, Unreadable, as_json_value, long_named
from reporting.item_progress import ItemProgress

THREADS = 8
_MOST_EXAMPLES = 20


@dataclass
class ExportResult:
    """What an export read: items by kind, in this run and before; the read units of this run.

    unreadable: the keys of the first records of which a text could not be read.
    """

    counts: Counter[str]
    read_units: float = 0.0
    items_read: int = 0
    unreadable: list[Key] = field(default_factory=list)
    unreadable_count: int = 0


class TableExport:
    """One run of an export into a folder.

    transport: to the table, or to an export of it, which has one segment; max_rcu: read units a second, None for no
    limit; total: DynamoDB's own count of the table's items, for progress; page_items: items per Scan, None for 1 MB.
    """

    def __init__(
        self,
        transport: DynamoDBTransport,
        table_name: str,
        folder: ExportFolder,
        segments: int,
        *,
        personal: bool = False,
        max_rcu: float | None = None,
        total: int = 0,
        page_items: int | None = None,
        progress: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._transport = transport
        self._table_name, self._folder, self._segments = table_name, folder, segments
        self._personal, self._page_items = personal, page_items
        self._bucket = TokenBucket(max_rcu) if max_rcu else None
        self._progress = ItemProgress(progress, total)
        self._result = ExportResult(folder.counts())
        waiting = folder.unfinished()
        self._threads = min(THREADS, max(1, len(waiting)))
        self._workers = SegmentWorkers(partial(next, iter(waiting), None))
        self._lock = threading.Lock()

    def run(self) -> ExportResult:
        """Reads every unfinished segment, and stops all threads when one of them fails. Raises that failure.

        About 0.5 RCU per 4 KB of the table, and 0.5 RCU per 4 KB of each text part once more.
        """
        transport = self._transport
        close = transport.close if isinstance(transport, Transport) else lambda: None
        self._workers.run(self._export_segment, threads=self._threads, name="export", close=close)
        self._folder.complete()
        self._result.counts = self._folder.counts()
        return self._result

    def _export_segment(self, number: int) -> None:
        with self._folder.segment(number) as files:
            self._read_segment(number, files)

    def _read_segment(self, number: int, files: SegmentFiles) -> None:
        request: dict[str, Any] = {
            "TableName": self._table_name, "Segment": number, "TotalSegments": self._segments,
            "ReturnConsumedCapacity": "TOTAL",
        }  # fmt: skip
        if self._page_items is not None:
            request["Limit"] = self._page_items
        while True:
            page = self._send("Scan", request)
            items: list[WireItem] = page.get("Items", [])
            self._pace("Scan", page, [item_size(item) for item in items])
            self._write(items, files)
            self._count(len(items))
            if not page.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _write(self, items: Iterable[WireItem], files: SegmentFiles) -> None:
        own = [(item, _part_keys(item)) for item in items]
        stored = self._read_parts([key for _, by_name in own for each in by_name.values() for key in each])
        for item, by_name in own:
            kind = kind_of(item)
            if kind == TEXT_PART.name:
                files.count(kind)
                continue
            parts: Parts = {name: [stored.get(key) for key in each] for name, each in by_name.items()}
            record = long_named(item, parts, personal=self._personal)
            self._note_unreadable(item, record)
            files.write(kind, _line(record))

    def _note_unreadable(self, item: WireItem, record: dict[str, Any]) -> None:
        """Puts null in place of what cannot be read, so that a column keeps its type, and counts the record."""
        names = [name for name, value in record.items() if isinstance(value, Unreadable)]
        if not names:
            return
        record |= dict.fromkeys(names)
        with self._lock:
            self._result.unreadable_count += 1
            if len(self._result.unreadable) < _MOST_EXAMPLES:
                self._result.unreadable.append(key_of(item))

    def _read_parts(self, keys_of_parts: list[Key]) -> dict[Key, WireItem]:
        """Text parts by key. One BatchGetItem per 100, and more for those that were left out."""
        parts: dict[Key, WireItem] = {}
        pending = [wire_key(key) for key in keys_of_parts]
        while pending:
            batch, pending = pending[:MAX_BATCH_GET], pending[MAX_BATCH_GET:]
            answer = self._send(
                "BatchGetItem",
                {"RequestItems": {self._table_name: {"Keys": batch}}, "ReturnConsumedCapacity": "TOTAL"},
            )
            items = answer.get("Responses", {}).get(self._table_name, [])
            parts |= {key_of(item): item for item in items}
            self._pace("BatchGetItem", answer, [item_size(item) for item in items])
            left = answer.get("UnprocessedKeys", {}).get(self._table_name, {}).get("Keys", [])
            if left and not items:
                self._workers.stop.wait(1.0)
            pending = [*left, *pending]
        return parts

    def _pace(self, operation: Any, answer: Mapping[str, Any], sizes: list[int]) -> None:
        """Counts the units of a call, and waits until they are within the limit.

        Some local engines report one unit for items of any size, so that the larger of both numbers counts.
        """
        reported = answer.get("ConsumedCapacity") or {}
        entries = (reported,) if isinstance(reported, Mapping) else reported
        estimated = estimate_rcu(sizes, operation=operation).total
        units = max(estimated, sum(float(entry.get("CapacityUnits", 0)) for entry in entries))
        with self._lock:
            self._result.read_units += units
        if self._bucket is not None:
            self._workers.stop.wait(self._bucket.wait_for(units))
        if self._workers.stop.is_set():
            raise ExportStopped("another segment could not be exported")

    def _count(self, items: int) -> None:
        with self._lock:
            self._result.items_read += items
            self._progress.update(self._result.items_read, f"{self._result.read_units:,.0f} RCU")

    def _send(self, operation: str, request: dict[str, Any]) -> Any:
        try:
            return retry_while(Throttled, lambda: self._transport.send(operation, request)[0])
        except DataLayerError as failure:
            raise name_failure(failure, operation, self._table_name) from failure


def _line(record: dict[str, Any]) -> str:
    """A record as one line of JSON; with escapes where JSON holds half of a surrogate pair, which UTF-8 cannot."""
    line = json.dumps(record, default=as_json_value, ensure_ascii=False)
    if line.isascii() or is_utf8(line):
        return line
    return json.dumps(record, default=as_json_value)


class ExportStopped(DataLayerError):
    """A segment was not exported because another one failed."""


def _part_keys(item: WireItem) -> dict[str, list[Key]]:
    """The keys of the text parts of an item, by short attribute name."""
    codec = CODECS.get(kind_of(item))
    if codec is None or not codec.large:
        return {}
    return part_keys(codec, item, text_owner(item))


def text_owner(item: WireItem) -> str:
    """What the text parts of an item are stored under."""
    fields = key_fields(item)
    if "test_case_id" in fields:
        return keys.test_case_owner(fields["test_case_id"])
    if "log_id" in fields:
        return keys.usage_log_owner(fields["log_id"])
    return str(item[PK]["S"])
