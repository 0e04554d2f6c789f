"""Scans the whole table with strongly consistent reads, its pages in parallel, a bounded number of them in memory."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from api.dynamodb.transport.retry import Caller, call_through_throttling
from migration.parts import Part

ITEMS_A_SEGMENT = 20_000
# A part's segments on AWS: always as many, so that parts that are read at other times divide the table alike.
SEGMENTS_OF_A_PART = 64
# A page of so many small items takes some 15 MB of memory.
LOCAL_PAGE_ITEMS, PAGE_ITEMS = 5_000, 2_500
_MOST_SEGMENTS = 100_000


class ReadingTransport(Caller, Protocol):
    """Calls that read a table, or an export of one."""

    def close(self) -> None:
        """Closes the calling thread's connection."""


class PageReader(Protocol):
    """Receives the pages of one segment in order, each from some scanning thread."""

    def page(self, items: list[dict[str, Any]]) -> None:
        """Receives a page of items in wire form; the reader may modify them and empty the list."""

    def end(self) -> None:
        """Called at the end of the segment."""


@dataclass(frozen=True)
class ScanPlan:
    """How a table is scanned: its segments, the threads, the most items of a page, and which segments are read."""

    segments: int
    threads: int
    page_items: int = PAGE_ITEMS
    numbers: range | None = None

    @classmethod
    def of(cls, item_count: int, workers: int, *, local: bool) -> ScanPlan:
        """The plan for a table of about `item_count` items, on AWS, or on a `local` engine or in an export.

        AWS serves segments in parallel. A local engine goes through the whole table for each page of each segment, so
        one segment of larger pages is fastest: one thread waits for the next page while another works on the last.
        """
        if local:
            return cls(1, min(workers, 2), LOCAL_PAGE_ITEMS)
        segments = min(_MOST_SEGMENTS, max(workers, -(-item_count // ITEMS_A_SEGMENT), 1))
        return cls(segments, workers)

    @classmethod
    def of_part(cls, part: Part, workers: int, *, local: bool) -> ScanPlan:
        """The plan for a part's share of a table: every item is in the share of one part."""
        size = 1 if local else SEGMENTS_OF_A_PART
        numbers = range((part.number - 1) * size, part.number * size)
        page_items = LOCAL_PAGE_ITEMS if local else PAGE_ITEMS
        return cls(size * part.count, min(workers, 2) if local else workers, page_items, numbers)


@dataclass
class _Segment:
    number: int
    reader: PageReader
    start: dict[str, Any] | None = None
    in_order: threading.Lock = field(default_factory=threading.Lock)


class _Scan:
    """One scan of the table: threads take the next page of some segment until none is left or a thread fails."""

    def __init__(
        self,
        transport: ReadingTransport,
        table: str,
        plan: ScanPlan,
        reader: Callable[[], PageReader],
        projection: str | None,
    ) -> None:
        self._transport = transport
        self._reader = reader
        self._request: dict[str, Any] = {"TableName": table, "ConsistentRead": True, "Limit": plan.page_items}
        if plan.segments > 1:
            self._request["TotalSegments"] = plan.segments
        if projection:
            self._request["ProjectionExpression"] = projection
        self._parallel = plan.segments > 1
        self._numbers = iter(range(plan.segments) if plan.numbers is None else plan.numbers)
        self._begun: deque[_Segment] = deque()
        self._pages_in_work = 0
        self._changed = threading.Condition()
        self.stop = threading.Event()
        self.failure: BaseException | None = None
        self.items = 0

    def work(self) -> None:
        """Reads pages; runs in each thread."""
        try:
            while (segment := self._next()) is not None:
                self._read(segment)
        except BaseException as error:
            self.failure = self.failure or error
            self.stop.set()
        finally:
            self._transport.close()
            with self._changed:
                self._changed.notify_all()

    def _next(self) -> _Segment | None:
        """The segment to read the next page of: one that has begun, else a new one; None when there are no more."""
        with self._changed:
            while not self.stop.is_set():
                if self._begun:
                    self._pages_in_work += 1
                    return self._begun.popleft()
                number = next(self._numbers, None)
                if number is not None:
                    self._pages_in_work += 1
                    return _Segment(number, self._reader())
                if not self._pages_in_work:
                    return None
                self._changed.wait(1.0)
        return None

    def _read(self, segment: _Segment) -> None:
        """Reads one page. The segment's next page is fetched by another thread while this one is worked on."""
        request = dict(self._request)
        if self._parallel:
            request["Segment"] = segment.number
        if segment.start is not None:
            request["ExclusiveStartKey"] = segment.start
        response = call_through_throttling(self._transport, "Scan", request)
        items = response.pop("Items", None) or []
        last_key = response.get("LastEvaluatedKey")
        with segment.in_order:
            with self._changed:
                self.items += len(items)
                self._pages_in_work -= 1
                if last_key:
                    segment.start = last_key
                    self._begun.appendleft(segment)
                self._changed.notify()
            segment.reader.page(items)
            if not last_key:
                segment.reader.end()


def scan(
    transport: ReadingTransport,
    table: str,
    plan: ScanPlan,
    reader: Callable[[], PageReader],
    *,
    projection: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Reads every item of the plan's segments and returns their number.

    Calls `reader` for a page reader of each segment. RCU: the size of what is read / 4 KB. Raises the error of the
    first thread that failed.
    """
    job = _Scan(transport, table, plan, reader, projection)
    threads = [threading.Thread(target=job.work, name=f"scan-{n}", daemon=True) for n in range(plan.threads)]
    for thread in threads:
        thread.start()
    reported = 0
    try:
        for thread in threads:
            while thread.is_alive():
                thread.join(0.25)
                if progress is not None:
                    progress(job.items - reported)
                    reported = job.items
    finally:
        job.stop.set()
    if job.failure is not None:
        raise job.failure
    if progress is not None and job.items > reported:
        progress(job.items - reported)
    return job.items


class _DiscardingReader:
    def page(self, items: list[dict[str, Any]]) -> None:
        pass

    def end(self) -> None:
        pass


def bare_scan(transport: ReadingTransport, table: str, plan: ScanPlan) -> tuple[int, float]:
    """Fetches and parses every item without looking at it, for benchmarks: (items, seconds)."""
    started = time.perf_counter()
    items = scan(transport, table, plan, _DiscardingReader)
    return items, time.perf_counter() - started
