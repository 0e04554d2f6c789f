"""The table's side of a comparison: a scan that digests every item, or collects those of some buckets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

import orjson

from api.dynamodb.transport import Transport
from migration.patience import patiently
from migration.verify.digest import Digests, number_of, render
from migration.verify.kinds import TEXTS, Bucket
from migration.verify.observe import Item, Observer
from migration.verify.policy import Policy
from migration.verify.scan import scan
from migration.verify.texts import Texts, examine, text_bucket

LEASE_PK = "OPS#migration"
RUNNING = "a migration of this table is running: verify again when it is done"


class Found:
    """What a scan found: digests of the items, digests of their references to texts, texts to look at again."""

    def __init__(self) -> None:
        self.items = Digests()
        self.references = Digests()
        self.unfinished: set[tuple[str, str]] = set()
        self.lock = threading.Lock()


class _DigestReader:
    """Digests the pages of one segment."""

    def __init__(self, found: Found, observer: Observer) -> None:
        self._found = found
        self._observer = observer
        self._items = Digests()
        self._references = Digests()
        self._texts = Texts(self._whole)

    def _whole(self, pk: str, record: str) -> None:
        self._items.add(text_bucket(pk), 1, number_of(record.encode()))

    def page(self, items: list[Item]) -> None:
        """Digests a page."""
        kinds, counts, sums = self._items.kinds, self._items.counts, self._items.sums
        ignored, observe = self._items.ignored, self._observer.observe
        dumps, sort, from_bytes = orjson.dumps, orjson.OPT_SORT_KEYS, int.from_bytes
        for item in items:
            seen = observe(item)
            if seen is None:
                self._note(item)
                continue
            kind, bucket, reason, references = seen
            if reason:
                ignored[reason] += 1
                continue
            if kind == TEXTS:
                self._part(item)
                continue
            kinds[kind] += 1
            counts[bucket] = counts.get(bucket, 0) + 1
            data = dumps(item, option=sort)
            number = from_bytes(blake2b(data, digest_size=16).digest(), "little")
            sums[bucket] = sums.get(bucket, 0) + number
            for record in references:
                self._refer(record)

    def _part(self, item: Item) -> None:
        try:
            self._texts.add(item)
            self._items.kinds[TEXTS] += 1
        except (KeyError, TypeError, ValueError, AttributeError):
            self._items.kinds["unknown"] += 1
            self._items.add(("unknown", 0), 1, number_of(render(item)))

    def _refer(self, record: str) -> None:
        pk, _, parts = record.split("\n")[:3]
        self._references.kinds[TEXTS] += int(parts) if parts.isdecimal() else 0
        self._references.add(text_bucket(pk), 1, number_of(record.encode()))

    def _note(self, item: Item) -> None:
        if item["PK"]["S"] == LEASE_PK and "until" in item:
            until = item["until"].get("N", "")
            if until.isdecimal() and int(until) > time.time():
                self._items.notes.add(RUNNING)

    def end(self) -> None:
        """Adds the segment's digests to the scan's."""
        unfinished = self._texts.end()
        with self._found.lock:
            self._found.items.merge(self._items)
            self._found.references.merge(self._references)
            self._found.unfinished |= unfinished


class TableSide:
    """The table as a verification reads it; nothing is written."""

    def __init__(
        self,
        transport: Transport,
        table: str,
        policy: Policy,
        widths: Mapping[str, int],
        segments: int,
        workers: int,
    ) -> None:
        self._transport = transport
        self._table = table
        self._policy = policy
        self._widths = widths
        self._segments = segments
        self._workers = workers

    def digest(self, progress: Callable[[int], None] | None = None) -> Found:
        """One scan of the whole table, and a Query for each large text that came apart."""
        found = Found()

        def reader() -> _DigestReader:
            return _DigestReader(found, Observer(self._policy, self._widths))

        scan(self._transport, self._table, self._segments, self._workers, reader, progress=progress)
        for pk, name in sorted(found.unfinished):
            for record, _ in examine(pk, name, self.parts(pk, name)):
                found.items.add(text_bucket(pk), 1, number_of(record.encode()))
        return found

    def parts(self, pk: str, name: str) -> Iterator[Item]:
        """The parts of a text in order; a page at a time."""
        request: dict[str, Any] = {
            "TableName": self._table, "ConsistentRead": True,
            "KeyConditionExpression": "PK = :pk AND begins_with(SK, :sk)",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":sk": {"S": f"{name}#"}},
        }  # fmt: skip
        while True:
            answer = patiently(self._transport, "Query", request)
            yield from answer.get("Items") or []
            if not answer.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def collect(
        self,
        buckets: set[Bucket],
        keep: Callable[[Iterable[tuple[str, str, str, str, bytes]]], None],
        refer: Callable[[Iterable[tuple[str, str, str]]], None],
    ) -> None:
        """Scans again and hands over what is in `buckets`.

        `keep` gets (kind, reason why it is ignored, PK, SK, record); `refer` gets (record, PK, what is
        wrong) of texts, and (record, PK, "reference") of references to them.
        """
        lock = threading.Lock()
        unfinished: set[tuple[str, str]] = set()

        def reader() -> _CollectReader:
            return _CollectReader(
                Observer(self._policy, self._widths), buckets, keep, refer, lock, unfinished
            )

        scan(self._transport, self._table, self._segments, self._workers, reader)
        for pk, name in sorted(unfinished):
            refer([(record, pk, problem) for record, problem in examine(pk, name, self.parts(pk, name))])


class _CollectReader:
    """Collects the items of differing buckets from one segment."""

    def __init__(
        self,
        observer: Observer,
        buckets: set[Bucket],
        keep: Callable[[Iterable[tuple[str, str, str, str, bytes]]], None],
        refer: Callable[[Iterable[tuple[str, str, str]]], None],
        lock: threading.Lock,
        unfinished: set[tuple[str, str]],
    ) -> None:
        self._observer = observer
        self._buckets = buckets
        self._keep = keep
        self._refer = refer
        self._lock = lock
        self._unfinished = unfinished
        self._whole: list[tuple[str, str, str]] = []
        self._texts = Texts(lambda pk, record: self._whole.append((record, pk, "")))

    def page(self, items: list[Item]) -> None:
        """Collects from a page."""
        records: list[tuple[str, str, str, str, bytes]] = []
        for item in items:
            seen = self._observer.observe(item)
            if seen is None:
                continue
            kind = seen.kind
            for record in seen.references:
                pk = record.partition("\n")[0]
                if not seen.ignored and text_bucket(pk) in self._buckets:
                    self._whole.append((record, pk, "reference"))
            if seen.bucket not in self._buckets:
                continue
            if kind == TEXTS:
                if seen.ignored:
                    continue
                try:
                    self._texts.add(item)
                    continue
                except (KeyError, TypeError, ValueError, AttributeError):
                    kind = "unknown"
            records.append((kind, seen.ignored, item["PK"]["S"], item["SK"]["S"], render(item)))
        with self._lock:
            if records:
                self._keep(records)
            if self._whole:
                self._refer(self._whole)
                self._whole.clear()

    def end(self) -> None:
        """Notes the texts that were not whole."""
        with self._lock:
            self._unfinished |= self._texts.end()
