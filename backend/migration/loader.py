"""Writes items with BatchWriteItem from several threads and accounts for every item.

A throttled batch is halved and retried after a pause with jitter; UnprocessedItems are retried;
a batch that the engine rejects as invalid is split until the rejected item is isolated.
All senders share one token bucket, which enforces `--max-wcu`.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from api.dynamodb.codec.item_size import WireItem, item_size
from api.dynamodb.codec.statement_items import is_problem
from api.dynamodb.errors import ConditionFailed, InvalidInput, OutcomeUnknown, Throttled, Unavailable
from api.dynamodb.metering.capacity import put_units
from api.dynamodb.metering.token_bucket import TokenBucket
from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.transport.deadlines import within
from api.dynamodb.transport.http import Transport
from api.dynamodb.transport.retry import BULK_POLICY, backoff_seconds
from migration.checkpoint import RowCounts
from migration.errors import MigrationError
from migration.kept_statements import emptied, removal_request, update_request
from migration.lease import SEND_SECONDS

BATCH_ITEMS = 25
BATCH_BYTES = 4_000_000
IN_FLIGHT_BYTES = 24_000_000
GIVE_UP_SECONDS = 120.0


@dataclass(slots=True)
class PendingItem:
    """One item to write, or to remove: its size in bytes, its WCU by rule, and the id of its source row.

    `instead` makes the items to write if the engine refuses this one, which is of several rows.
    """

    item: WireItem
    size: int
    units: int
    row_id: int
    is_removal: bool = False
    instead: Callable[[], list[PendingItem]] | None = None

    @classmethod
    def of(cls, item: WireItem, row_id: int) -> PendingItem:
        """An item to write."""
        size = item_size(item)
        return cls(item, size, put_units(item, size), row_id)

    @classmethod
    def removal(cls, item: WireItem, row_id: int = 0) -> PendingItem:
        """An item of the table that is to be removed."""
        size = item_size(item)
        return cls(item, size, put_units(item, size), row_id, is_removal=True)

    def request(self) -> dict[str, Any]:
        """The item's part of a BatchWriteItem."""
        if self.is_removal:
            return {"DeleteRequest": {"Key": {PK: self.item[PK], SK: self.item[SK]}}}
        return {"PutRequest": {"Item": self.item}}


@dataclass
class Chunk:
    """The rows between two checkpoints.

    `key` is the last row's key, set when all rows are encoded. `pending` counts the items that were handed
    to the senders and not acknowledged, `refused` has the reason by row id of items that the engine rejected,
    and `dead` the dead letters, of `dead_characters` in all.
    """

    key: tuple[int, ...] | None = None
    pending: int = 0
    closed: bool = False
    consumed: float = 0.0
    refused: dict[int, str] = field(default_factory=dict)
    counts: RowCounts = field(default_factory=RowCounts)
    dead: list[dict[str, Any]] = field(default_factory=list)
    dead_characters: int = 0

    def pending_items(
        self, items: Iterable[WireItem], sizes: Iterable[int], row_id: int
    ) -> list[PendingItem]:
        """Wraps a row's items to be written, with their sizes in bytes, and adds them to the counts."""
        pending = [
            PendingItem(item, size, put_units(item, size), row_id)
            for item, size in zip(items, sizes, strict=True)
        ]
        for entry in pending:
            self.count_item(entry)
        return pending

    def count_item(self, pending: PendingItem) -> None:
        """Adds an item that is to be written to the counts."""
        self.counts.bytes += pending.size
        self.counts.wcu += pending.units
        self.counts.items += 1

    @property
    def done(self) -> bool:
        """Whether the chunk is closed and every item was acknowledged or refused."""
        return self.closed and self.pending == 0


