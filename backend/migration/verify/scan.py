"""Reads the whole table: segments in parallel, consistently, page by page; and the same without looking at it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from api.dynamodb.transport import Transport
from migration.patience import patiently

ITEMS_A_SEGMENT = 20_000
_MOST_SEGMENTS = 100_000


class Reader(Protocol):
    """What a scanning thread hands its pages to; one for each segment."""

    def page(self, items: list[dict[str, Any]]) -> None:
        """Takes a page of items in wire form; they are the reader's to change."""

    def end(self) -> None:
        """The segment has been read to its end."""


def segments_for(item_count: int, workers: int) -> int:
    """How many segments a table of that size is read in: some local engines answer a whole segment at once."""
    return min(_MOST_SEGMENTS, max(workers, -(-item_count // ITEMS_A_SEGMENT), 1))


class _Scan:
    """One scan of the table: threads take segments until there are no more, or one of them fails."""

    def __init__(
        self,
        transport: Transport,
        table: str,
        segments: int,
        reader: Callable[[], Reader],
        projection: str | None,
    ) -> None:
        self._transport = transport
        self._reader = reader
        self._request = {"TableName": table, "ConsistentRead": True, "TotalSegments": segments}
        if projection:
            self._request["ProjectionExpression"] = projection
        self._segments = iter(range(segments))
        self._lock = threading.Lock()
        self.stop = threading.Event()
        self.failure: BaseException | None = None
        self.items = 0

    def work(self) -> None:
        """What each thread does."""
        try:
            while not self.stop.is_set():
                with self._lock:
                    segment = next(self._segments, None)
                if segment is None:
                    return
                self._read(segment)
        except BaseException as error:
            self.failure = self.failure or error
            self.stop.set()
        finally:
            self._transport.close()

    def _read(self, segment: int) -> None:
        reader = self._reader()
        request: dict[str, Any] = {**self._request, "Segment": segment}
        while not self.stop.is_set():
            answer = patiently(self._transport, "Scan", request)
            items = answer.get("Items") or []
            with self._lock:
                self.items += len(items)
            reader.page(items)
            if not answer.get("LastEvaluatedKey"):
                reader.end()
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def scan(
    transport: Transport,
    table: str,
    segments: int,
    workers: int,
    reader: Callable[[], Reader],
    *,
    projection: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Reads every item, consistently; the number of items. A `reader` is made for each segment.

    RCU: the table's size / 4 KB. Raises what the first failing thread raised.
    """
    job = _Scan(transport, table, segments, reader, projection)
    threads = [
        threading.Thread(target=job.work, name=f"scan-{n}", daemon=True)
        for n in range(min(workers, segments))
    ]
    for thread in threads:
        thread.start()
    seen = 0
    try:
        for thread in threads:
            while thread.is_alive():
                thread.join(0.25)
                if progress is not None:
                    progress(job.items - seen)
                    seen = job.items
    finally:
        job.stop.set()
    if job.failure is not None:
        raise job.failure
    return job.items


class _Nothing:
    def page(self, items: list[dict[str, Any]]) -> None:
        pass

    def end(self) -> None:
        pass


def bare_scan(transport: Transport, table: str, segments: int, workers: int) -> tuple[int, float]:
    """Fetches and parses every item as a verification does, and nothing else: (items, seconds)."""
    begun = time.perf_counter()
    items = scan(transport, table, segments, workers, _Nothing)
    return items, time.perf_counter() - begun
