"""Scans a table in segments by several threads, from the positions of a notebook, with a bounded number of pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.table.segment_workers import SegmentWorkers
from api.dynamodb.table.store import Store
from repair.notebook import Notebook
from repair.paced_calls import PacedCalls

PAGE_ITEMS = 500
_ITEMS_A_SEGMENT = 20_000
_MOST_SEGMENTS = 100_000
# Receives (segment, items, the key where the next page starts), and notes them in the notebook.
ReadPage = Callable[[int, list[WireItem], Mapping[str, Any] | None], None]


def segments_of(item_count: int, workers: int, *, local: bool) -> int:
    """How many segments a table of about `item_count` items is scanned in.

    AWS serves segments in parallel. A local engine goes through the whole table for each page of each segment.
    """
    if local:
        return 1
    return min(_MOST_SEGMENTS, max(workers, -(-item_count // _ITEMS_A_SEGMENT)))


class TableScan:
    """One scan.

    workers: the number of threads.
    read_page: is called by these threads, for each page in order within a segment.
    """

    def __init__(
        self,
        store: Store,
        calls: PacedCalls,
        notebook: Notebook,
        read_page: ReadPage,
        *,
        workers: int,
        page_items: int = PAGE_ITEMS,
        progress: Callable[[int], None] = lambda number: None,
    ) -> None:
        self._store, self._calls, self._notebook, self._read_page = store, calls, notebook, read_page
        self._segments, self._page_items = notebook.segments, page_items
        self._workers = min(workers, notebook.segments)
        self._progress = progress
        self._scan = SegmentWorkers(partial(next, iter(range(notebook.segments)), None))

    def run(self) -> None:
        """Reads what the notebook does not have yet. Raises the error of the thread that failed first."""
        self._scan.run(self._read, threads=self._workers, name="scan", close=self._calls.close)

    def _read(self, segment: int) -> None:
        is_finished, start = self._notebook.position(segment)
        after = None if start is None else dict(start)
        while not is_finished and not self._scan.stop.is_set():
            page = self._store.scan(segment, self._segments, limit=self._page_items, start=after)
            self._read_page(segment, page.items, page.last_key)
            self._progress(len(page.items))
            after = page.last_key
            is_finished = after is None