class Loader:
    """Writes items from `workers` threads; a context manager. `put` blocks while too many bytes are in flight.

    `may_send` is called before each batch and raises when this process may no longer write.
    """

    def __init__(
        self,
        transport: Transport,
        table_name: str,
        workers: int,
        max_wcu: float | None = None,
        may_send: Callable[[], None] = lambda: None,
    ) -> None:
        self._transport = transport
        self._may_send = may_send
        self._table = table_name
        self._bucket = TokenBucket(max_wcu) if max_wcu else None
        self._max_batch_units = max_wcu or float("inf")
        self._queue: queue.Queue[tuple[Chunk, list[PendingItem]] | None] = queue.Queue(maxsize=workers * 4)
        self._lock = threading.Condition()
        self._bytes = 0
        self._failure: BaseException | None = None
        self._stopping = threading.Event()
        self._open: list[PendingItem] = []
        self._open_bytes = 0
        self._open_units = 0
        self.throttled = 0
        self.consumed = 0.0
        self._threads = [
            threading.Thread(target=self._send_forever, name=f"sender-{n}", daemon=True)
            for n in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Loader:
        return self

    def __exit__(self, *exc: object) -> None:
        self._stopping.set()
        with self._lock:
            self._lock.notify_all()
        for _ in self._threads:
            try:
                self._queue.put_nowait(None)
            except queue.Full:
                break
        for thread in self._threads:
            thread.join(timeout=10)

    def put(self, chunk: Chunk, pending: PendingItem) -> None:
        """Adds an item to the open batch; hands a full batch to the senders first."""
        if self._open and (
            len(self._open) >= BATCH_ITEMS
            or self._open_bytes + pending.size > BATCH_BYTES
            or self._open_units + pending.units > self._max_batch_units
        ):
            self._flush(chunk)
        self._open.append(pending)
        self._open_bytes += pending.size
        self._open_units += pending.units

    def close(self, chunk: Chunk) -> None:
        """Hands the chunk's last batch to the senders; no item follows. Raises a sender's failure."""
        self._flush(chunk)
        chunk.closed = True

    def _flush(self, chunk: Chunk) -> None:
        self._check()
        if not self._open:
            return
        batch, size = self._open, self._open_bytes
        self._open, self._open_bytes, self._open_units = [], 0, 0
        with self._lock:
            while self._bytes and self._bytes + size > IN_FLIGHT_BYTES and self._failure is None:
                self._lock.wait(1.0)
            self._bytes += size
            chunk.pending += len(batch)
        while True:
            self._check()
            try:
                self._queue.put((chunk, batch), timeout=1.0)
                return
            except queue.Full:
                continue

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def wait(self, chunk: Chunk) -> None:
        """Blocks until the closed chunk is done. Raises a sender's failure."""
        with self._lock:
            while not chunk.done and self._failure is None:
                self._lock.wait(1.0)
        self._check()

    def _send_forever(self) -> None:
        try:
            while (job := self._queue.get()) is not None and not self._stopping.is_set():
                self._send(*job)
        except BaseException as error:
            with self._lock:
                self._failure = self._failure or error
                self._lock.notify_all()
        finally:
            self._transport.close()

    def _acknowledge(self, chunk: Chunk, batch: list[PendingItem], consumed: float) -> None:
        with self._lock:
            chunk.pending -= len(batch)
            chunk.consumed += consumed
            self.consumed += consumed
            self._bytes -= sum(pending.size for pending in batch)
            self._lock.notify_all()

    def _send(self, chunk: Chunk, batch: list[PendingItem]) -> None:
        """Sends until every item of the batch is acknowledged or refused."""
        waiting = [batch]
        failures = 0
        failing_since: float | None = None
        while waiting and not self._stopping.is_set():
            part = waiting.pop()
            if self._bucket is not None:
                self._stopping.wait(self._bucket.wait_for(sum(pending.units for pending in part)))
            self._may_send()
            throttled = True
            try:
                unprocessed, consumed = self._write(part)
            except InvalidInput as error:
                waiting += self._isolate(chunk, part, error)
                continue
            except (Throttled, Unavailable, OutcomeUnknown) as error:
                unprocessed, consumed = part, 0.0
                failing_since = failing_since or time.monotonic()
                if time.monotonic() - failing_since > GIVE_UP_SECONDS:
                    raise MigrationError(
                        f"{error} (given up after {GIVE_UP_SECONDS:.0f} s); run the command again"
                    ) from error
                throttled = isinstance(error, Throttled)
            if len(unprocessed) < len(part):
                failing_since = None
                failures = 0
                retried = {id(pending) for pending in unprocessed}
                self._acknowledge(chunk, [p for p in part if id(p) not in retried], consumed)
            if unprocessed:
                failures += 1
                if throttled:
                    with self._lock:
                        self.throttled += 1
                half = max(1, (len(unprocessed) + 1) // 2)
                waiting += [unprocessed[start : start + half] for start in range(0, len(unprocessed), half)]
                self._stopping.wait(backoff_seconds(failures, BULK_POLICY))

    def _isolate(self, chunk: Chunk, part: list[PendingItem], error: InvalidInput) -> list[list[PendingItem]]:
        """The halves of a batch that the engine rejected; records the refusal of a single item.

        An item of several rows is replaced by items of each, so that no row goes down with its neighbours.
        """
        if len(part) > 1:
            half = len(part) // 2
            return [part[:half], part[half:]]
        if part[0].instead is not None:
            items = part[0].instead()
            with self._lock:
                chunk.pending += len(items)
                self._bytes += sum(pending.size for pending in items)
            self._acknowledge(chunk, part, 0.0)
            return [items[start : start + BATCH_ITEMS] for start in range(0, len(items), BATCH_ITEMS)]
        with self._lock:
            pk, sk = _key(part[0].item)
            reason = f"the engine refused the item {pk[:60]} / {sk[:60]}: {error.aws_message or error}"
            chunk.refused[part[0].row_id] = reason
        self._acknowledge(chunk, part, 0.0)
        return []

    def _write(self, part: list[PendingItem]) -> tuple[list[PendingItem], float]:
        """One BatchWriteItem, and an UpdateItem or DeleteItem for each problem, whose statements stay.

        Returns the unprocessed items and the WCU that the engine reported.
        """
        problems = [pending for pending in part if is_problem(pending.item)]
        plain_items = [pending for pending in part if not is_problem(pending.item)] if problems else part
        unprocessed, consumed = self._write_batch(plain_items) if plain_items else ([], 0.0)
        for number, pending in enumerate(problems):
            try:
                self._may_send()
                consumed += self._write_problem(pending)
            except (Throttled, Unavailable, OutcomeUnknown, InvalidInput):
                if number == 0 and not plain_items:
                    raise
                return [*unprocessed, *problems[number:]], consumed
        return unprocessed, consumed

    def _write_problem(self, pending: PendingItem) -> float:
        """Updates or removes a problem, and returns the WCU that the engine reported."""
        if pending.is_removal:
            try:
                return self._write_one("DeleteItem", removal_request(pending.item))
            except ConditionFailed:
                return self._write_one("UpdateItem", update_request(emptied(pending.item)))
        return self._write_one("UpdateItem", update_request(pending.item))

    def _write_one(self, operation: str, request: dict[str, Any]) -> float:
        with within(SEND_SECONDS):
            response = self._transport.call(
                operation, {"TableName": self._table, **request, "ReturnConsumedCapacity": "TOTAL"}
            )
        return float((response.get("ConsumedCapacity") or {}).get("CapacityUnits", 0.0))

    def _write_batch(self, part: list[PendingItem]) -> tuple[list[PendingItem], float]:
        """One BatchWriteItem. Returns the unprocessed items and the WCU that the engine reported."""
        request = {
            "RequestItems": {self._table: [pending.request() for pending in part]},
            "ReturnConsumedCapacity": "TOTAL",
        }
        with within(SEND_SECONDS):
            response = self._transport.call("BatchWriteItem", request)
        consumed = sum(entry.get("CapacityUnits", 0.0) for entry in response.get("ConsumedCapacity", []))
        unprocessed = (response.get("UnprocessedItems") or {}).get(self._table)
        if not unprocessed:
            return [], consumed
        keys = {
            _key(
                request["PutRequest"]["Item"] if "PutRequest" in request else request["DeleteRequest"]["Key"]
            )
            for request in unprocessed
        }
        return [pending for pending in part if _key(pending.item) in keys], consumed


def _key(item: WireItem) -> tuple[str, str]:
    return item[PK]["S"], item[SK]["S"]
