"""Sends items in batches from several threads and accounts for every one of them.

Throttling halves the batch and waits with jitter; UnprocessedItems are sent again; a
batch that the engine refuses as invalid is taken apart until the refused item is found.
`--max-wcu` is kept by a token bucket that every sender draws from.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from api.dynamodb.errors import DataLayerError, InvalidInput, OutcomeUnknown, Throttled, Unavailable
from api.dynamodb.item_size import WireItem
from api.dynamodb.transport import Transport, pause_before
from migration.checkpoint import Counts
from migration.errors import MigrationError

BATCH_ITEMS = 25
BATCH_BYTES = 4_000_000
IN_FLIGHT_BYTES = 24_000_000
GIVE_UP_SECONDS = 120.0


@dataclass(slots=True)
class Parcel:
    """One item on its way, with its WCU by rule and the id of the row that it comes from."""

    item: WireItem
    size: int
    units: int
    row_id: int


@dataclass
class Chunk:
    """The rows between two checkpoints; done when it is closed and all its items were acknowledged."""

    key: tuple[int, ...] = ()
    pending: int = 0
    closed: bool = False
    consumed: float = 0.0
    refused: dict[int, str] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    dead: list[dict[str, Any]] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether nothing of the chunk is under way any more."""
        return self.closed and self.pending == 0


class Pace:
    """A token bucket: at most `rate` units a second on average, never more than a second's worth at once."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._free_at = clock()

    def wait_for(self, units: float) -> float:
        """Seconds to wait before spending `units`; the units count as spent."""
        with self._lock:
            now = self._clock()
            start = max(now, self._free_at)
            self._free_at = start + units / self._rate
            return start - now


class Loader:
    """The senders. `put` blocks while too much is under way; use as a context manager.

    `may_send` is asked before each batch and raises when this run may not write any more.
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
        self._pace = Pace(max_wcu) if max_wcu else None
        self._max_batch_units = max_wcu or float("inf")
        self._queue: queue.Queue[tuple[Chunk, list[Parcel]] | None] = queue.Queue(maxsize=workers * 4)
        self._lock = threading.Condition()
        self._bytes = 0
        self._failure: BaseException | None = None
        self._stopping = threading.Event()
        self._open: list[Parcel] = []
        self._open_bytes = 0
        self._open_units = 0
        self.throttled = 0
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

    def put(self, chunk: Chunk, parcel: Parcel) -> None:
        """Adds an item to the open batch; a full batch goes to the senders."""
        if self._open and (
            len(self._open) >= BATCH_ITEMS
            or self._open_bytes + parcel.size > BATCH_BYTES
            or self._open_units + parcel.units > self._max_batch_units
        ):
            self.flush(chunk)
        self._open.append(parcel)
        self._open_bytes += parcel.size
        self._open_units += parcel.units

    def flush(self, chunk: Chunk) -> None:
        """Hands the open batch to the senders. Raises what made a sender give up."""
        self.check()
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
            self.check()
            try:
                self._queue.put((chunk, batch), timeout=1.0)
                return
            except queue.Full:
                continue

    def check(self) -> None:
        """Raises what made a sender give up, if one did."""
        if self._failure is not None:
            raise self._failure

    def wait(self, chunk: Chunk) -> None:
        """Blocks until the closed chunk is done. Raises what made a sender give up."""
        with self._lock:
            while not chunk.done and self._failure is None:
                self._lock.wait(1.0)
        self.check()

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

    def _acknowledge(self, chunk: Chunk, parcels: list[Parcel], consumed: float) -> None:
        with self._lock:
            chunk.pending -= len(parcels)
            chunk.consumed += consumed
            self._bytes -= sum(parcel.size for parcel in parcels)
            self._lock.notify_all()

    def _send(self, chunk: Chunk, batch: list[Parcel]) -> None:
        """Sends until every item of the batch is acknowledged or refused."""
        waiting = [batch]
        failures = 0
        failing_since: float | None = None
        while waiting and not self._stopping.is_set():
            part = waiting.pop()
            if self._pace is not None:
                self._stopping.wait(self._pace.wait_for(sum(parcel.units for parcel in part)))
            self._may_send()
            try:
                left, consumed = self._write(part)
            except InvalidInput as error:
                if len(part) == 1:
                    with self._lock:
                        chunk.refused[part[0].row_id] = (
                            f"the engine refused an item: {error.aws_message or error}"
                        )
                    self._acknowledge(chunk, part, 0.0)
                else:
                    waiting += [part[: len(part) // 2], part[len(part) // 2 :]]
                continue
            except (Throttled, Unavailable, OutcomeUnknown) as error:
                left, consumed = part, 0.0
                failing_since = failing_since or time.monotonic()
                if time.monotonic() - failing_since > GIVE_UP_SECONDS:
                    raise MigrationError(
                        f"{error} (given up after {GIVE_UP_SECONDS:.0f} s); run the command again"
                    ) from error
                reason: DataLayerError | None = error
            else:
                reason = None
            sent = len(part) - len(left)
            if sent:
                failing_since = None
                failures = 0
                undone = {id(parcel) for parcel in left}
                self._acknowledge(chunk, [p for p in part if id(p) not in undone], consumed)
            if left:
                failures += 1
                if reason is None or isinstance(reason, Throttled):
                    with self._lock:
                        self.throttled += 1
                half = max(1, (len(left) + 1) // 2)
                waiting += [left[start : start + half] for start in range(0, len(left), half)]
                self._stopping.wait(pause_before(failures))

    def _write(self, part: list[Parcel]) -> tuple[list[Parcel], float]:
        """One BatchWriteItem: the parcels that were left unprocessed, and the WCU that the engine counted."""
        answer = self._transport.call(
            "BatchWriteItem",
            {
                "RequestItems": {self._table: [{"PutRequest": {"Item": parcel.item}} for parcel in part]},
                "ReturnConsumedCapacity": "TOTAL",
            },
        )
        consumed = sum(entry.get("CapacityUnits", 0.0) for entry in answer.get("ConsumedCapacity", []))
        unprocessed = (answer.get("UnprocessedItems") or {}).get(self._table)
        if not unprocessed:
            return [], consumed
        keys = {
            (request["PutRequest"]["Item"]["PK"]["S"], request["PutRequest"]["Item"]["SK"]["S"])
            for request in unprocessed
        }
        return [p for p in part if (p.item["PK"]["S"], p.item["SK"]["S"]) in keys], consumed
